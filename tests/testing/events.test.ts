import { describe, expect, it } from '@jest/globals';
import { type EventIdentity, identify } from 'lambda-idempotency';
import {
  alb,
  anySource,
  apiGatewayRest,
  cloudFormation,
  dynamodbStreams,
  type EventSource,
  eventBridge,
  httpApi,
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
import * as testing from 'lambda-idempotency/testing';
import {
  albEvent,
  apiGatewayEvent,
  cloudFormationEvent,
  deliverAgain,
  dynamoDBStreamEvent,
  eventBridgeEvent,
  functionUrlEvent,
  httpApiEvent,
  kafkaEvent,
  kinesisEvent,
  lambdaContext,
  s3Event,
  s3ViaEventBridgeEvent,
  sendAgain,
  snsEvent,
  snsToSqsEvent,
  sqsEvent,
  sqsFifoEvent,
  sqsFifoRecord,
  sqsRecord,
  stepFunctionsEvent,
} from 'lambda-idempotency/testing';

const identityOf = (event: unknown, source: EventSource): Promise<EventIdentity> =>
  identify(event, { config: { source }, context: lambdaContext(), keyPrefix: 'orders' });

/** Builder, its preset, and the builder with a client's key; absent where only the service makes one. */
interface Built {
  readonly name: string;
  readonly source: EventSource;
  readonly make: () => unknown;
  readonly makeKeyed?: (idempotencyKey: string) => unknown;
}
const KEYED_DATA = (idempotencyKey: string) => ({ data: { idempotencyKey, orderId: 'order-1' } });
const rows: readonly Built[] = [
  {
    name: 'apiGatewayEvent',
    source: apiGatewayRest(),
    make: apiGatewayEvent,
    makeKeyed: (idempotencyKey) => apiGatewayEvent({ idempotencyKey }),
  },
  {
    name: 'httpApiEvent',
    source: httpApi(),
    make: httpApiEvent,
    makeKeyed: (idempotencyKey) => httpApiEvent({ idempotencyKey }),
  },
  {
    name: 'functionUrlEvent',
    source: httpApi(),
    make: functionUrlEvent,
    makeKeyed: (idempotencyKey) => functionUrlEvent({ idempotencyKey }),
  },
  {
    name: 'albEvent',
    source: alb(),
    make: albEvent,
    makeKeyed: (idempotencyKey) => albEvent({ idempotencyKey }),
  },
  {
    name: 'sqsEvent',
    source: sqs(),
    make: () => sqsEvent(),
    makeKeyed: (idempotencyKey) => sqsEvent({ idempotencyKey }),
  },
  {
    name: 'sqsRecord',
    source: sqs(),
    make: () => sqsRecord(),
    makeKeyed: (idempotencyKey) => sqsRecord({ idempotencyKey }),
  },
  {
    name: 'sqsFifoEvent',
    source: sqsFifo(),
    make: () => sqsFifoEvent({ deduplicationId: 'order-1' }),
    makeKeyed: (idempotencyKey) => sqsFifoEvent({ idempotencyKey }),
  },
  {
    name: 'sqsFifoRecord',
    source: sqsFifo(),
    make: () => sqsFifoRecord({ deduplicationId: 'order-1' }),
    makeKeyed: (deduplicationId) => sqsFifoRecord({ deduplicationId }),
  },
  {
    name: 'snsEvent',
    source: sns(),
    make: snsEvent,
    makeKeyed: (idempotencyKey) => snsEvent({ idempotencyKey }),
  },
  {
    name: 'snsToSqsEvent',
    source: snsToSqs(),
    make: () => snsToSqsEvent(),
    makeKeyed: (idempotencyKey) => snsToSqsEvent({ idempotencyKey }),
  },
  {
    name: 'eventBridgeEvent',
    source: eventBridge(),
    make: () => eventBridgeEvent(),
    makeKeyed: (idempotencyKey) => eventBridgeEvent({ idempotencyKey }),
  },
  { name: 's3Event', source: s3(), make: s3Event },
  { name: 's3ViaEventBridgeEvent', source: s3ViaEventBridge(), make: s3ViaEventBridgeEvent },
  {
    name: 'kinesisEvent',
    source: kinesis(),
    make: () => kinesisEvent(),
    makeKeyed: (key) => kinesisEvent(KEYED_DATA(key)),
  },
  { name: 'dynamoDBStreamEvent', source: dynamodbStreams(), make: () => dynamoDBStreamEvent() },
  {
    name: 'kafkaEvent',
    source: kafka(),
    make: () => kafkaEvent(),
    makeKeyed: (idempotencyKey) => kafkaEvent({ idempotencyKey }),
  },
  { name: 'cloudFormationEvent', source: cloudFormation(), make: cloudFormationEvent },
  {
    name: 'stepFunctionsEvent',
    source: stepFunctions(),
    make: () => stepFunctionsEvent(),
    makeKeyed: (execution) => stepFunctionsEvent(undefined, { execution }),
  },
];

/** Without a client's key, these have none. */
const KEYLESS = /^(apiGateway|httpApi|functionUrl|alb|eventBridge)Event$/;

describe('an event of a builder', () => {
  it('has a row below for each builder', () => {
    const builders = Object.keys(testing).filter((name) => /(Event|Record)$/.test(name));
    expect(rows.map(({ name }) => name).sort()).toEqual(builders.sort());
  });

  it.each(rows)(
    '$name() is recognised by its preset, and the same each time',
    async ({ source, make, name }) => {
      const { key } = await identityOf(make(), source);
      if (KEYLESS.test(name)) expect(key).toBeUndefined();
      else expect(key).toMatch(/^orders#[\w-]{43}$/);
      if (name !== 'stepFunctionsEvent')
        expect((await identityOf(make(), anySource())).source).toBe(source.name);
      expect(make()).toEqual(make());
    },
  );

  const keyed = rows.flatMap(({ makeKeyed, ...row }) => (makeKeyed ? [{ ...row, makeKeyed }] : []));

  it.each(keyed)('$name() with a key is the same call when it is delivered or sent again', async (row) => {
    const event = row.makeKeyed('key-1');
    const first = await identityOf(event, row.source);
    expect(await identityOf(deliverAgain(event), row.source)).toEqual(first);
    expect(await identityOf(sendAgain(sendAgain(event)), row.source)).toEqual(first);
    expect((await identityOf(row.makeKeyed('key-2'), row.source)).key).not.toBe(first.key);
  });

  const ofService = rows.filter(({ name }) => !KEYLESS.test(name) && !/^(stepFunctions|sqsFifo)/.test(name));

  it.each(ofService)(
    '$name() without a key is the same call only when it is delivered again',
    async (row) => {
      const event = row.make();
      const { key } = await identityOf(event, row.source);
      expect((await identityOf(deliverAgain(event), row.source)).key).toBe(key);
      const again = await identityOf(sendAgain(event), row.source);
      // CloudFormation has no producer that sends again.
      if (row.name === 'cloudFormationEvent') expect(again.key).toBe(key);
      else expect(again.key).not.toBe(key);
    },
  );

  it.each(rows)('$name() is not changed when it is delivered again', ({ make }) => {
    const event = make();
    deliverAgain(event);
    sendAgain(event);
    expect(event).toEqual(make());
  });
});

describe('deliverAgain', () => {
  it('has what a queue changes, and nothing else', () => {
    const first = sqsRecord({ body: 'cake' });
    const second = deliverAgain(first);
    const third = deliverAgain(second);
    expect(third).toEqual({
      ...first,
      receiptHandle: expect.any(String),
      attributes: { ...first.attributes, ApproximateReceiveCount: '3' },
    });
    expect(new Set([first, second, third].map(({ receiptHandle }) => receiptHandle)).size).toBe(3);
  });

  it('has what a gateway changes, and nothing else', () => {
    const first = httpApiEvent({ headers: { 'x-amzn-trace-id': 'Root=1' }, subject: 'ada' });
    const second = deliverAgain(first);
    expect(second).toEqual({
      ...first,
      headers: { ...first.headers, 'x-amzn-trace-id': expect.stringMatching(/^Root=1-\w{8}-\w{24}$/) },
      requestContext: {
        ...first.requestContext,
        requestId: expect.any(String),
        time: '14/Nov/2023:22:13:21 +0000',
        timeEpoch: 1_700_000_001_000,
      },
    });
    expect(second.requestContext.requestId).not.toBe(first.requestContext.requestId);
  });

  it('changes each record of a batch', () => {
    const { Records } = deliverAgain(sqsEvent({ body: 'a' }, { body: 'b' }));
    expect(Records.map(({ attributes }) => attributes.ApproximateReceiveCount)).toEqual(['2', '2']);
  });

  it('leaves a payload of the user alone', () => {
    const payload = { id: '1', time: 'noon', messageId: 'm', headers: { 'x-amzn-trace-id': 't' } };
    expect(deliverAgain(payload)).toEqual(payload);
    expect(sendAgain(payload)).toEqual(payload);
    expect(sendAgain(stepFunctionsEvent({ id: '1' }))).toMatchObject({ id: '1' });
    expect(sendAgain(null)).toBeNull();
  });
});

describe('lambdaContext', () => {
  it('counts down on the clock of the test', async () => {
    const clock = new testing.ManualClock();
    const context = lambdaContext({ remainingMs: 10_000, clock });
    expect(context.getRemainingTimeInMillis()).toBe(10_000);
    await clock.advance(4_000);
    expect(context.getRemainingTimeInMillis()).toBe(6_000);
  });

  it('stands still without a clock, and names the function and the request', () => {
    const context = lambdaContext({ functionName: 'kitchen', awsRequestId: 'request-7' });
    expect(context).toMatchObject({
      functionName: 'kitchen',
      awsRequestId: 'request-7',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:kitchen',
    });
    expect(context.getRemainingTimeInMillis()).toBe(30_000);
    expect(lambdaContext().functionName).toBe('orders');
  });
});

it('callers of a builder are who they are said to be', async () => {
  const keyOf = async (event: unknown, source: EventSource) => (await identityOf(event, source)).key;
  const idempotencyKey = 'key-1';
  const subjects = ['ada', 'bob', 'ada'];
  for (const [make, source] of [
    [httpApiEvent, httpApi()],
    [apiGatewayEvent, apiGatewayRest()],
  ] as const) {
    const [ada, bob, again] = await Promise.all(
      subjects.map((subject) => keyOf(make({ idempotencyKey, subject }), source)),
    );
    expect([ada === again, ada === bob]).toEqual([true, false]);
  }
  const [ada, bob] = await Promise.all(
    ['ada', 'bob'].map((name) =>
      keyOf(
        functionUrlEvent({ idempotencyKey, userArn: `arn:aws:iam::111122223333:user/${name}` }),
        httpApi(),
      ),
    ),
  );
  expect(ada).not.toBe(bob);
});
