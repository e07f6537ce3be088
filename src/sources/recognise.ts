import { createHash } from 'node:crypto';
import { KeyMaterialError } from '../core/protocol/key-material-error.js';
import { member, textOf, tryJson } from './fields.js';

/** Recognises the source of an event by its fields. More specific sources come first. */

const isRecordOf = (source: string, event: unknown): boolean =>
  textOf(event, 'eventSource') === source || textOf(event, 'EventSource') === source;

/** The SNS envelope in the body of an SQS record. */
export const snsEnvelopeOf = (record: unknown): unknown => {
  const body = tryJson(textOf(record, 'body'));
  return textOf(body, 'Type') === 'Notification' && textOf(body, 'MessageId') ? body : undefined;
};

/** Presets that can be recognised by the event alone. */
export type Recognised =
  | 'snsToSqs'
  | 'sqsFifo'
  | 'sqs'
  | 'sns'
  | 's3'
  | 'kinesis'
  | 'dynamodbStreams'
  | 'kafka'
  | 's3ViaEventBridge'
  | 'eventBridge'
  | 'alb'
  | 'httpApi'
  | 'apiGatewayRest'
  | 'cloudFormation';

const recognisers: Readonly<Record<Recognised, (event: unknown) => boolean>> = {
  snsToSqs: (event) => isRecordOf('aws:sqs', event) && snsEnvelopeOf(event) !== undefined,
  sqsFifo: (event) =>
    isRecordOf('aws:sqs', event) && (textOf(event, 'eventSourceARN') ?? '').endsWith('.fifo'),
  sqs: (event) => isRecordOf('aws:sqs', event),
  sns: (event) => isRecordOf('aws:sns', event),
  s3: (event) => isRecordOf('aws:s3', event),
  kinesis: (event) => isRecordOf('aws:kinesis', event),
  dynamodbStreams: (event) => isRecordOf('aws:dynamodb', event),
  kafka: (event) =>
    ['aws:kafka', 'SelfManagedKafka'].includes(textOf(event, 'eventSource') ?? '') ||
    (textOf(event, 'topic') !== undefined && typeof member(event, 'offset') === 'number'),
  s3ViaEventBridge: (event) =>
    textOf(event, 'source') === 'aws.s3' && textOf(event, 'detail-type') !== undefined,
  eventBridge: (event) => textOf(event, 'detail-type') !== undefined && textOf(event, 'source') !== undefined,
  alb: (event) => member(event, 'requestContext', 'elb') !== undefined,
  httpApi: (event) =>
    textOf(event, 'version') === '2.0' && member(event, 'requestContext', 'http') !== undefined,
  apiGatewayRest: (event) =>
    textOf(event, 'httpMethod') !== undefined && member(event, 'requestContext') !== undefined,
  cloudFormation: (event) =>
    ['Create', 'Update', 'Delete'].includes(textOf(event, 'RequestType') ?? '') &&
    textOf(event, 'StackId') !== undefined,
};

const names = Object.keys(recognisers) as Recognised[];

/** What recognisers look at: the first record of a batch, or the event itself. */
const firstRecordOf = (event: unknown): unknown => {
  const records = member(event, 'Records');
  return Array.isArray(records) && records.length > 0 ? records[0] : event;
};

/**
 * The source of an event or a record; undefined for a payload that no source sends.
 *
 * @throws KeyMaterialError for a batch that is empty or from an unknown source
 */
export const recognise = (event: unknown): Recognised | undefined => {
  const record = firstRecordOf(event);
  const found = names.find((name) => recognisers[name](record));
  if (found === undefined && Array.isArray(member(event, 'Records'))) {
    throw new KeyMaterialError('the event is a batch that is empty or from an unknown source');
  }
  return found;
};

/** Whether a FIFO queue made the deduplication id from the body. Equal bodies then count as one message for 5 minutes. */
export const isContentBased = (id: unknown, body: string | undefined): boolean =>
  body !== undefined && id === createHash('sha256').update(body).digest('hex');
