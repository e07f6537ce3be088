import { describe, expect, it } from '@jest/globals';
import { IdempotencyConfigError, identify, makeIdempotent } from 'lambda-idempotency';
import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';
import {
  albEvent,
  albMultiEvent,
  changed,
  cloudFormationEvent,
  dynamodbEvent,
  eventBridgeEvent,
  fifoRecord,
  functionUrlEvent,
  functionUrlIamEvent,
  httpEvent,
  invokePayload,
  kinesisEvent,
  mskEvent,
  restEvent,
  s3Event,
  s3ViaEventBridgeEvent,
  selfManagedKafkaEvent,
  snsEvent,
  sqsEvent,
  sqsRecord,
  stepFunctionsPayload,
} from './fixtures.js';

const keyOf = async (payload: unknown, config = {}): Promise<string | undefined> =>
  (await identify(payload, { config })).key;

const messageOf = (payload: unknown): Promise<string> =>
  keyOf(payload).then(
    () => 'not refused',
    (error: Error) => (error instanceof IdempotencyConfigError ? error.message : String(error)),
  );

describe('P10: an event as a whole is no key, since it differs on every attempt', () => {
  it.each([
    ['HTTP API', httpEvent, 'requestContext.requestId', 'httpApi()'],
    ['function URL', functionUrlEvent, 'requestContext.requestId', 'httpApi()'],
    ['function URL with IAM', functionUrlIamEvent, 'requestContext.requestId', 'httpApi()'],
    ['REST API', restEvent, 'requestContext.requestId', 'apiGatewayRest()'],
    ['load balancer', albEvent, 'headers.x-amzn-trace-id', 'alb()'],
    ['load balancer with repeated headers', albMultiEvent, 'multiValueHeaders.x-amzn-trace-id', 'alb()'],
    ['SQS record', sqsRecord, 'receiptHandle', 'sqs()'],
    ['SQS FIFO record', fifoRecord, 'receiptHandle', 'sqsFifo()'],
    ['SQS', sqsEvent, 'Records.0.receiptHandle', 'sqs()` on the function that handles one record'],
    ['SNS', snsEvent, 'Records.0.Sns.Timestamp', 'sns()'],
    ['EventBridge', eventBridgeEvent, 'id', 'eventBridge()'],
    ['S3 through EventBridge', s3ViaEventBridgeEvent, 'id', 's3ViaEventBridge()'],
    ['S3', s3Event, 'Records.0.responseElements.x-amz-request-id', 's3()'],
    ['Kinesis', kinesisEvent, 'Records.0.kinesis.approximateArrivalTimestamp', 'kinesis()'],
    ['DynamoDB stream', dynamodbEvent, 'Records.0.dynamodb.ApproximateCreationDateTime', 'dynamodbStreams()'],
    ['MSK', mskEvent, 'offset', 'kafka()'],
    ['self-managed Kafka', selfManagedKafkaEvent, 'offset', 'kafka()'],
    ['CloudFormation', cloudFormationEvent, 'ResponseURL', 'cloudFormation()'],
  ])('%s: refused with the field and the preset', async (_, event, field, preset) => {
    const message = await messageOf(event);
    expect(message).toMatch(/^The key of a call to local: it is the whole event, in which `.*Nothing ran\.$/);
    expect(message).toContain(`${field}\` is new with every attempt`);
    expect(message).toContain(`use \`source: ${preset}`);
    await expect(keyOf(event, { allowUnstableKey: true })).resolves.toMatch(/^local#/);
  });

  it('the function does not run, and nothing is stored', async () => {
    let runs = 0;
    const store = new MemoryPersistenceLayer();
    const handler = makeIdempotent(async (_event: unknown) => ++runs, {
      persistenceStore: store,
      keyPrefix: 'orders',
    });
    for (const requestId of ['one', 'two']) {
      const event = changed(httpEvent, { 'requestContext.requestId': requestId });
      await expect(handler(event)).rejects.toThrow(/use `source: httpApi\(\)`/);
    }
    expect(runs).toBe(0);
  });

  it('a preset, an expression or a key function is taken', async () => {
    await expect(keyOf(sqsRecord, { eventKeyJmesPath: 'body' })).resolves.toMatch(/^local#/);
    await expect(keyOf(sqsRecord, { eventKey: ({ body }: { body: string }) => body })).resolves.toMatch(
      /^local#/,
    );
  });
});

describe('P10: a payload of your own is a key as a whole', () => {
  it.each<[string, unknown]>([
    ['an order', { id: '1', time: '2026-01-01T00:00:00Z', source: 'shop' }],
    ['headers and a request id', { headers: { 'x-amzn-trace-id': 'Root=1-2' }, requestId: 'abc' }],
    ['a context of its own', { version: '2.0', requestContext: { requestId: 'abc' } }],
    ['records of its own', { Records: [{ receiptHandle: 'abc', Sns: { Timestamp: 1 } }] }],
    ['an empty batch', { Records: [] }],
    ['rows of its own', { records: { a: [{ offset: 1 }] } }],
    ['a position', { topic: 'a', partition: 1, offset: 2 }],
    ['a text', 'requestContext'],
    ['a payload of Step Functions', stepFunctionsPayload],
    ['a direct invocation', invokePayload],
    [
      'an HTTP event without the fields that are new',
      { version: '2.0', requestContext: { http: { method: 'GET' } }, body: 'x' },
    ],
  ])('%s', async (_, payload) => {
    await expect(keyOf(payload)).resolves.toMatch(/^local#[\w-]{43}$/);
  });
});
