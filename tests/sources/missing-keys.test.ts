import { describe, expect, it } from '@jest/globals';
import { makeIdempotent } from 'lambda-idempotency';
import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';
import {
  alb,
  anySource,
  apiGatewayRest,
  cloudFormation,
  durable,
  dynamodbStreams,
  type EventSource,
  eventBridge,
  httpApi,
  invoke,
  kafka,
  kinesis,
  s3,
  s3ViaEventBridge,
  sns,
  snsToSqs,
  sqs,
  sqsFifo,
  stepFunctions,
} from 'lambda-idempotency/sources';
import { albEvent, changed, context, eventBridgeEvent, httpEvent, sqsRecord } from './fixtures.js';

const HEADERS = 'Idempotency-Key, PayPal-Request-Id, X-Idempotency-Key, I-Twilio-Idempotency-Token';
const FIELDS = 'idempotency_key, idempotencyKey, clientToken';
const KEYLESS_HTTP = changed(httpEvent, { 'headers.idempotency-key': undefined });
const KEYLESS_ALB = changed(albEvent, { 'headers.idempotency-key': undefined });

const rows: readonly (readonly [EventSource, object, string])[] = [
  [httpApi(), {}, `httpApi() found none of the headers ${HEADERS}, nor a body field ${FIELDS}`],
  [apiGatewayRest(), {}, `apiGatewayRest() found none of the headers ${HEADERS}, nor a body field ${FIELDS}`],
  [alb({ header: 'Order-Token' }), {}, 'alb() found no header Order-Token'],
  [httpApi({ bodyField: 'payment.token' }), {}, 'httpApi() found no body field payment.token'],
  [
    httpApi({ header: 'Order-Token', bodyField: 'token' }),
    {},
    'httpApi() found no header Order-Token, nor a body field token',
  ],
  [anySource(), KEYLESS_HTTP, `httpApi() found none of the headers ${HEADERS}, nor a body field ${FIELDS}`],
  [anySource(), KEYLESS_ALB, `alb() found none of the headers ${HEADERS}, nor a body field ${FIELDS}`],
  [
    sqs(),
    {},
    `sqs() found no message attribute idempotency-key, nor a message field ${FIELDS}, nor a messageId`,
  ],
  [
    sqsFifo({ attribute: 'order', bodyField: 'orderId' }),
    {},
    'sqsFifo() found no message attribute order, nor a message field orderId, nor a MessageDeduplicationId, nor a messageId',
  ],
  [
    sns(),
    {},
    `sns() found no message attribute idempotency-key, nor a message field ${FIELDS}, nor a MessageId`,
  ],
  [
    snsToSqs({ bodyField: 'orderId' }),
    {},
    'snsToSqs() found no message attribute idempotency-key, nor a message field orderId, nor a MessageId',
  ],
  [
    eventBridge(),
    {},
    'eventBridge() found none of the fields detail.metadata.idempotency-key, detail.metadata.idempotencyKey, detail.metadata.idempotency_key',
  ],
  [eventBridge({ metadata: 'order' }), {}, 'eventBridge() found no field detail.metadata.order'],
  [s3(), {}, 's3() found no s3.bucket.name and s3.object.key'],
  [s3ViaEventBridge(), {}, 's3ViaEventBridge() found no detail.bucket.name and detail.object.key'],
  [kinesis(), {}, `kinesis() found none of the data fields ${FIELDS}, nor an eventID`],
  [kinesis({ bodyField: 'orderId' }), {}, 'kinesis() found no data field orderId, nor an eventID'],
  [dynamodbStreams(), {}, 'dynamodbStreams() found no eventID'],
  [
    kafka({ header: 'order' }),
    {},
    'kafka() found no record header order, nor topic, partition and offset together',
  ],
  [cloudFormation(), {}, 'cloudFormation() found no StackId, RequestId and LogicalResourceId together'],
  [stepFunctions(), {}, `stepFunctions() found none of the payload fields idempotency-key, ${FIELDS}`],
  [
    invoke({ field: 'orderId' }),
    {},
    'invoke() found no payload field orderId, nor an awsRequestId in the context',
  ],
  [durable(), {}, 'durable() found no executionContext.durableExecutionArn in the context'],
];

it.each(rows.map(([source, event, lookedFor]) => ({ name: source.name, source, event, lookedFor })))(
  '$name() found no key: $lookedFor',
  ({ source, event, lookedFor }) => {
    expect(source.read(event, undefined)).toMatchObject({ key: undefined, lookedFor });
  },
);

it('the error of a call without a key says it', async () => {
  const handler = makeIdempotent(async (_event: unknown, _context: unknown) => 'ran', {
    persistenceStore: new MemoryPersistenceLayer(),
    config: { source: httpApi(), throwOnNoIdempotencyKey: true },
    keyPrefix: 'orders',
  });
  await expect(handler(KEYLESS_HTTP, context)).rejects.toThrow(
    `httpApi() found none of the headers ${HEADERS}, nor a body field ${FIELDS}`,
  );
});

it('a source that found a key says nothing of it', () => {
  expect(httpApi().read(httpEvent, undefined)).not.toHaveProperty('lookedFor');
});

describe('a requestId in a body is no key', () => {
  it('so two messages of one trace both run', () => {
    const body = '{"requestId":"trace-1","item":"cake"}';
    const [one, other] = ['message-1', 'message-2'].map((messageId) =>
      sqs().read(changed(sqsRecord, { messageAttributes: {}, body, messageId }), undefined),
    );
    expect([one?.key, other?.key]).toEqual(['message-1', 'message-2']);
  });

  it('so a client that sends a fresh one with each try is told to send a key', () => {
    const event = changed(KEYLESS_HTTP, { body: '{"requestId":"try-1"}' });
    expect(httpApi().read(event, undefined).key).toBeUndefined();
    expect(invoke().read({ requestId: 'try-1' }, undefined).key).toBeUndefined();
  });

  it('unless it is named', () => {
    const event = changed(KEYLESS_HTTP, { body: '{"requestId":"order-1"}' });
    expect(httpApi({ bodyField: 'requestId' }).read(event, undefined).key).toBe('order-1');
    expect(invoke({ field: 'requestId' }).read({ requestId: 'order-1' }, undefined).key).toBe('order-1');
  });
});

describe('the metadata of an EventBridge event', () => {
  const withMetadata = (metadata: object) => changed(eventBridgeEvent, { 'detail.metadata': metadata });

  it.each([
    ['idempotency-key', { idempotencyKey: 'b', idempotency_key: 'c', 'idempotency-key': 'a' }, 'a'],
    ['idempotencyKey', { idempotency_key: 'c', idempotencyKey: 'b' }, 'b'],
    ['idempotency_key', { idempotency_key: 'c' }, 'c'],
    ['Idempotency-Key', { 'Idempotency-Key': 'd' }, 'd'],
  ])('holds the key as %s', (_, metadata, key) => {
    expect(eventBridge().read(withMetadata(metadata), undefined)).toMatchObject({ key, madeBy: 'client' });
  });

  it('holds it only under the name that is given', () => {
    const reading = eventBridge({ metadata: 'orderId' }).read(
      withMetadata({ idempotencyKey: 'b' }),
      undefined,
    );
    expect(reading.key).toBeUndefined();
  });
});
