import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type EventIdentity, type IdempotencyConfigOptions, identify } from 'lambda-idempotency';
import {
  alb,
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
} from 'lambda-idempotency/sources';
import {
  albEvent,
  CLIENT_KEY,
  changed,
  cloudFormationEvent,
  context,
  dynamodbEvent,
  eventBridgeEvent,
  fifoRecord,
  functionUrlEvent,
  functionUrlIamEvent,
  httpEvent,
  kinesisEvent,
  mskEvent,
  restEvent,
  s3Event,
  s3ViaEventBridgeEvent,
  snsEnvelope,
  snsEvent,
  snsToSqsRecord,
  sqsRecord,
} from './fixtures.js';

type Scope = NonNullable<IdempotencyConfigOptions<never>['scope']>;

const identityOf = (source: EventSource, event: unknown, scope?: Scope): Promise<EventIdentity> =>
  identify<never>(event, {
    config: { source, ...(scope && { scope }) },
    context,
    keyPrefix: 'orders',
  });

const withClaims = (prefix: string): string[] =>
  ['exp', 'iat', 'auth_time', 'jti'].map((claim) => `${prefix}.claims.${claim}`);

/** What may change from try to try, as each source lists it. */
const volatile: readonly (readonly [string, EventSource, unknown, readonly string[]])[] = [
  [
    'apiGatewayRest',
    apiGatewayRest(),
    restEvent,
    [
      'requestContext.requestId',
      'requestContext.extendedRequestId',
      'requestContext.requestTime',
      'requestContext.requestTimeEpoch',
      'requestContext.identity.sourceIp',
      'requestContext.identity.userAgent',
      'headers.X-Amzn-Trace-Id',
      'headers.X-Amz-Cf-Id',
      'headers.User-Agent',
      'headers.traceparent',
      'multiValueHeaders.X-Amzn-Trace-Id',
      ...withClaims('requestContext.authorizer'),
    ],
  ],
  [
    'httpApi',
    httpApi(),
    httpEvent,
    [
      'requestContext.requestId',
      'requestContext.time',
      'requestContext.timeEpoch',
      'requestContext.http.sourceIp',
      'headers.x-amzn-trace-id',
      'headers.user-agent',
      'cookies',
      ...withClaims('requestContext.authorizer.jwt'),
    ],
  ],
  [
    'a Function URL',
    httpApi(),
    functionUrlIamEvent,
    [
      'requestContext.requestId',
      'requestContext.time',
      'requestContext.timeEpoch',
      'requestContext.authorizer.iam.accessKey',
      'headers.x-amzn-trace-id',
    ],
  ],
  ['alb', alb(), albEvent, ['headers.x-amzn-trace-id', 'headers.x-forwarded-for', 'headers.user-agent']],
  [
    'sqs',
    sqs(),
    sqsRecord,
    [
      'messageId',
      'receiptHandle',
      'attributes.ApproximateReceiveCount',
      'attributes.SentTimestamp',
      'attributes.ApproximateFirstReceiveTimestamp',
      'attributes.AWSTraceHeader',
      'md5OfMessageAttributes',
      'md5OfBody',
    ],
  ],
  [
    'sqs without a key of the producer',
    sqs(),
    changed(sqsRecord, { messageAttributes: {} }),
    ['receiptHandle', 'attributes.ApproximateReceiveCount', 'attributes.SentTimestamp', 'md5OfBody', 'body'],
  ],
  [
    'sqsFifo',
    sqsFifo(),
    fifoRecord,
    [
      'messageId',
      'receiptHandle',
      'attributes.ApproximateReceiveCount',
      'attributes.SequenceNumber',
      'attributes.MessageDeduplicationId',
    ],
  ],
  [
    'sns',
    sns(),
    snsEvent,
    [
      'Records.0.EventSubscriptionArn',
      'Records.0.Sns.MessageId',
      'Records.0.Sns.Timestamp',
      'Records.0.Sns.Signature',
      'Records.0.Sns.SigningCertUrl',
      'Records.0.Sns.UnsubscribeUrl',
    ],
  ],
  ['snsToSqs', snsToSqs(), snsToSqsRecord, ['messageId', 'receiptHandle', 'attributes.SentTimestamp']],
  ['eventBridge', eventBridge(), eventBridgeEvent, ['id', 'time', 'replay-name', 'resources']],
  [
    's3',
    s3(),
    s3Event,
    [
      'Records.0.eventTime',
      'Records.0.responseElements.x-amz-request-id',
      'Records.0.responseElements.x-amz-id-2',
      'Records.0.requestParameters.sourceIPAddress',
    ],
  ],
  ['s3ViaEventBridge', s3ViaEventBridge(), s3ViaEventBridgeEvent, ['id', 'time', 'detail.request-id']],
  [
    'kinesis',
    kinesis(),
    kinesisEvent,
    [
      'Records.0.eventID',
      'Records.0.kinesis.approximateArrivalTimestamp',
      'Records.0.kinesis.sequenceNumber',
      'Records.0.kinesis.partitionKey',
    ],
  ],
  [
    'dynamodbStreams',
    dynamodbStreams(),
    dynamodbEvent,
    ['Records.0.dynamodb.ApproximateCreationDateTime', 'Records.0.dynamodb.SizeBytes'],
  ],
  [
    'kafka',
    kafka(),
    mskEvent,
    ['records.orders-0.0.timestamp', 'records.orders-0.0.offset', 'records.orders-0.0.partition'],
  ],
  ['cloudFormation', cloudFormation(), cloudFormationEvent, ['ResponseURL']],
];

/** Fields that are numbers where they are. */
const NUMBERS = /(timestamp|offset|partition|Epoch|ArrivalTimestamp|CreationDateTime|SizeBytes)$/;

describe('a change of what changes per try keeps key and fingerprint', () => {
  it.each(volatile)('%s', async (_, source, event, paths) => {
    const first = await identityOf(source, event);
    expect(first.key).toMatch(/^orders#[\w-]{43}$/);
    await fc.assert(
      fc.asyncProperty(fc.subarray([...paths], { minLength: 1 }), fc.string(), async (some, text) => {
        const number = Buffer.byteLength(text);
        const other = (path: string): unknown => (NUMBERS.test(path) ? number : text);
        const again = changed(event, Object.fromEntries(some.map((path) => [path, other(path)])));
        expect(await identityOf(source, again)).toEqual(first);
      }),
      { numRuns: 60 },
    );
  });
});

/** A key as clients make them. */
const clientKey = fc
  .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 60 })
  .filter((key) => key.trim() === key && !/[,"\\]/.test(key) && key !== CLIENT_KEY);

/** Where a caller's key lies. */
const keyed: readonly (readonly [string, EventSource, (key: string) => unknown])[] = [
  [
    'apiGatewayRest',
    apiGatewayRest(),
    (key) =>
      changed(restEvent, { 'headers.Idempotency-Key': key, 'multiValueHeaders.Idempotency-Key': [key] }),
  ],
  ['httpApi', httpApi(), (key) => changed(httpEvent, { 'headers.idempotency-key': key })],
  ['a Function URL', httpApi(), (key) => changed(functionUrlEvent, { 'headers.idempotency-key': key })],
  ['alb', alb(), (key) => changed(albEvent, { 'headers.idempotency-key': key })],
  ['sqs', sqs(), (key) => changed(sqsRecord, { 'messageAttributes.idempotency-key.stringValue': key })],
  [
    'sqsFifo',
    sqsFifo(),
    (key) => changed(fifoRecord, { 'messageAttributes.idempotency-key.stringValue': key }),
  ],
  [
    'sns',
    sns(),
    (key) => changed(snsEvent, { 'Records.0.Sns.MessageAttributes.idempotency-key.Value': key }),
  ],
  [
    'snsToSqs',
    snsToSqs(),
    (key) =>
      changed(snsToSqsRecord, {
        body: JSON.stringify(changed(snsEnvelope, { 'MessageAttributes.idempotency-key.Value': key })),
      }),
  ],
  [
    'eventBridge',
    eventBridge(),
    (key) => changed(eventBridgeEvent, { 'detail.metadata.idempotency-key': key }),
  ],
  [
    'kinesis',
    kinesis(),
    (key) =>
      changed(kinesisEvent, {
        'Records.0.kinesis.data': Buffer.from(JSON.stringify({ idempotency_key: key })).toString('base64'),
      }),
  ],
  [
    'kafka',
    kafka(),
    (key) =>
      changed(mskEvent, { 'records.orders-0.0.headers': [{ 'idempotency-key': [...Buffer.from(key)] }] }),
  ],
];

describe('a change of the key moves it', () => {
  it.each(keyed)('%s', async (_, source, eventWith) => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(clientKey, { minLength: 2, maxLength: 6 }), async (texts) => {
        const keys = await Promise.all(
          texts.map(async (text) => (await identityOf(source, eventWith(text))).key),
        );
        expect(keys).not.toContain(undefined);
        expect(new Set(keys).size).toBe(texts.length);
      }),
      { numRuns: 60 },
    );
  });
});

/** Where the caller is named. */
const principals: readonly (readonly [string, EventSource, unknown, string])[] = [
  ['a JWT subject (REST)', apiGatewayRest(), restEvent, 'requestContext.authorizer.claims.sub'],
  ['a JWT issuer (REST)', apiGatewayRest(), restEvent, 'requestContext.authorizer.claims.iss'],
  ["an authorizer's principal (REST)", apiGatewayRest(), restEvent, 'requestContext.authorizer.principalId'],
  ['an IAM ARN (REST)', apiGatewayRest(), restEvent, 'requestContext.identity.userArn'],
  ['a Cognito identity (REST)', apiGatewayRest(), restEvent, 'requestContext.identity.cognitoIdentityId'],
  ['an API key (REST)', apiGatewayRest(), restEvent, 'requestContext.identity.apiKeyId'],
  ['a JWT subject', httpApi(), httpEvent, 'requestContext.authorizer.jwt.claims.sub'],
  ['a JWT issuer', httpApi(), httpEvent, 'requestContext.authorizer.jwt.claims.iss'],
  ['a JWT client', httpApi(), httpEvent, 'requestContext.authorizer.jwt.claims.client_id'],
  ['an IAM ARN', httpApi(), functionUrlIamEvent, 'requestContext.authorizer.iam.userArn'],
  [
    "an authorizer's principal",
    httpApi(),
    changed(httpEvent, { 'requestContext.authorizer': { lambda: {} } }),
    'requestContext.authorizer.lambda.principalId',
  ],
  [
    'a Cognito identity',
    httpApi(),
    changed(functionUrlIamEvent, { 'requestContext.authorizer.iam.cognitoIdentity': { amr: ['x'] } }),
    'requestContext.authorizer.iam.cognitoIdentity.identityId',
  ],
];

const caller = fc.string({ minLength: 1, maxLength: 40 });

describe('a change of the principal moves the key', () => {
  it.each(principals)('%s', async (_, source, event, path) => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(caller, { minLength: 2, maxLength: 5 }), async (callers) => {
        const keys = await Promise.all(
          callers.map(async (name) => (await identityOf(source, changed(event, { [path]: name }))).key),
        );
        expect(new Set(keys).size).toBe(callers.length);
      }),
      { numRuns: 60 },
    );
  });

  it('also where an authorizer names callers by number', async () => {
    const callers = [42, 43, '42'].map((principalId) =>
      changed(httpEvent, { 'requestContext.authorizer': { lambda: { principalId } } }),
    );
    const keys = await Promise.all(callers.map(async (event) => (await identityOf(httpApi(), event)).key));
    expect(keys[0]).not.toBe(keys[1]);
  });

  it('the same text as subject, as principal, as ARN and as API key are four callers', async () => {
    const paths = [
      'requestContext.authorizer.principalId',
      'requestContext.identity.userArn',
      'requestContext.identity.apiKeyId',
      'requestContext.identity.cognitoIdentityId',
    ];
    const anonymous = changed(restEvent, { 'requestContext.authorizer': {} });
    const keys = await Promise.all(
      paths.map(
        async (path) => (await identityOf(apiGatewayRest(), changed(anonymous, { [path]: 'ada' }))).key,
      ),
    );
    expect(new Set(keys).size).toBe(4);
  });

  it('no caller reaches the key of another by the text of its own key', async () => {
    const of = (sub: string, text: string): Promise<EventIdentity> =>
      identityOf(
        httpApi({ bodyField: 'token' }),
        changed(httpEvent, {
          'requestContext.authorizer.jwt.claims.sub': sub,
          body: JSON.stringify({ token: text }),
        }),
      );
    // Texts that look like what is hashed before a key.
    const crafted = fc
      .tuple(caller, clientKey, fc.constantFrom('', '"', ':', '#', '8:', 'subject:'))
      .map(
        ([name, text, glue]) =>
          `${glue}${Buffer.byteLength(`subject:${name}`)}:subject:${name}${glue}"${text}`,
      );
    const printable = fc.oneof(clientKey, crafted).filter((text) => !/\p{Cc}/u.test(text));
    await fc.assert(
      fc.asyncProperty(caller, caller, clientKey, printable, async (victim, attacker, text, guess) => {
        fc.pre(victim !== attacker);
        expect((await of(attacker, guess)).key).not.toBe((await of(victim, text)).key);
        expect((await of(attacker, text)).key).not.toBe((await of(victim, text)).key);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a change of what scope() answers moves the key', () => {
  const part = fc.string({ minLength: 1, maxLength: 12 });
  const parts = fc.array(part, { minLength: 1, maxLength: 3 });

  it.each([
    ['with a source', sqs(), sqsRecord],
    ['with a source that names principals', httpApi(), httpEvent],
  ])('%s', async (_, source, event) => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(parts, { minLength: 2, maxLength: 5, selector: (list) => JSON.stringify(list) }),
        async (scopes) => {
          const keys = await Promise.all(
            scopes.map(async (scope) => (await identityOf(source, event, () => scope)).key),
          );
          expect(new Set(keys).size).toBe(scopes.length);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('keeps the key for the same answer, and a text is a list of one', async () => {
    await fc.assert(
      fc.asyncProperty(part, async (tenant) => {
        const asText = await identityOf(sqs(), sqsRecord, () => tenant);
        expect(await identityOf(sqs(), sqsRecord, () => [tenant])).toEqual(asText);
        expect(await identityOf(sqs(), sqsRecord)).not.toEqual(asText);
      }),
      { numRuns: 30 },
    );
  });

  it('parts that join to one text are different parts', async () => {
    const answers = [['ab', 'c'], ['a', 'bc'], ['abc'], ['a', 'b', 'c'], ['2:ab', 'c'], ['2:ab1:c']];
    const keys = await Promise.all(
      answers.map(async (answer) => (await identityOf(sqs(), sqsRecord, () => answer)).key),
    );
    expect(new Set(keys).size).toBe(6);
  });

  it('a part is no piece of the key, nor the key of a part', async () => {
    const of = (scope: string, text: string): Promise<EventIdentity> =>
      identityOf(
        sqs(),
        changed(sqsRecord, { 'messageAttributes.idempotency-key.stringValue': text }),
        () => scope,
      );
    await fc.assert(
      fc.asyncProperty(clientKey, clientKey, async (left, right) => {
        const [one, other] = [await of(left, `${right}x`), await of(`${left}"${right}`, 'x')];
        expect(one.key).not.toBe(other.key);
      }),
      { numRuns: 60 },
    );
  });

  it('a tenant of the scope is not a principal of the source', async () => {
    const anonymous = changed(httpEvent, { 'requestContext.authorizer': undefined });
    const subject = changed(httpEvent, {
      'requestContext.authorizer': { jwt: { claims: { sub: 'ada' }, scopes: null } },
    });
    const forged = await identityOf(httpApi(), anonymous, () => ['subject:ada', 'north']);
    const real = await identityOf(httpApi(), subject, () => 'north');
    expect(forged.key).not.toBe(real.key);
  });

  it('a part of the scope is no part of the source, wherever the two meet', async () => {
    // POST, POST, POST, subject:ada: each time cut elsewhere.
    const withRoute = (routeKey: string, authorizer: unknown): unknown =>
      changed(httpEvent, { routeKey, 'requestContext.authorizer': authorizer });
    const subject = { jwt: { claims: { sub: 'ada' }, scopes: null } };
    const one = await identityOf(httpApi(), withRoute('POST', subject), () => ['POST']);
    const other = await identityOf(httpApi(), withRoute('subject:ada', undefined), () => ['POST', 'POST']);
    expect(one.key).not.toBe(other.key);
  });
});
