import type {
  Context,
  DynamoDBRecord,
  DynamoDBStreamEvent,
  KinesisStreamEvent,
  KinesisStreamRecord,
  MSKEvent,
  MSKRecord,
  SelfManagedKafkaEvent,
  SelfManagedKafkaRecord,
  SQSEvent,
  SQSRecord,
} from 'aws-lambda';

/** A record from a topic of MSK or self-managed Kafka. */
export type KafkaRecord = MSKRecord | SelfManagedKafkaRecord;

/** A record from one of the five sources. */
export type BatchRecord = SQSRecord | KinesisStreamRecord | DynamoDBRecord | KafkaRecord;

/** The event that delivers such records. */
export type BatchEvent<Item> = Item extends SQSRecord
  ? SQSEvent
  : Item extends KinesisStreamRecord
    ? KinesisStreamEvent
    : Item extends KafkaRecord
      ? MSKEvent | SelfManagedKafkaEvent
      : DynamoDBStreamEvent;

/** Where Lambda resumes a partition of a topic. */
export interface KafkaItemIdentifier {
  /** `topic-partition`, as in the event's `records`. */
  readonly partition: string;
  readonly offset: number;
}

/** How a record is identified in the answer: `messageId`, a sequence number, or the position in a partition. */
export type ItemIdentifier = string | KafkaItemIdentifier;

/** The answer to Lambda: which records to deliver again. */
export interface BatchResponse<Identifier extends ItemIdentifier = string> {
  batchItemFailures: { itemIdentifier: Identifier }[];
}

/** The answer to an event with such records. */
export type BatchResponseOf<Item> = BatchResponse<Item extends KafkaRecord ? KafkaItemIdentifier : string>;

/** What `makeBatchIdempotent` returns. */
export type BatchHandler<Item> = (
  event: BatchEvent<Item>,
  context: Context,
) => Promise<BatchResponseOf<Item>>;

/** The content of a record. Each reader throws `RecordParseError` for what it cannot read. */
export interface RecordBody {
  /** As text. */
  text(): string;
  /** The parsed JSON. For a DynamoDB stream: the new image, or the old one of a removed item, as plain values. */
  json(): unknown;
  /** As bytes: decoded from base64, and decompressed if gzip. */
  bytes(): Uint8Array;
}
