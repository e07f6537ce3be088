import type { UnstableField } from '../core/protocol/unstable-fields.js';
import { member, textOf } from './fields.js';

/**
 * Events that are no keys as a whole. They are recognised by what the service always sends, so that a payload of the
 * user's own, with `headers` or an `id`, is left alone.
 */
interface WholeEvent {
  readonly preset: string;
  recognises(event: unknown): boolean;
  /** Fields that are new with every attempt. */
  readonly fields: readonly (readonly string[])[];
  /** Whether its headers may hold such fields. */
  readonly hasHeaders?: boolean;
}

const isRecordOf = (source: string, record: unknown): boolean =>
  textOf(record, 'eventSource') === source || textOf(record, 'EventSource') === source;

const hasContext = (event: unknown, name: string): boolean =>
  typeof member(event, 'requestContext', name) === 'object';

const records: readonly WholeEvent[] = [
  {
    preset: 'sqsFifo()',
    recognises: (record) =>
      isRecordOf('aws:sqs', record) && (textOf(record, 'eventSourceARN') ?? '').endsWith('.fifo'),
    fields: [['receiptHandle'], ['attributes', 'ApproximateReceiveCount'], ['attributes', 'SentTimestamp']],
  },
  {
    preset: 'sqs()',
    recognises: (record) => isRecordOf('aws:sqs', record),
    fields: [
      ['receiptHandle'],
      ['attributes', 'ApproximateReceiveCount'],
      ['attributes', 'SentTimestamp'],
      ['messageId'],
    ],
  },
  {
    preset: 'sns()',
    recognises: (record) => isRecordOf('aws:sns', record),
    fields: [
      ['Sns', 'Timestamp'],
      ['Sns', 'Signature'],
      ['Sns', 'MessageId'],
    ],
  },
  {
    preset: 's3()',
    recognises: (record) => isRecordOf('aws:s3', record),
    fields: [['responseElements', 'x-amz-request-id'], ['eventTime']],
  },
  {
    preset: 'kinesis()',
    recognises: (record) => isRecordOf('aws:kinesis', record),
    fields: [
      ['kinesis', 'approximateArrivalTimestamp'],
      ['kinesis', 'sequenceNumber'],
    ],
  },
  {
    preset: 'dynamodbStreams()',
    recognises: (record) => isRecordOf('aws:dynamodb', record),
    fields: [['dynamodb', 'ApproximateCreationDateTime']],
  },
];

const events: readonly WholeEvent[] = [
  {
    preset: 'httpApi()',
    recognises: (event) => textOf(event, 'version') === '2.0' && hasContext(event, 'http'),
    fields: [
      ['requestContext', 'requestId'],
      ['requestContext', 'timeEpoch'],
      ['requestContext', 'time'],
    ],
    hasHeaders: true,
  },
  {
    preset: 'alb()',
    recognises: (event) => textOf(event, 'httpMethod') !== undefined && hasContext(event, 'elb'),
    fields: [],
    hasHeaders: true,
  },
  {
    preset: 'apiGatewayRest()',
    recognises: (event) =>
      textOf(event, 'httpMethod') !== undefined &&
      (hasContext(event, 'identity') || textOf(event, 'requestContext', 'apiId') !== undefined),
    fields: [
      ['requestContext', 'requestId'],
      ['requestContext', 'extendedRequestId'],
      ['requestContext', 'requestTimeEpoch'],
    ],
    hasHeaders: true,
  },
  {
    preset: 's3ViaEventBridge()',
    recognises: (event) => textOf(event, 'source') === 'aws.s3' && textOf(event, 'detail-type') !== undefined,
    fields: [['id'], ['time']],
  },
  {
    preset: 'eventBridge()',
    recognises: (event) =>
      textOf(event, 'detail-type') !== undefined && textOf(event, 'source') !== undefined,
    fields: [['id'], ['time']],
  },
  {
    preset: 'cloudFormation()',
    recognises: (event) =>
      textOf(event, 'RequestType') !== undefined && textOf(event, 'StackId') !== undefined,
    fields: [['ResponseURL']],
  },
  {
    preset: 'kafka()',
    recognises: (record) =>
      textOf(record, 'topic') !== undefined &&
      textOf(record, 'timestampType') !== undefined &&
      typeof member(record, 'partition') === 'number' &&
      typeof member(record, 'offset') === 'number',
    fields: [['offset']],
  },
];

const UNSTABLE_HEADERS = ['x-amzn-trace-id', 'traceparent', 'x-amz-cf-id'];

const unstableHeader = (event: unknown): readonly string[] | undefined => {
  for (const place of ['headers', 'multiValueHeaders']) {
    const headers = member(event, place);
    const names = typeof headers === 'object' && headers !== null ? Object.keys(headers) : [];
    const name = names.find((each) => UNSTABLE_HEADERS.includes(each.toLowerCase()));
    if (name !== undefined) return [place, name];
  }
  return undefined;
};

const pathIn = (event: unknown, { fields, hasHeaders }: WholeEvent): readonly string[] | undefined =>
  fields.find((path) => member(event, ...path) !== undefined) ??
  (hasHeaders ? unstableHeader(event) : undefined);

const fieldIn = (
  place: readonly string[],
  payload: object,
  kinds: readonly WholeEvent[],
): UnstableField | undefined => {
  const event = member(payload, ...place);
  const kind = kinds.find((each) => each.recognises(event));
  const path = kind && pathIn(event, kind);
  if (!path) return undefined;
  // A preset reads one record at a time.
  const where = place.length > 0 ? ' on the function that handles one record' : '';
  return {
    path: [...place, ...path],
    why: 'is new with every attempt',
    instead: `\`source: ${kind.preset}\`${where}`,
  };
};

export const unstableFieldOfEvent = (payload: object): UnstableField | undefined => {
  if (Array.isArray(member(payload, 'Records'))) return fieldIn(['Records', '0'], payload, records);
  const source = textOf(payload, 'eventSource');
  const topics = member(payload, 'records');
  if ((source === 'aws:kafka' || source === 'SelfManagedKafka') && typeof topics === 'object') {
    const [topic = ''] = Object.keys(topics ?? {});
    return fieldIn(['records', topic, '0'], payload, events);
  }
  return fieldIn([], payload, [...records, ...events]);
};
