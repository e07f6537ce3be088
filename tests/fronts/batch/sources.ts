import type {
  BatchHandler,
  BatchRecord,
  BatchResponse,
  ItemIdentifier,
} from '../../../src/fronts/batch/make-batch-idempotent.js';

/** The five sources, as their events look. */

/** A record to be: its number in the stream, its group and its content. */
export interface Draft {
  readonly number: number;
  /** Default: a group of its own. */
  readonly group?: string;
  readonly text?: string;
}

export interface Source {
  readonly name: string;
  event(drafts: readonly Draft[]): unknown;
  /** The answer when these records failed. */
  answer(...failed: Draft[]): BatchResponse<ItemIdentifier>;
  /** The number of a record, as the handler finds it. */
  numberOf(record: never): number;
  /** Whether records have an order, so that a failure stops those of its group. */
  readonly isOrdered: boolean;
  /** Changes what a record is identified by. */
  spoil(record: never): void;
}

const textOf = ({ number, text }: Draft): string => text ?? JSON.stringify({ order: `o-${number}` });

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const groupOf = ({ number, group }: Draft): string => group ?? `g-${number}`;
/** As long as real ones, and not in the order of texts: 9 comes before 10. */
const sequenceNumber = (number: number): string => `4959${'0'.repeat(40)}${number}`.replace(/^4959/, '1');
const numberIn = (text: string): number => Number(/(\d+)$/.exec(text)?.[1]);
const listed = (identifiers: readonly ItemIdentifier[]): BatchResponse<ItemIdentifier> => ({
  batchItemFailures: identifiers.map((itemIdentifier) => ({ itemIdentifier })),
});

const sqsRecord = (draft: Draft, queue: string, group?: string) => ({
  messageId: `m-${draft.number}`,
  receiptHandle: 'handle',
  body: textOf(draft),
  attributes: {
    ApproximateReceiveCount: '1',
    SentTimestamp: '1',
    SenderId: 's',
    ApproximateFirstReceiveTimestamp: '1',
    ...(group && { MessageGroupId: group, MessageDeduplicationId: `d-${draft.number}` }),
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: `arn:aws:sqs:eu-west-1:000000000000:${queue}`,
  awsRegion: 'eu-west-1',
});

const queue = (name: string, arn: string, isFifo: boolean): Source => ({
  name,
  isOrdered: isFifo,
  // A standard queue may have groups too (fair queues), and keeps no order.
  event: (drafts) => ({ Records: drafts.map((draft) => sqsRecord(draft, arn, groupOf(draft))) }),
  answer: (...failed) => listed(failed.map(({ number }) => `m-${number}`)),
  numberOf: ({ messageId }: { messageId: string }) => numberIn(messageId),
  spoil: (record: ReturnType<typeof sqsRecord>) => {
    record.messageId = 'spoilt';
    record.body = 'spoilt';
    record.attributes.MessageGroupId = 'spoilt';
  },
});

const lowest = (failed: readonly Draft[]): string[] => {
  const [first] = failed.map(({ number }) => number).sort((one, other) => one - other);
  return first === undefined ? [] : [sequenceNumber(first)];
};

export const sqs = queue('SQS', 'orders', false);
export const sqsFifo = queue('SQS FIFO', 'orders.fifo', true);

export const kinesis: Source = {
  name: 'Kinesis',
  isOrdered: true,
  event: (drafts) => ({
    Records: drafts.map((draft) => ({
      eventID: `shardId-000000000000:${sequenceNumber(draft.number)}`,
      eventName: 'aws:kinesis:record',
      eventSource: 'aws:kinesis',
      eventSourceARN: 'arn:aws:kinesis:eu-west-1:000000000000:stream/orders',
      eventVersion: '1.0',
      awsRegion: 'eu-west-1',
      invokeIdentityArn: 'arn:aws:iam::000000000000:role/r',
      kinesis: {
        approximateArrivalTimestamp: 1,
        kinesisSchemaVersion: '1.0',
        partitionKey: groupOf(draft),
        sequenceNumber: sequenceNumber(draft.number),
        data: base64(textOf(draft)),
      },
    })),
  }),
  answer: (...failed) => listed(lowest(failed)),
  numberOf: ({ kinesis }: { kinesis: { sequenceNumber: string } }) =>
    Number(kinesis.sequenceNumber.slice(30)),
  spoil: ({ kinesis }: { kinesis: Record<string, unknown> }) => {
    for (const name of Object.keys(kinesis)) kinesis[name] = 'spoilt';
  },
};

export const dynamodbStreams: Source = {
  name: 'DynamoDB Streams',
  isOrdered: true,
  event: (drafts) => ({
    Records: drafts.map((draft) => ({
      eventID: `event-${draft.number}`,
      eventName: 'INSERT',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      eventSourceARN: 'arn:aws:dynamodb:eu-west-1:000000000000:table/orders/stream/1',
      awsRegion: 'eu-west-1',
      dynamodb: {
        Keys: { id: { S: groupOf(draft) } },
        NewImage: { id: { S: groupOf(draft) }, text: { S: textOf(draft) } },
        SequenceNumber: sequenceNumber(draft.number),
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    })),
  }),
  answer: (...failed) => listed(lowest(failed)),
  numberOf: ({ eventID }: { eventID: string }) => numberIn(eventID),
  spoil: (record: { eventID: string; dynamodb: Record<string, unknown> }) => {
    record.eventID = 'spoilt';
    record.dynamodb = {};
  },
};

/** A group is a partition. */
const partitionOf = (draft: Draft): number =>
  draft.group === undefined ? draft.number : draft.group.charCodeAt(0);

export const kafka: Source = {
  name: 'Kafka',
  isOrdered: true,
  event: (drafts) => {
    const records: Record<string, unknown[]> = {};
    for (const draft of drafts) {
      const partition = partitionOf(draft);
      records[`orders-${partition}`] ??= [];
      records[`orders-${partition}`]?.push({
        topic: 'orders',
        partition,
        offset: draft.number,
        timestamp: 1,
        timestampType: 'CREATE_TIME',
        key: base64('key'),
        value: base64(textOf(draft)),
        headers: [],
      });
    }
    return {
      eventSource: 'aws:kafka',
      eventSourceArn: 'arn:aws:kafka:eu-west-1:000000000000:cluster/c/1',
      bootstrapServers: 'b',
      records,
    };
  },
  answer: (...failed) => {
    const first = new Map<number, number>();
    for (const draft of failed) {
      const partition = partitionOf(draft);
      first.set(partition, Math.min(first.get(partition) ?? Number.POSITIVE_INFINITY, draft.number));
    }
    return listed([...first].map(([partition, offset]) => ({ partition: `orders-${partition}`, offset })));
  },
  numberOf: ({ offset }: { offset: number }) => offset,
  spoil: (record: { offset: number; topic: string; partition: number }) => {
    record.offset = -1;
    record.topic = 'spoilt';
    record.partition = -1;
  },
};

export const sources: readonly Source[] = [sqs, sqsFifo, kinesis, dynamodbStreams, kafka];

/** Any record's handler, called with any event. */
export type AnyBatchHandler = (event: unknown, context: unknown) => Promise<BatchResponse<ItemIdentifier>>;
export const untyped = (handler: BatchHandler<BatchRecord>): AnyBatchHandler => handler as never;
