import { IdempotencyKeyError } from '../../core/protocol/errors.js';
import { member, textOf } from '../../sources/fields.js';
import type { RecordOrder } from './options.js';
import type { ItemIdentifier } from './types.js';

export type SourceName = 'sqs' | 'kinesis' | 'dynamodbStreams' | 'kafka';

/** One record, with everything about it that must not change while handlers run. */
export interface Item {
  readonly record: unknown;
  /** What the key is computed from: the record, plus the cluster, which only the event names. */
  readonly payload: unknown;
  readonly identifier: ItemIdentifier;
  /** Records of one group run in order. Undefined: the record has no group. */
  readonly group: string | undefined;
}

export interface Batch {
  /** Undefined if there are no records. */
  readonly source: SourceName | undefined;
  readonly items: readonly Item[];
}

/** How a source names and orders its records. */
interface RecordSource {
  readonly name: SourceName;
  /** Where the identifier is, as messages name it. */
  readonly field: string;
  identifierOf(record: unknown): string | undefined;
  groupOf(record: unknown, order: RecordOrder): string | undefined;
}

const sourcesByMark: Readonly<Record<string, RecordSource>> = {
  'aws:sqs': {
    name: 'sqs',
    field: 'messageId',
    identifierOf: (record) => textOf(record, 'messageId'),
    // A standard queue may have message groups as well (fair queues), but keeps no order.
    groupOf: (record) =>
      textOf(record, 'eventSourceARN')?.endsWith('.fifo')
        ? (textOf(record, 'attributes', 'MessageGroupId') ?? '')
        : undefined,
  },
  'aws:kinesis': {
    name: 'kinesis',
    field: 'kinesis.sequenceNumber',
    identifierOf: (record) => textOf(record, 'kinesis', 'sequenceNumber'),
    groupOf: (record, order) => (order === 'shard' ? '' : (textOf(record, 'kinesis', 'partitionKey') ?? '')),
  },
  'aws:dynamodb': {
    name: 'dynamodbStreams',
    field: 'dynamodb.SequenceNumber',
    identifierOf: (record) => textOf(record, 'dynamodb', 'SequenceNumber'),
    groupOf: (record, order) =>
      order === 'shard'
        ? ''
        : JSON.stringify(Object.entries(member(record, 'dynamodb', 'Keys') ?? {}).sort()),
  },
};

const notABatch = (): IdempotencyKeyError =>
  new IdempotencyKeyError(
    'makeBatchIdempotent was called with an event that is not a batch of SQS, Kinesis, DynamoDB Streams or Kafka. Nothing ran.',
  );

const namelessRecord = (index: number, field: string): IdempotencyKeyError =>
  new IdempotencyKeyError(
    `Record ${index} of the batch has no \`${field}\`, so its failure could not be reported. Nothing ran.`,
  );

/**
 * Reads identifiers and groups before anything runs.
 *
 * @throws IdempotencyKeyError for an event that is not a batch from one of the five sources
 */
export const readBatch = (event: unknown, order: RecordOrder): Batch => {
  const topics = member(event, 'records');
  if (typeof topics === 'object' && topics !== null) return kafkaBatch(event, topics);
  const records = member(event, 'Records');
  if (!Array.isArray(records)) throw notABatch();
  if (records.length === 0) return { source: undefined, items: [] };
  const source = sourcesByMark[textOf(records[0], 'eventSource') ?? ''];
  if (!source) throw notABatch();
  const items = records.map((record: unknown, index): Item => {
    const identifier = source.identifierOf(record);
    if (!identifier) throw namelessRecord(index, source.field);
    return { record, payload: record, identifier, group: source.groupOf(record, order) };
  });
  return { source: source.name, items };
};

const kafkaBatch = (event: unknown, topics: object): Batch => {
  // The same place where the preset `kafka()` finds it in a whole event.
  const eventSourceArn = textOf(event, 'eventSourceArn') ?? textOf(event, 'bootstrapServers');
  const items: Item[] = [];
  for (const [partition, records] of Object.entries(topics)) {
    if (!Array.isArray(records)) throw notABatch();
    for (const record of records) {
      const offset = member(record, 'offset');
      if (typeof offset !== 'number') throw namelessRecord(items.length, 'offset');
      const payload = { ...record, eventSourceArn };
      items.push({ record, payload, identifier: { partition, offset }, group: partition });
    }
  }
  return { source: items.length === 0 ? undefined : 'kafka', items };
};
