import { createHash } from 'node:crypto';
import type { SNSEvent, SNSEventRecord, SQSEvent, SQSRecord } from 'aws-lambda';
import { arnOf, hexOf, idOf, ORDER, REGION, SENT_AT, textOfBody, traceOf } from './values.js';

/** A message of a queue. */
export interface QueueMessage {
  /** A string as it is, or a value that becomes JSON. Default: `{ orderId: 'order-1' }`. */
  readonly body?: unknown;
  /** The message attribute `idempotency-key`. Default: none. */
  readonly idempotencyKey?: string;
  /** Default: an id of this content, so that equal messages have equal ids. */
  readonly messageId?: string;
  /** Default: `'orders'`. */
  readonly queue?: string;
}

/** A message of a FIFO queue. */
export interface FifoMessage extends QueueMessage {
  /** Default: `'group-1'`. */
  readonly groupId?: string;
  /** Default: the SHA-256 of the body, as a queue with content-based deduplication makes it. */
  readonly deduplicationId?: string;
}

/** A message of a topic. */
export interface TopicMessage {
  /** A string as it is, or a value that becomes JSON. Default: `{ orderId: 'order-1' }`. */
  readonly message?: unknown;
  /** The message attribute `idempotency-key`. Default: none. */
  readonly idempotencyKey?: string;
  /** Default: an id of this content, so that equal messages have equal ids. */
  readonly messageId?: string;
  /** Default: `'orders'`. */
  readonly topic?: string;
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/**
 * A record of an SQS queue.
 *
 * @example
 * ```ts
 * import { sqsRecord } from 'lambda-idempotency/testing';
 *
 * const record = sqsRecord({ body: { cake: 'black forest' }, idempotencyKey: 'key-1' });
 * ```
 */
export const sqsRecord = (message: QueueMessage = {}): SQSRecord => {
  const { body = ORDER, idempotencyKey, queue = 'orders', messageId = idOf('message', message) } = message;
  const text = textOfBody(body);
  return {
    messageId,
    receiptHandle: hexOf('receipt', messageId),
    body: text,
    attributes: {
      AWSTraceHeader: traceOf(messageId),
      ApproximateReceiveCount: '1',
      SentTimestamp: `${SENT_AT}`,
      SenderId: 'AIDAEXAMPLE',
      ApproximateFirstReceiveTimestamp: `${SENT_AT + 100}`,
    },
    messageAttributes:
      idempotencyKey === undefined
        ? {}
        : { 'idempotency-key': { stringValue: idempotencyKey, dataType: 'String' } },
    md5OfBody: md5(text),
    eventSource: 'aws:sqs',
    eventSourceARN: arnOf('sqs', queue),
    awsRegion: REGION,
  };
};

/**
 * A batch of an SQS queue; without arguments, of one message.
 *
 * @example
 * ```ts
 * import { sqsEvent } from 'lambda-idempotency/testing';
 *
 * const event = sqsEvent({ body: { orderId: '1' } }, { body: { orderId: '2' } });
 * ```
 */
export const sqsEvent = (...messages: readonly QueueMessage[]): SQSEvent => ({
  Records: (messages.length > 0 ? messages : [{}]).map(sqsRecord),
});

/**
 * A record of a FIFO queue.
 *
 * @example
 * ```ts
 * import { sqsFifoRecord } from 'lambda-idempotency/testing';
 *
 * const record = sqsFifoRecord({ body: { orderId: '1' }, groupId: 'shop-north', deduplicationId: 'order-1' });
 * ```
 */
export const sqsFifoRecord = (message: FifoMessage = {}): SQSRecord => {
  const { groupId = 'group-1', queue = 'orders.fifo', ...rest } = message;
  const record = sqsRecord({ messageId: idOf('message', message), ...rest, queue });
  const contentBased = createHash('sha256').update(record.body).digest('hex');
  return {
    ...record,
    attributes: {
      ...record.attributes,
      SequenceNumber: '18850000000000000001',
      MessageGroupId: groupId,
      MessageDeduplicationId: message.deduplicationId ?? contentBased,
    },
  };
};

/**
 * A batch of a FIFO queue; without arguments, of one message.
 *
 * @example
 * ```ts
 * import { sqsFifoEvent } from 'lambda-idempotency/testing';
 *
 * const event = sqsFifoEvent({ body: { orderId: '1' }, deduplicationId: 'order-1' });
 * ```
 */
export const sqsFifoEvent = (...messages: readonly FifoMessage[]): SQSEvent => ({
  Records: (messages.length > 0 ? messages : [{}]).map(sqsFifoRecord),
});

const notificationOf = (message: TopicMessage): SNSEventRecord['Sns'] => {
  const { message: content = ORDER, idempotencyKey, topic = 'orders' } = message;
  const messageId = message.messageId ?? idOf('notification', message);
  return {
    SignatureVersion: '1',
    Timestamp: new Date(SENT_AT).toISOString(),
    Signature: hexOf('signature', messageId),
    SigningCertUrl: `https://sns.${REGION}.amazonaws.com/SimpleNotificationService-1.pem`,
    MessageId: messageId,
    Message: textOfBody(content),
    MessageAttributes:
      idempotencyKey === undefined ? {} : { 'idempotency-key': { Type: 'String', Value: idempotencyKey } },
    Type: 'Notification',
    UnsubscribeUrl: `https://sns.${REGION}.amazonaws.com/?Action=Unsubscribe`,
    TopicArn: arnOf('sns', topic),
    Subject: 'order',
  };
};

/**
 * A message of an SNS topic that invokes the function.
 *
 * @example
 * ```ts
 * import { snsEvent } from 'lambda-idempotency/testing';
 *
 * const event = snsEvent({ message: { orderId: '1' }, idempotencyKey: 'key-1' });
 * ```
 */
export const snsEvent = (message: TopicMessage = {}): SNSEvent => {
  const { topic = 'orders' } = message;
  return {
    Records: [
      {
        EventVersion: '1.0',
        EventSubscriptionArn: arnOf('sns', `${topic}:${idOf('subscription', topic)}`),
        EventSource: 'aws:sns',
        Sns: notificationOf(message),
      },
    ],
  };
};

/**
 * Messages of an SNS topic that arrive through a queue, without raw message delivery.
 *
 * @example
 * ```ts
 * import { snsToSqsEvent } from 'lambda-idempotency/testing';
 *
 * const event = snsToSqsEvent({ message: { orderId: '1' }, idempotencyKey: 'key-1' });
 * ```
 */
export const snsToSqsEvent = (...messages: readonly TopicMessage[]): SQSEvent =>
  sqsEvent(
    ...(messages.length > 0 ? messages : [{}]).map((message) => {
      // The envelope in a body spells the names of URLs in another way than the event.
      const {
        SigningCertUrl: SigningCertURL,
        UnsubscribeUrl: UnsubscribeURL,
        ...envelope
      } = notificationOf(message);
      return { body: { ...envelope, SigningCertURL, UnsubscribeURL } };
    }),
  );
