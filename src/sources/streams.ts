import { isUtf8 } from 'node:buffer';
import { fromBase64 } from '../core/protocol/base64.js';
import { KeyMaterialError } from '../core/protocol/key-material-error.js';
import type { EventSource } from '../core/protocol/source.js';
import { declareSource, oneRecord } from './declare.js';
import {
  anyCase,
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

export interface KinesisSourceOptions {
  /** Field of the JSON data that holds the key. Default: the well-known fields, if the data is JSON. */
  readonly bodyField?: string;
  /** The stream's retention in hours (24 to 8,760): how long a record may be delivered again. Default: 24. */
  readonly retentionHours?: number;
}

/** The data as text, or as bytes if those are not UTF-8: decoding them would make different data the same text. */
const dataOf = (record: unknown): string | Buffer | undefined => {
  const data = textOf(record, 'kinesis', 'data');
  if (data === undefined) return undefined;
  const bytes = fromBase64(data, 'the data');
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes;
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
    lookedFor: `${listOf([['data field', bodyField === undefined ? WELL_KNOWN_FIELDS : [bodyField]]])}, nor an eventID`,
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
    lookedFor: 'no eventID',
  });

export interface KafkaSourceOptions {
  /** Record header that holds the key, in any letter case. Default: `'idempotency-key'`. */
  readonly header?: string;
  /** The topic's retention in hours. Default: 168, Kafka's default. */
  readonly retentionHours?: number;
}

const isByte = (value: unknown): boolean =>
  // Java's bytes have a sign.
  Number.isInteger(value) && (value as number) >= -128 && (value as number) <= 255;

/** @throws KeyMaterialError if they are not UTF-8: decoding would make different headers the same key */
const textInBytes = (bytes: unknown, where: string): string => {
  if (!Array.isArray(bytes) || !bytes.every(isByte))
    throw new KeyMaterialError(`${where} is not a list of bytes`);
  const buffer = Buffer.from(bytes as number[]);
  if (!isUtf8(buffer)) throw new KeyMaterialError(`${where} is not UTF-8`);
  return buffer.toString('utf8');
};

/**
 * Kafka's headers are `[{ name: [bytes] }, …]`.
 *
 * @throws KeyMaterialError if the header is not UTF-8, or occurs more than once with different values
 */
const kafkaHeader = (record: unknown, name: string): unknown => {
  const headers = member(record, 'headers');
  if (!Array.isArray(headers)) return undefined;
  const where = `the record header ${name}`;
  const values = headers
    .flatMap((header: unknown) => anyCase(header, name))
    .map((bytes) => textInBytes(bytes, where));
  return onlyKey(values, where);
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
export const kafka = ({ header = 'idempotency-key', retentionHours }: KafkaSourceOptions = {}): EventSource =>
  declareSource({
    name: 'kafka',
    windowSeconds: retentionHours === undefined ? providers.kafka.window : retentionHours * 3_600,
    record: oneKafkaRecord,
    keys: [
      { madeBy: 'client', read: (record) => kafkaHeader(record, header) },
      {
        madeBy: 'service',
        read: (record) => {
          const position = [textOf(record, 'topic'), member(record, 'partition'), member(record, 'offset')];
          return position.includes(undefined) ? undefined : position;
        },
        scope: (record) => [textOf(record, 'eventSourceArn') ?? ''],
      },
    ],
    lookedFor: `no record header ${header}, nor topic, partition and offset together`,
    // The value stays as Lambda passes it, in base64: it may be any bytes.
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
