import { fromBase64 } from '../core/protocol/base64.js';
import type { EventSource } from '../core/protocol/source.js';
import { declareSource, oneRecord } from './declare.js';
import { anyCase, member, namedField, onlyKey, textOf, tryJson, wellKnownField } from './fields.js';
import { providers } from './providers.js';

export interface KinesisSourceOptions {
  /** Field of the JSON data that holds the key. Default: the well-known fields, if the data is JSON. */
  readonly bodyField?: string;
  /** The stream's retention in hours (24 to 8,760): how long a record may be delivered again. Default: 24. */
  readonly retentionHours?: number;
}

const dataOf = (record: unknown): string | undefined => {
  const data = textOf(record, 'kinesis', 'data');
  return data === undefined ? undefined : fromBase64(data, 'the data').toString('utf8');
};

/**
 * A Kinesis stream: one of its records, or an event with a single record. Without a key in the data, the key is shard and
 * sequence number, which are new when the producer sends again. Window: the retention.
 *
 * @example
 * ```ts
 * import { kinesis } from 'lambda-idempotency/sources';
 *
 * const config = { source: kinesis({ bodyField: 'orderId', retentionHours: 48 }) };
 * ```
 */
export const kinesis = ({ bodyField, retentionHours }: KinesisSourceOptions = {}): EventSource =>
  declareSource({
    name: 'kinesis',
    windowSeconds: retentionHours === undefined ? providers.kinesis.window : retentionHours * 3_600,
    record: oneRecord,
    keys: [
      {
        madeBy: 'client',
        read: (record) =>
          bodyField === undefined
            ? wellKnownField(tryJson(dataOf(record)), 'the data')
            : namedField(dataOf(record), bodyField, 'the data'),
      },
      {
        madeBy: 'service',
        read: (record) => textOf(record, 'eventID'),
        scope: (record) => [textOf(record, 'eventSourceARN') ?? ''],
      },
    ],
    fingerprint: (record) => tryJson(dataOf(record)) ?? textOf(record, 'kinesis', 'data'),
  });

/**
 * A DynamoDB stream: one of its records, or an event with a single record. The key names the change, not the item.
 * Window: 24 hours.
 *
 * @example
 * ```ts
 * import { dynamodbStreams } from 'lambda-idempotency/sources';
 *
 * const config = { source: dynamodbStreams() };
 * ```
 */
export const dynamodbStreams = (): EventSource =>
  declareSource({
    name: 'dynamodbStreams',
    windowSeconds: providers.dynamodbStreams.window,
    record: oneRecord,
    keys: [
      {
        madeBy: 'service',
        read: (record) => textOf(record, 'eventID'),
        scope: (record) => [textOf(record, 'eventSourceARN') ?? ''],
      },
    ],
  });

export interface KafkaSourceOptions {
  /** Record header that holds the key, in any letter case. Default: `'idempotency-key'`. */
  readonly header?: string;
  /** The topic's retention in hours. Default: 168, Kafka's default. */
  readonly retentionHours?: number;
}

/**
 * Kafka's headers are `[{ name: [bytes] }, …]`.
 *
 * @throws KeyMaterialError if the header occurs more than once with different values
 */
const kafkaHeader = (record: unknown, name: string): unknown => {
  const headers = member(record, 'headers');
  if (!Array.isArray(headers)) return undefined;
  const values = headers
    .flatMap((header: unknown) => anyCase(header, name))
    .map((bytes) => Buffer.from(bytes as number[]).toString('utf8'));
  return onlyKey(values, `the record header ${name}`);
};

/**
 * A topic of MSK or self-managed Kafka: one of its records, or an event with a single record. Without a key in a header,
 * the key is topic, partition and offset. Lambda names the cluster only in the event: when you pass records, set `scope`
 * if two clusters have a topic of the same name. Window: the retention.
 *
 * @example
 * ```ts
 * import { kafka } from 'lambda-idempotency/sources';
 *
 * const config = { source: kafka({ retentionHours: 72 }), scope: () => 'orders-cluster' };
 * ```
 */
export const kafka = ({ header, retentionHours }: KafkaSourceOptions = {}): EventSource =>
  declareSource({
    name: 'kafka',
    windowSeconds: retentionHours === undefined ? providers.kafka.window : retentionHours * 3_600,
    record: oneKafkaRecord,
    keys: [
      { madeBy: 'client', read: (record) => kafkaHeader(record, header ?? 'idempotency-key') },
      {
        madeBy: 'service',
        read: (record) => {
          const position = [textOf(record, 'topic'), member(record, 'partition'), member(record, 'offset')];
          return position.includes(undefined) ? undefined : position;
        },
        scope: (record) => [textOf(record, 'eventSourceArn') ?? ''],
      },
    ],
    fingerprint: (record) => [textOf(record, 'topic') ?? null, textOf(record, 'value') ?? null],
  });

/** The record of an event with a single record, and the cluster named in the event. */
const oneKafkaRecord = (event: unknown): unknown => {
  const topics = member(event, 'records');
  if (typeof topics !== 'object' || topics === null) return event;
  const record = oneRecord({ Records: Object.values(topics).flat() });
  return {
    ...(record as object),
    eventSourceArn: textOf(event, 'eventSourceArn') ?? textOf(event, 'bootstrapServers'),
  };
};
