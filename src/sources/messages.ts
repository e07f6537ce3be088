import type { EventSource } from '../core/protocol/source.js';
import { declareSource, type KeyField, oneRecord } from './declare.js';
import {
  anyCase,
  contentOf,
  member,
  namedField,
  onlyKey,
  textOf,
  tryJson,
  wellKnownField,
} from './fields.js';
import { providers } from './providers.js';
import { isContentBased, snsEnvelopeOf } from './recognise.js';

export interface MessageSourceOptions {
  /** The message attribute that holds the key, in any letter case. Default: `idempotency-key`. */
  readonly attribute?: string;
  /** The one field of the JSON message that holds the key. Default: the well-known ones, where the message is JSON. */
  readonly bodyField?: string;
}

const attributeOf = (attributes: unknown, name: string, value: string): unknown => {
  const found = anyCase(attributes, name).map((attribute) => textOf(attribute, value));
  return onlyKey(
    found.filter((key) => key !== undefined),
    `the message attribute ${name}`,
  );
};

const inText = (text: string | undefined, { bodyField }: MessageSourceOptions): unknown =>
  bodyField === undefined
    ? wellKnownField(tryJson(text), 'the message')
    : namedField(text, bodyField, 'the message');

/** What the producer put into an SQS message; kept through redrives, which replace what the service makes. */
const producedKeys = (options: MessageSourceOptions): KeyField<unknown>[] => [
  {
    madeBy: 'client',
    read: (record) =>
      attributeOf(member(record, 'messageAttributes'), options.attribute ?? 'idempotency-key', 'stringValue'),
  },
  { madeBy: 'client', read: (record) => inText(textOf(record, 'body'), options) },
];

const messageId: KeyField<unknown> = { madeBy: 'service', read: (record) => textOf(record, 'messageId') };

/** A standard queue: its record, or an event of one. Without a key of the producer's, `messageId`, which a redrive keeps only within the queue. */
export const sqs = (options: MessageSourceOptions = {}): EventSource =>
  declareSource({
    name: 'sqs',
    windowSeconds: providers.sqs.window,
    record: oneRecord,
    keys: [...producedKeys(options), messageId],
    fingerprint: (record) => contentOf(textOf(record, 'body')),
  });

export interface FifoSourceOptions extends MessageSourceOptions {
  /** As the queue's `DeduplicationScope`: with `messageGroup`, an id counts within its group. Default: `queue`. */
  readonly deduplicationScope?: 'queue' | 'messageGroup';
}

/** A FIFO queue. Its deduplication id is a key, where the producer gave it one: an id made of the body holds for 5 minutes. */
export const sqsFifo = (options: FifoSourceOptions = {}): EventSource =>
  declareSource({
    name: 'sqsFifo',
    windowSeconds: providers.sqs.window,
    record: oneRecord,
    keys: [
      ...producedKeys(options),
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
                  'its FIFO deduplication id is the SHA-256 of the body (content-based), so that a later message of equal content is another one; send a MessageDeduplicationId, or an `idempotency-key` attribute',
              }
            : undefined,
      },
      messageId,
    ],
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
  { madeBy: 'client', read: (record) => inText(textOf(envelope(record), 'Message'), options) },
  { madeBy: 'service', read: (record) => textOf(envelope(record), 'MessageId') },
];

/** A topic that invokes the function. */
export const sns = (options: MessageSourceOptions = {}): EventSource => {
  const envelope = (record: unknown): unknown => member(record, 'Sns');
  return declareSource({
    name: 'sns',
    windowSeconds: providers.sns.window,
    record: oneRecord,
    keys: notificationKeys(options, envelope),
    fingerprint: (record) => contentOf(textOf(envelope(record), 'Message')),
  });
};

/** A topic's messages out of a queue (without raw delivery). SNS may put one publish into the queue twice: the outer `messageId` is no key. */
export const snsToSqs = (options: MessageSourceOptions = {}): EventSource =>
  declareSource({
    name: 'snsToSqs',
    windowSeconds: providers.sns.window + providers.sqs.window,
    record: oneRecord,
    keys: notificationKeys(options, snsEnvelopeOf),
    fingerprint: (record) => contentOf(textOf(snsEnvelopeOf(record), 'Message')),
  });
