import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import {
  IdempotencyConfigError,
  type IdempotencyConfigOptions,
  IdempotencyKeyError,
  identify,
  makeIdempotent,
} from 'lambda-idempotency';
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
import {
  albEvent,
  changed,
  cloudFormationEvent,
  context,
  dynamodbEvent,
  eventBridgeEvent,
  fifoRecord,
  functionUrlEvent,
  httpEvent,
  invokePayload,
  kinesisEvent,
  mskEvent,
  ORDER_SHA256,
  restEvent,
  s3Event,
  s3ViaEventBridgeEvent,
  snsEvent,
  snsToSqsRecord,
  sqsEvent,
  sqsRecord,
} from './fixtures.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

type Config = IdempotencyConfigOptions<never>;

class CountingStore extends MemoryPersistenceLayer {
  claims = 0;
  override claim(...args: Parameters<MemoryPersistenceLayer['claim']>) {
    this.claims += 1;
    return super.claim(...args);
  }
}

/** A wrapped handler that counts what runs and what is claimed. */
const protectedBy = (config: Config) => {
  const persistenceStore = new CountingStore();
  const counts = { runs: 0 };
  const handler = makeIdempotent(
    async (_event: never, _context: unknown): Promise<string> => {
      counts.runs += 1;
      return 'ran';
    },
    { persistenceStore, config, keyPrefix: 'orders' },
  );
  return {
    call: (event: unknown): Promise<string> => handler(event as never, context),
    seen: () => ({ runs: counts.runs, claims: persistenceStore.claims }),
  };
};

/** The call's error, which `identify` throws as well; nothing ran, nothing was stored. */
const refusalOf = async (config: Config, event: unknown): Promise<Error> => {
  const { call, seen } = protectedBy(config);
  const thrown = await call(event).then(
    (value) => new Error(`not refused: ${value}`),
    (error: Error) => error,
  );
  const identified = await identify(event, { config, context, keyPrefix: 'orders' }).then(
    () => new Error('not refused by identify'),
    (error: Error) => error,
  );
  expect(identified.message).toBe(thrown.message);
  expect(identified.name).toBe(thrown.name);
  expect(seen()).toEqual({ runs: 0, claims: 0 });
  return thrown;
};

const presets: readonly EventSource[] = [
  apiGatewayRest(),
  httpApi(),
  alb(),
  sqs(),
  sqsFifo(),
  sns(),
  snsToSqs(),
  eventBridge(),
  s3(),
  s3ViaEventBridge(),
  kinesis(),
  dynamodbStreams(),
  kafka(),
  cloudFormation(),
  stepFunctions(),
  invoke(),
];

const events: readonly (readonly [string, unknown])[] = [
  ['apiGatewayRest', restEvent],
  ['httpApi', httpEvent],
  ['httpApi', functionUrlEvent],
  ['alb', albEvent],
  ['sqs', sqsRecord],
  ['sqs', sqsEvent],
  ['sqsFifo', fifoRecord],
  ['sns', snsEvent],
  ['snsToSqs', snsToSqsRecord],
  ['eventBridge', eventBridgeEvent],
  ['s3', s3Event],
  ['s3ViaEventBridge', s3ViaEventBridgeEvent],
  ['kinesis', kinesisEvent],
  ['dynamodbStreams', dynamodbEvent],
  ['kafka', mskEvent],
  ['cloudFormation', cloudFormationEvent],
  ['an unknown source', invokePayload],
];

const takesPayloads = ['stepFunctions', 'invoke'];

describe('an event of another source than the preset is refused, and both are named', () => {
  const pairs = presets.flatMap((preset) =>
    events
      .filter(([name]) => name !== preset.name)
      .filter(([name]) => !(name === 'an unknown source' && takesPayloads.includes(preset.name)))
      .map(([name, event]) => ({ preset, name, event })),
  );

  it.each(pairs)('$name for $preset.name()', async ({ preset, name, event }) => {
    const error = await refusalOf({ source: preset }, event);
    expect(error).toBeInstanceOf(IdempotencyKeyError);
    expect(error.message).toBe(
      `The source of a call to orders cannot be computed: the event comes from ${name}, but \`source\` is ${preset.name}. Nothing ran.`,
    );
  });

  it.each(presets)('$name() takes its own', async (preset) => {
    const own = takesPayloads.includes(preset.name)
      ? [invokePayload]
      : events.filter(([name]) => name === preset.name).map(([, event]) => event);
    for (const event of own) {
      const { call, seen } = protectedBy({ source: preset });
      await expect(call(event)).resolves.toBe('ran');
      expect(seen()).toEqual({ runs: 1, claims: 1 });
    }
    expect(own.length).toBeGreaterThan(0);
  });

  it.each([
    ['null', null],
    ['undefined', undefined],
    ['a text', 'secret-payload'],
    ['a number', 7],
    ['a list', []],
    ['an object without a prototype', Object.create(null)],
  ])('%s for sqs()', async (_, event) => {
    const error = await refusalOf({ source: sqs() }, event);
    expect(error).toBeInstanceOf(IdempotencyKeyError);
    expect(error.message).toMatch(/the event comes from an unknown source, but `source` is sqs/);
    expect(inspect(error)).not.toMatch(/secret/);
  });
});

interface Refused {
  readonly name: string;
  readonly config: Config;
  readonly event: unknown;
  readonly reason: RegExp;
}

const withHeader = (value: string): unknown =>
  changed(restEvent, {
    'headers.Idempotency-Key': value,
    'multiValueHeaders.Idempotency-Key': [value],
  });

/** 10 MB and one byte of text, which gzip makes 10 kB. */
const bomb = gzipSync(Buffer.alloc(10 * 1024 * 1024 + 1, 'a')).toString('base64');

const inHttp = (value: string): unknown => changed(httpEvent, { 'headers.idempotency-key': value });
const inAttribute = (value: unknown): unknown =>
  changed(sqsRecord, { 'messageAttributes.idempotency-key.stringValue': value });

const refused: readonly Refused[] = [
  {
    name: 'a body that is not JSON, where the named field lies in it',
    config: { source: apiGatewayRest({ bodyField: 'token' }) },
    event: changed(restEvent, { body: '{"token": secret-payload' }),
    reason: /the body is not JSON, so it has no field `token` for the key/,
  },
  {
    name: 'a message that is not JSON, where the named field lies in it',
    config: { source: sqs({ bodyField: 'token' }) },
    event: changed(sqsRecord, { messageAttributes: {}, body: 'secret-payload' }),
    reason: /the message is not JSON, so it has no field `token` for the key/,
  },
  {
    name: 'an SNS message that is not JSON, where the named field lies in it',
    config: { source: sns({ bodyField: 'token' }) },
    event: changed(snsEvent, {
      'Records.0.Sns.MessageAttributes': {},
      'Records.0.Sns.Message': 'secret-payload',
    }),
    reason: /the message is not JSON, so it has no field `token` for the key/,
  },
  {
    name: 'data that are not JSON, where the named field lies in them',
    config: { source: kinesis({ bodyField: 'token' }) },
    event: changed(kinesisEvent, { 'Records.0.kinesis.data': base64('secret-payload') }),
    reason: /the data is not JSON, so it has no field `token` for the key/,
  },
  {
    name: 'a body that is not base64, where the key lies in it',
    config: { source: httpApi({ bodyField: 'token' }) },
    event: changed(functionUrlEvent, { body: 'secret-payload!' }),
    reason: /the body is not base64/,
  },
  {
    name: 'a body that is not base64, where only the fingerprint reads it',
    config: { source: httpApi() },
    event: changed(functionUrlEvent, { body: 'secret-payload!' }),
    reason: /the body is not base64/,
  },
  {
    name: 'base64 that was cut',
    config: { source: httpApi({ bodyField: 'token' }) },
    event: changed(functionUrlEvent, { body: `${base64('{"token":"ttt"}')}A` }),
    reason: /the body is not base64/,
  },
  {
    name: 'Kinesis data that are not base64',
    config: { source: kinesis() },
    event: changed(kinesisEvent, { 'Records.0.kinesis.data': 'secret-payload!' }),
    reason: /the data is not base64/,
  },
  {
    name: 'base64() of an expression',
    config: { eventKeyJmesPath: 'json(base64(body)).token' },
    event: { body: 'secret-payload!' },
    reason: /the argument of base64\(\) is not base64/,
  },
  {
    name: 'json() of an expression',
    config: { eventKeyJmesPath: 'json(body).token' },
    event: { body: 'secret-payload' },
    reason: /json\(\) is not JSON/,
  },
  {
    name: 'a gzip that inflates past 10 MB',
    config: { eventKeyJmesPath: 'powertools_base64_gzip(body)' },
    event: { body: bomb },
    reason: /inflates to more than 10485760 bytes/,
  },
  {
    name: 'bytes that are not gzip',
    config: { eventKeyJmesPath: 'powertools_base64_gzip(body)' },
    event: { body: base64('secret-payload') },
    reason: /not gzip/,
  },
  {
    name: 'a header twice with different values (REST)',
    config: { source: apiGatewayRest() },
    event: changed(restEvent, { 'multiValueHeaders.Idempotency-Key': ['secret-1', 'secret-2'] }),
    reason: /the header Idempotency-Key occurs more than once with different values/,
  },
  {
    name: 'a header in two writings with different values (REST)',
    config: { source: apiGatewayRest() },
    event: changed(restEvent, { 'multiValueHeaders.idempotency-key': ['secret-2'] }),
    reason: /the header Idempotency-Key occurs more than once with different values/,
  },
  {
    name: 'a header twice with different values, joined (HTTP API)',
    config: { source: httpApi() },
    event: inHttp('secret-1,secret-2'),
    reason: /the header Idempotency-Key occurs more than once with different values/,
  },
  {
    name: 'a quoted header twice with different values, joined (HTTP API)',
    config: { source: httpApi() },
    event: inHttp('"secret-1", "secret-2"'),
    reason: /the header Idempotency-Key occurs more than once with different values/,
  },
  {
    name: 'a header twice with different values (ALB)',
    config: { source: alb() },
    event: changed(albEvent, {
      headers: undefined,
      multiValueHeaders: { 'idempotency-key': ['secret-1', 'secret-2'] },
    }),
    reason: /the header Idempotency-Key occurs more than once with different values/,
  },
  {
    name: 'a header twice with different values (header() of an expression)',
    config: { eventKeyJmesPath: "header(headers, 'Idempotency-Key')" },
    event: { headers: { 'idempotency-key': 'secret-1', 'Idempotency-Key': 'secret-2' } },
    reason: /the header Idempotency-Key occurs more than once with different values/,
  },
  {
    name: 'a record header twice with different values (Kafka)',
    config: { source: kafka() },
    event: changed(mskEvent, {
      'records.orders-0.0.headers': [{ 'idempotency-key': [97] }, { 'idempotency-key': [98] }],
    }),
    reason: /the record header idempotency-key occurs more than once with different values/,
  },
  {
    name: 'a header of 256 characters',
    config: { source: apiGatewayRest() },
    event: withHeader('s'.repeat(256)),
    reason: /the header Idempotency-Key has 256 characters; the limit is 255/,
  },
  {
    name: 'an attribute of 256 characters',
    config: { source: sqs() },
    event: inAttribute('s'.repeat(256)),
    reason: /the message attribute idempotency-key has 256 characters/,
  },
  {
    name: 'a field of 256 characters',
    config: { source: invoke() },
    event: { 'idempotency-key': 's'.repeat(256) },
    reason: /`idempotency-key` of the payload has 256 characters/,
  },
  {
    name: 'control characters in a header',
    config: { source: apiGatewayRest() },
    event: withHeader('secret\u0000payload'),
    reason: /the header Idempotency-Key contains control characters/,
  },
  {
    name: 'a line break in an attribute',
    config: { source: sqs() },
    event: inAttribute('secret\npayload'),
    reason: /the message attribute idempotency-key contains control characters/,
  },
  {
    name: 'DEL in the metadata of a detail',
    config: { source: eventBridge() },
    event: changed(eventBridgeEvent, { 'detail.metadata.idempotency-key': 'secret\u007f' }),
    reason: /detail\.metadata\.idempotency-key contains control characters/,
  },
  {
    name: 'an empty header',
    config: { source: httpApi() },
    event: inHttp(''),
    reason: /the header Idempotency-Key is empty/,
  },
  {
    name: 'an empty quoted header',
    config: { source: httpApi() },
    event: inHttp('""'),
    reason: /the header Idempotency-Key is empty/,
  },
  {
    name: 'an empty attribute',
    config: { source: sqs() },
    event: inAttribute(''),
    reason: /the message attribute idempotency-key is empty/,
  },
  {
    name: 'an empty field of the body',
    config: { source: httpApi({ bodyField: 'token' }) },
    event: changed(httpEvent, { body: '{"token":""}' }),
    reason: /`token` of the body is empty/,
  },
  {
    name: 'a key that is an object',
    config: { source: invoke() },
    event: { 'idempotency-key': { secret: 'payload' } },
    reason: /`idempotency-key` of the payload is not a string/,
  },
  {
    name: 'a number that JSON has already rounded: another number has the same key',
    config: { source: httpApi({ bodyField: 'token' }) },
    event: changed(httpEvent, { body: '{"token":12345678901234567891}' }),
    reason: /`token` of the body/,
  },
  {
    name: 'several records in one event (SQS)',
    config: { source: sqs() },
    event: { Records: [sqsRecord, sqsRecord] },
    reason: /the event has 2 records, each with its own key/,
  },
  {
    name: 'several records in one event (anySource)',
    config: { source: anySource() },
    event: { Records: [sqsRecord, sqsRecord, sqsRecord] },
    reason: /the event has 3 records, each with its own key/,
  },
  {
    name: 'several records in one event (Kafka, two partitions)',
    config: { source: anySource() },
    event: changed(mskEvent, { 'records.orders-1': mskEvent.records['orders-0'] }),
    reason: /the event has 2 records, each with its own key/,
  },
  {
    name: 'no record in an event (SQS)',
    config: { source: sqs() },
    event: { Records: [] },
    reason: /from an unknown source/,
  },
  {
    name: 'scope() that returns undefined',
    config: { source: sqs(), scope: () => undefined as never },
    event: sqsRecord,
    reason: /The function `scope` of a call to orders must return a non-empty string/,
  },
  {
    name: "scope() that returns ''",
    config: { source: sqs(), scope: () => '' },
    event: sqsRecord,
    reason: /The function `scope` of a call to orders must return a non-empty string/,
  },
  {
    name: 'scope() that returns no parts',
    config: { source: sqs(), scope: () => [] },
    event: sqsRecord,
    reason: /The function `scope` of a call to orders must return a non-empty string/,
  },
  {
    name: 'scope() of which one part is empty',
    config: { source: sqs(), scope: () => ['secret-tenant', ''] },
    event: sqsRecord,
    reason: /The function `scope` of a call to orders must return a non-empty string/,
  },
  {
    name: 'scope() that throws',
    config: {
      source: sqs(),
      scope: () => {
        throw new TypeError('no tenant');
      },
    },
    event: sqsRecord,
    reason: /The scope of a call to orders cannot be computed: its function threw/,
  },
];

describe('bad input: an IdempotencyKeyError before anything runs, and no payload in it', () => {
  it.each(refused)('$name', async ({ config, event, reason }) => {
    const error = await refusalOf(config, event);
    expect(error).toBeInstanceOf(IdempotencyKeyError);
    expect(error.message).toMatch(reason);
    expect(inspect(error)).not.toMatch(/secret|sssss/);
  });

  it('a header of 600,000 commas is refused at once: no time grows with its square', async () => {
    const started = performance.now();
    const error = await refusalOf({ source: httpApi() }, inHttp(','.repeat(600_000)));
    expect(error).toBeInstanceOf(IdempotencyKeyError);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it.each([
    ['a header of 255 characters', apiGatewayRest(), withHeader('k'.repeat(255))],
    ['an attribute of 255 characters', sqs(), inAttribute('k'.repeat(255))],
    ['letters of any script', sqs(), inAttribute('заказ-七')],
    ['a comma inside a quoted header', httpApi(), inHttp('"a,b"')],
    ['a body that is no JSON, where no named field lies in it', httpApi(), changed(httpEvent, { body: 'x' })],
    ['a gzip of 10 MB', undefined, gzipSync(Buffer.alloc(10 * 1024 * 1024, 'a')).toString('base64')],
  ])('takes %s', async (_, source, event) => {
    const { call, seen } = protectedBy(
      source ? { source } : { eventKeyJmesPath: 'powertools_base64_gzip(@)' },
    );
    await expect(call(event)).resolves.toBe('ran');
    expect(seen()).toEqual({ runs: 1, claims: 1 });
  });
});

const CLIENTS = /use the key that the client sends, such as the header Idempotency-Key/;
const ATTRIBUTE = /use a message attribute of your own, such as `idempotency-key`/;
const SUBJECT = /use the claim `sub`/;
const METADATA = /use `detail\.metadata\."idempotency-key"`, which the producer sets/;

describe('an expression that yields what changes per attempt: an IdempotencyConfigError when wrapping', () => {
  const unstable: readonly (readonly [string, RegExp])[] = [
    ['requestContext.requestId', CLIENTS],
    ['requestContext.extendedRequestId', CLIENTS],
    ['requestContext.requestTimeEpoch', CLIENTS],
    ['requestContext.timeEpoch', CLIENTS],
    ['headers."X-Amzn-Trace-Id"', CLIENTS],
    ['headers."x-amzn-trace-id"', CLIENTS],
    ['multiValueHeaders."X-Amzn-Trace-Id"[0]', CLIENTS],
    ["header(headers, 'X-Amzn-Trace-Id')", CLIENTS],
    ["header(headers, 'x-amz-cf-id')", CLIENTS],
    ["[header(headers, 'traceparent'), body]", CLIENTS],
    ['[requestContext.requestId, body]', CLIENTS],
    ['{id: requestContext.requestId, body: body}', CLIENTS],
    ['requestContext.[requestId, stage]', CLIENTS],
    ['requestContext.{id: requestId}', CLIENTS],
    ['requestContext | requestId', CLIENTS],
    ['@.requestContext.requestId', CLIENTS],
    ['(requestContext).requestId', CLIENTS],
    ['requestContext.requestId || body', CLIENTS],
    ['requestContext.requestId && requestContext.requestId', CLIENTS],
    ['not_null(requestContext.requestId, body)', CLIENTS],
    ["join('/', [requestContext.requestId, body])", CLIENTS],
    ['receiptHandle', ATTRIBUTE],
    ['Records[0].receiptHandle', ATTRIBUTE],
    ['Records[*].receiptHandle', ATTRIBUTE],
    ['Records[].receiptHandle', ATTRIBUTE],
    ['Records[?messageId].receiptHandle', ATTRIBUTE],
    ['Records[:1].receiptHandle', ATTRIBUTE],
    ['attributes.ApproximateReceiveCount', ATTRIBUTE],
    ['Records[0].attributes.ApproximateReceiveCount', ATTRIBUTE],
    ['Records[0].Sns.Timestamp', ATTRIBUTE],
    ['requestContext.authorizer.claims.jti', SUBJECT],
    ['requestContext.authorizer.jwt.claims.jti', SUBJECT],
    ['requestContext.authorizer.jwt.claims.exp', SUBJECT],
    ['requestContext.authorizer.jwt.claims.auth_time', SUBJECT],
  ];

  it.each(unstable)('%s', async (eventKeyJmesPath, instead) => {
    const wrapping = () => protectedBy({ eventKeyJmesPath });
    expect(wrapping).toThrow(IdempotencyConfigError);
    expect(wrapping).toThrow(instead);
    expect(wrapping).toThrow(/or set `allowUnstableKey` to true/);
  });

  it.each(unstable)('%s, with allowUnstableKey: true', (eventKeyJmesPath) => {
    expect(() => protectedBy({ eventKeyJmesPath, allowUnstableKey: true })).not.toThrow();
  });

  it('the id of an EventBridge event, where the source tells that it is one', () => {
    expect(() => protectedBy({ eventKeyJmesPath: 'id', source: eventBridge() })).toThrow(METADATA);
  });

  it.each([
    'headers."idempotency-key"',
    "header(headers, 'Idempotency-Key')",
    'id',
    'detail.id',
    'requestId',
    'powertools_json(body).requestId',
    'requestContext.authorizer.claims.sub',
    'messageId',
    'Records[0].messageId',
    'detail.metadata."idempotency-key"',
    'detail.exp',
  ])('%s is a key', (eventKeyJmesPath) => {
    expect(() => protectedBy({ eventKeyJmesPath })).not.toThrow();
  });
});

describe('a function that yields what changes per attempt: an IdempotencyConfigError at the call', () => {
  // biome-ignore lint/suspicious/noExplicitAny: what users write
  type Choose = (event: any) => unknown;
  const unstable: readonly (readonly [string, Choose, unknown, RegExp])[] = [
    ['requestContext.requestId', (event) => event.requestContext.requestId, restEvent, CLIENTS],
    ['requestContext.requestId (HTTP API)', (event) => event.requestContext.requestId, httpEvent, CLIENTS],
    [
      'requestContext.extendedRequestId',
      (event) => event.requestContext.extendedRequestId,
      restEvent,
      CLIENTS,
    ],
    ['requestContext.requestTimeEpoch', (event) => event.requestContext.requestTimeEpoch, restEvent, CLIENTS],
    ['a list with one', (event) => [event.path, event.requestContext.requestId], restEvent, CLIENTS],
    ['a list in a list', (event) => [event.path, [event.requestContext.requestId]], restEvent, CLIENTS],
    ['an object with one', (event) => ({ id: event.requestContext.requestId }), restEvent, CLIENTS],
    ['the trace header', (event) => event.headers['X-Amzn-Trace-Id'], restEvent, CLIENTS],
    [
      'the trace header among many values',
      (event) => event.multiValueHeaders['x-amzn-trace-id'][0],
      changed(albEvent, {
        headers: undefined,
        multiValueHeaders: { 'x-amzn-trace-id': ['Root=1-65000000'] },
      }),
      CLIENTS,
    ],
    ['receiptHandle', (record) => record.receiptHandle, sqsRecord, ATTRIBUTE],
    ['receiptHandle of an event', (event) => event.Records[0].receiptHandle, sqsEvent, ATTRIBUTE],
    ['SentTimestamp', (record) => record.attributes.SentTimestamp, sqsRecord, ATTRIBUTE],
    ["EventBridge's id", (event) => event.id, eventBridgeEvent, METADATA],
    ['claims.jti (REST)', (event) => event.requestContext.authorizer.claims.jti, restEvent, SUBJECT],
    ['claims.jti (HTTP API)', (event) => event.requestContext.authorizer.jwt.claims.jti, httpEvent, SUBJECT],
  ];

  it.each(unstable)('%s', async (_, eventKey, event, instead) => {
    const error = await refusalOf({ eventKey }, event);
    expect(error).toBeInstanceOf(IdempotencyConfigError);
    expect(error.message).toMatch(instead);
    expect(error.message).toMatch(/or set `allowUnstableKey` to true/);
  });

  it.each(unstable)('%s, with allowUnstableKey: true', async (_, eventKey, event) => {
    const { call, seen } = protectedBy({ eventKey, allowUnstableKey: true });
    await expect(call(event)).resolves.toBe('ran');
    expect(seen()).toEqual({ runs: 1, claims: 1 });
  });

  it("EventBridge's id by an expression, which does not tell the source", async () => {
    const error = await refusalOf({ eventKeyJmesPath: 'id' }, eventBridgeEvent);
    expect(error).toBeInstanceOf(IdempotencyConfigError);
    expect(error.message).toMatch(METADATA);
  });

  it.each([
    ['an id of the payload', { id: 'order-7f3a' }, (event: { id: string }) => event.id],
    [
      'a short text that a counter happens to equal',
      changed(sqsRecord, { body: '1' }),
      (record: { body: string }) => record.body,
    ],
    ['no payload', null, () => 'fixed-key'],
  ])('takes %s', async (_, event, eventKey) => {
    const { call, seen } = protectedBy({ eventKey: eventKey as never });
    await expect(call(event)).resolves.toBe('ran');
    expect(seen()).toEqual({ runs: 1, claims: 1 });
  });
});

describe('a content-based FIFO deduplication id', () => {
  const contentBased = changed(fifoRecord, {
    messageAttributes: {},
    'attributes.MessageDeduplicationId': ORDER_SHA256,
  });

  it.each([
    ['sqsFifo', sqsFifo(), {}, '1209600'],
    ['anySource', anySource(), {}, '1209600'],
    ['a window of 301 s', sqsFifo(), { expiresAfterSeconds: 301 }, '301'],
  ])('is refused: %s', async (_, source, more, windowSeconds) => {
    const error = await refusalOf({ source, ...more }, contentBased);
    expect(error).toBeInstanceOf(IdempotencyConfigError);
    expect(error.message).toContain(`is valid for 300 s, but the window is ${windowSeconds} s`);
    expect(error.message).toContain('send a MessageDeduplicationId or an `idempotency-key` attribute');
    expect(error.message).toContain('set `expiresAfterSeconds` to 300, or `allowUnstableKey` to true');
  });

  it.each([
    ['a window of 300 s', contentBased, { expiresAfterSeconds: 300 }],
    ['allowUnstableKey: true', contentBased, { allowUnstableKey: true }],
    [
      "the producer's attribute before it",
      changed(fifoRecord, { 'attributes.MessageDeduplicationId': ORDER_SHA256 }),
      {},
    ],
  ])('is taken: %s', async (_, event, more) => {
    const { call, seen } = protectedBy({ source: sqsFifo(), ...more });
    await expect(call(event)).resolves.toBe('ran');
    expect(seen()).toEqual({ runs: 1, claims: 1 });
  });
});

describe('a key that is missing', () => {
  it.each([
    ['without a header', httpApi(), changed(httpEvent, { 'headers.idempotency-key': undefined })],
    ['without metadata', eventBridge(), changed(eventBridgeEvent, { 'detail.metadata': undefined })],
    ['without a body', httpApi({ bodyField: 'token' }), changed(httpEvent, { body: undefined })],
    ['without a field', stepFunctions(), { order: 1 }],
    ['without a durable execution', durable(), { order: 1 }],
  ])('%s: throws with throwOnNoIdempotencyKey, and runs unprotected without it', async (_, source, event) => {
    const error = await refusalOf({ source, throwOnNoIdempotencyKey: true }, event);
    expect(error).toBeInstanceOf(IdempotencyKeyError);
    expect(error.message).toMatch(/The idempotency key of a call to orders is missing/);
    const { call, seen } = protectedBy({ source });
    await expect(call(event)).resolves.toBe('ran');
    expect(seen()).toEqual({ runs: 1, claims: 0 });
    const { key, fingerprint } = await identify(event, { config: { source }, keyPrefix: 'orders' });
    expect([key, fingerprint]).toEqual([undefined, undefined]);
  });
});
