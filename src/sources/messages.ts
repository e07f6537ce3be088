import type { EventSource } from '../core/protocol/source.js';
import { declareSource, type KeyField, oneRecord } from './declare.js';
import {
  anyCase,
  contentOf,
  listOf,
  member,
  namedField,
  onlyKey,
  textOf,
  tryJson,
  WELL_KNOWN_FIELDS,
  wellKnownField,
} from './fields.js';
import { providers } from './providers.js';
import { isContentBased, snsEnvelopeOf } from './recognise.js';

export interface MessageSourceOptions {
  /** Message attribute that holds the key, in any letter case. Default: `'idempotency-key'`. */
  readonly attribute?: string;
  /** Field of the JSON message that holds the key. Default: the well-known fields, if the message is JSON. */
  readonly bodyField?: string;
}

const attributeOf = (attributes: unknown, name: string, value: string): unknown => {
  const found = anyCase(attributes, name).map((attribute) => textOf(attribute, value));
  return onlyKey(
    found.filter((key) => key !== undefined),
    `the message attribute ${name}`,
  );
};

const keyInText = (text: string | undefined, { bodyField }: MessageSourceOptions): unknown =>
  bodyField === undefined
    ? wellKnownField(tryJson(text), 'the message')
    : namedField(text, bodyField, 'the message');

const lookedFor = ({ attribute, bodyField }: MessageSourceOptions, ...others: readonly string[]): string =>
  [
    listOf([
      ['message attribute', [attribute ?? 'idempotency-key']],
      ['message field', bodyField === undefined ? WELL_KNOWN_FIELDS : [bodyField]],
    ]),
    ...others.map((other) => `nor a ${other}`),
  ].join(', ');

/** Keys from the producer of an SQS message. A redrive keeps them, and replaces those made by the service. */
const producerKeys = (options: MessageSourceOptions): KeyField<unknown>[] => [
  {
    madeBy: 'client',
    read: (record) =>
      attributeOf(member(record, 'messageAttributes'), options.attribute ?? 'idempotency-key', 'stringValue'),
  },
  { madeBy: 'client', read: (record) => keyInText(textOf(record, 'body'), options) },
];

const messageId: KeyField<unknown> = { madeBy: 'service', read: (record) => textOf(record, 'messageId') };

/**
 * A standard SQS queue: one of its records, or an event with a single record. If the producer sent no key, the key is
 * `messageId`, which a redrive to another queue changes. Window: 14 days.
 *
 * @example
 * ```ts
 * import { sqs } from 'lambda-idempotency/sources';
 *
 * const config = { source: sqs({ bodyField: 'orderId' }) };
 * ```
 */
export const sqs = (options: MessageSourceOptions = {}): EventSource =>
  declareSource({
    name: 'sqs',
    windowSeconds: providers.sqs.window,
    record: oneRecord,
    keys: [...producerKeys(options), messageId],
    lookedFor: lookedFor(options, 'messageId'),
    fingerprint: (record) => contentOf(textOf(record, 'body')),
  });

export interface FifoSourceOptions extends MessageSourceOptions {
  /** The queue's `DeduplicationScope`: with `'messageGroup'`, an id is unique only within its group. Default: `'queue'`. */
  readonly deduplicationScope?: 'queue' | 'messageGroup';
}

/**
 * A FIFO queue. A deduplication id from the producer is a key. One that SQS made from the body is valid for only
 * 5 minutes. Window: 14 days.
 *
 * @throws (from the wrapped function) IdempotencyConfigError if the key is a content-based id and the window is longer
 *   than 5 minutes
 * @example
 * ```ts
 * import { sqsFifo } from 'lambda-idempotency/sources';
 *
 * const config = { source: sqsFifo({ deduplicationScope: 'messageGroup' }) };
 * ```
 */
export const sqsFifo = (options: FifoSourceOptions = {}): EventSource =>
  declareSource({
    name: 'sqsFifo',
    windowSeconds: providers.sqs.window,
    record: oneRecord,
    keys: [
      ...producerKeys(options),
      {
        madeBy: 'client',
        read: (record) => textOf(record, 'attributes', 'MessageDeduplicationId'),
        scope: (record) => [
          textOf(record, 'eventSourceARN') ?? '',
          ...(options.deduplicationScope === 'messageGroup'
            ? [textOf(record, 'attributes', 'MessageGroupId') ?? '']
            : []),
        ],
        valid: (record, id) =>
          isContentBased(id, textOf(record, 'body'))
            ? {
                seconds: providers.sqsFifo.window,
                reason:
                  'its FIFO deduplication id is the SHA-256 of the body (content-based), so a later message with the same content has the same id; send a MessageDeduplicationId or an `idempotency-key` attribute',
              }
            : undefined,
      },
      messageId,
    ],
    lookedFor: lookedFor(options, 'MessageDeduplicationId', 'messageId'),
    fingerprint: (record) => contentOf(textOf(record, 'body')),
  });

const notificationKeys = (
  options: MessageSourceOptions,
  envelope: (record: unknown) => unknown,
): KeyField<unknown>[] => [
  {
    madeBy: 'client',
    read: (record) =>
      attributeOf(
        member(envelope(record), 'MessageAttributes'),
        options.attribute ?? 'idempotency-key',
        'Value',
      ),
  },
  { madeBy: 'client', read: (record) => keyInText(textOf(envelope(record), 'Message'), options) },
  { madeBy: 'service', read: (record) => textOf(envelope(record), 'MessageId') },
];

/**
 * An SNS topic that invokes the function. Without a key from the producer, the key is `MessageId`. Window: 23 days.
 *
 * @example
 * ```ts
 * import { sns } from 'lambda-idempotency/sources';
 *
 * const config = { source: sns({ attribute: 'order-id' }) };
 * ```
 */
export const sns = (options: MessageSourceOptions = {}): EventSource => {
  const envelope = (record: unknown): unknown => member(record, 'Sns');
  return declareSource({
    name: 'sns',
    windowSeconds: providers.sns.window,
    record: oneRecord,
    keys: notificationKeys(options, envelope),
    lookedFor: lookedFor(options, 'MessageId'),
    fingerprint: (record) => contentOf(textOf(envelope(record), 'Message')),
  });
};

/**
 * SNS messages that arrive through an SQS queue, without raw message delivery. The key is in the SNS envelope: SNS may
 * deliver one message to the queue twice, with a new SQS `messageId`. Window: 37 days.
 *
 * @example
 * ```ts
 * import { snsToSqs } from 'lambda-idempotency/sources';
 *
 * const config = { source: snsToSqs() };
 * ```
 */
export const snsToSqs = (options: MessageSourceOptions = {}): EventSource =>
  declareSource({
    name: 'snsToSqs',
    windowSeconds: providers.sns.window + providers.sqs.window,
    record: oneRecord,
    keys: notificationKeys(options, snsEnvelopeOf),
    lookedFor: lookedFor(options, 'MessageId'),
    fingerprint: (record) => contentOf(textOf(snsEnvelopeOf(record), 'Message')),
  });
