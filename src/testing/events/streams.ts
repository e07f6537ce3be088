import type {
  AttributeValue,
  DynamoDBRecord,
  DynamoDBStreamEvent,
  KinesisStreamEvent,
  KinesisStreamRecord,
  MSKEvent,
  MSKRecord,
} from 'aws-lambda';
import { arnOf, hexOf, idOf, ORDER, REGION, SENT_AT, textOfBody } from './values.js';

const base64Of = (data: unknown): string =>
  Buffer.from(data instanceof Uint8Array ? data : textOfBody(data)).toString('base64');

/** A record of a Kinesis stream. */
export interface StreamRecord {
  /** Bytes or a string as they are, or a value that becomes JSON. Default: `{ orderId: 'order-1' }`. */
  readonly data?: unknown;
  /** Default: `'order-1'`. */
  readonly partitionKey?: string;
  /** Default: the record's position in the batch, from 1. */
  readonly sequenceNumber?: string;
  /** Default: `'orders'`. */
  readonly stream?: string;
}

const kinesisRecord = (record: StreamRecord, index: number): KinesisStreamRecord => {
  const {
    data = ORDER,
    partitionKey = 'order-1',
    stream = 'orders',
    sequenceNumber = `${index + 1}`,
  } = record;
  return {
    awsRegion: REGION,
    eventID: `shardId-000000000000:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    eventSource: 'aws:kinesis',
    eventSourceARN: arnOf('kinesis', `stream/${stream}`),
    eventVersion: '1.0',
    invokeIdentityArn: 'arn:aws:iam::111122223333:role/orders',
    kinesis: {
      approximateArrivalTimestamp: SENT_AT / 1_000,
      data: base64Of(data),
      kinesisSchemaVersion: '1.0',
      partitionKey,
      sequenceNumber,
    },
  };
};

/**
 * A batch of a Kinesis stream; without arguments, of one record.
 *
 * @example
 * ```ts
 * import { kinesisEvent } from 'lambda-idempotency/testing';
 *
 * const event = kinesisEvent({ data: { orderId: '1' } }, { data: new Uint8Array([255]) });
 * ```
 */
export const kinesisEvent = (...records: readonly StreamRecord[]): KinesisStreamEvent => ({
  Records: (records.length > 0 ? records : [{}]).map(kinesisRecord),
});

type Item = Record<string, AttributeValue>;

/** A change of an item in a DynamoDB table. */
export interface ItemChange {
  /** Default: `'INSERT'`. */
  readonly eventName?: 'INSERT' | 'MODIFY' | 'REMOVE';
  /** Default: `{ id: { S: 'order-1' } }`. */
  readonly keys?: Item;
  readonly newImage?: Item;
  readonly oldImage?: Item;
  /** Default: `'orders'`. */
  readonly table?: string;
}

const dynamoDBRecord = (change: ItemChange, index: number): DynamoDBRecord => {
  const {
    eventName = 'INSERT',
    keys = { id: { S: 'order-1' } },
    newImage,
    oldImage,
    table = 'orders',
  } = change;
  return {
    // One per change, even if two changes are equal.
    eventID: hexOf('change', change, index).slice(0, 32),
    eventName,
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: REGION,
    dynamodb: {
      ApproximateCreationDateTime: SENT_AT / 1_000,
      Keys: keys,
      ...(newImage && { NewImage: newImage }),
      ...(oldImage && { OldImage: oldImage }),
      SequenceNumber: `${index + 1}`,
      SizeBytes: 26,
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    },
    eventSourceARN: arnOf('dynamodb', `table/${table}/stream/2023-11-14T00:00:00.000`),
  };
};

/**
 * A batch of a DynamoDB stream; without arguments, of one change.
 *
 * @example
 * ```ts
 * import { dynamoDBStreamEvent } from 'lambda-idempotency/testing';
 *
 * const event = dynamoDBStreamEvent({ keys: { id: { S: '1' } }, newImage: { id: { S: '1' }, cakes: { N: '2' } } });
 * ```
 */
export const dynamoDBStreamEvent = (...changes: readonly ItemChange[]): DynamoDBStreamEvent => ({
  Records: (changes.length > 0 ? changes : [{}]).map(dynamoDBRecord),
});

/** A record of a Kafka topic. */
export interface TopicRecord {
  /** Bytes or a string as they are, or a value that becomes JSON. Default: `{ orderId: 'order-1' }`. */
  readonly value?: unknown;
  /** The record's key, which is not an idempotency key. Default: `'order-1'`. */
  readonly key?: string;
  /** The record header `idempotency-key`. Default: none. */
  readonly idempotencyKey?: string;
  /** Default: `'orders'`. */
  readonly topic?: string;
  /** Default: 0. */
  readonly partition?: number;
  /** Default: the record's position among the arguments. */
  readonly offset?: number;
}

const kafkaRecord = (record: TopicRecord, index: number): MSKRecord => {
  const { value = ORDER, key = 'order-1', idempotencyKey } = record;
  return {
    topic: record.topic ?? 'orders',
    partition: record.partition ?? 0,
    offset: record.offset ?? index,
    timestamp: SENT_AT,
    timestampType: 'CREATE_TIME',
    key: base64Of(key),
    value: base64Of(value),
    headers: idempotencyKey === undefined ? [] : [{ 'idempotency-key': [...Buffer.from(idempotencyKey)] }],
  };
};

/**
 * A batch of topics of MSK; without arguments, of one record.
 *
 * @example
 * ```ts
 * import { kafkaEvent } from 'lambda-idempotency/testing';
 *
 * const event = kafkaEvent({ value: { orderId: '1' }, idempotencyKey: 'key-1' });
 * ```
 */
export const kafkaEvent = (...records: readonly TopicRecord[]): MSKEvent => {
  const byPartition: Record<string, MSKRecord[]> = {};
  for (const record of (records.length > 0 ? records : [{}]).map(kafkaRecord)) {
    const name = `${record.topic}-${record.partition}`;
    byPartition[name] = [...(byPartition[name] ?? []), record];
  }
  return {
    eventSource: 'aws:kafka',
    eventSourceArn: arnOf('kafka', `cluster/orders/${idOf('cluster')}-1`),
    bootstrapServers: 'b-1.orders.kafka.eu-west-1.amazonaws.com:9094',
    records: byPartition,
  };
};
