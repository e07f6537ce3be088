import { describe, expect, it } from '@jest/globals';
import { type EventIdentity, identify } from 'lambda-idempotency';
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
  albMultiEvent,
  CLIENT_KEY,
  changed,
  cloudFormationEvent,
  context,
  durableContext,
  durablePayload,
  dynamodbEvent,
  eventBridgeEvent,
  fifoRecord,
  functionUrlEvent,
  functionUrlIamEvent,
  httpEvent,
  invokePayload,
  KEYED_ORDER,
  kinesisEvent,
  mskEvent,
  ORDER,
  OTHER_ORDER,
  restEvent,
  s3Event,
  s3ViaEventBridgeEvent,
  selfManagedKafkaEvent,
  snsEnvelope,
  snsEvent,
  snsToSqsRecord,
  sqsEvent,
  sqsRecord,
  stepFunctionsPayload,
} from './fixtures.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

type Changes = Readonly<Record<string, unknown>>;

interface Delivery {
  readonly name: string;
  readonly source: EventSource;
  readonly event: unknown;
  /** What the service changes when it delivers the same thing again. */
  readonly again: Changes;
  /** What makes it another call. */
  readonly other: Changes;
  /** Of the invocations, where the preset reads it. */
  readonly contexts?: { readonly first: object; readonly again: object; readonly other: object };
}

const row = (
  source: EventSource,
  name: string,
  event: unknown,
  again: Changes,
  other: Changes,
  contexts?: Delivery['contexts'],
): Delivery => ({
  name: `${source.name}: ${name}`,
  source,
  event,
  again,
  other,
  ...(contexts && { contexts }),
});

const restRetry: Changes = {
  'requestContext.requestId': '11111111-1111-4111-8111-222222222222',
  'requestContext.extendedRequestId': 'extended-again=',
  'requestContext.requestTime': '14/Nov/2023:22:13:25 +0000',
  'requestContext.requestTimeEpoch': 1_700_000_005_000,
  'headers.X-Amzn-Trace-Id': 'Root=1-65000005-aaaaaaaaaaaaaaaaaaaaaaaa',
  'multiValueHeaders.X-Amzn-Trace-Id': ['Root=1-65000005-aaaaaaaaaaaaaaaaaaaaaaaa'],
  'headers.X-Amz-Cf-Id': 'cf-id-of-the-second-try==',
  'multiValueHeaders.X-Amz-Cf-Id': ['cf-id-of-the-second-try=='],
  'headers.User-Agent': 'shop-app/1.5',
  'multiValueHeaders.User-Agent': ['shop-app/1.5'],
  'requestContext.identity.sourceIp': '198.51.100.99',
};
const restToken: Changes = {
  'requestContext.authorizer.claims.exp': '1700007200',
  'requestContext.authorizer.claims.iat': '1700003600',
  'requestContext.authorizer.claims.auth_time': '1700003600',
  'requestContext.authorizer.claims.jti': 'token-id-of-the-second-try',
};
const restOther: Changes = {
  'headers.Idempotency-Key': 'order-8e41',
  'multiValueHeaders.Idempotency-Key': ['order-8e41'],
};

const httpRetry: Changes = {
  'requestContext.requestId': 'second-try-request=',
  'requestContext.time': '14/Nov/2023:22:13:25 +0000',
  'requestContext.timeEpoch': 1_700_000_005_000,
  'headers.x-amzn-trace-id': 'Root=1-65000005-bbbbbbbbbbbbbbbbbbbbbbbb',
  'requestContext.http.sourceIp': '198.51.100.99',
};
const httpToken: Changes = {
  'requestContext.authorizer.jwt.claims.exp': '1700007200',
  'requestContext.authorizer.jwt.claims.iat': '1700003600',
  'requestContext.authorizer.jwt.claims.auth_time': '1700003600',
  'requestContext.authorizer.jwt.claims.jti': 'token-id-of-the-second-try',
};
const httpOther: Changes = { 'headers.idempotency-key': 'order-8e41' };

const sqsAgain: Changes = {
  receiptHandle: 'receipt-of-the-second-delivery',
  'attributes.ApproximateReceiveCount': '2',
};
/** A redrive sends a new message. */
const sqsRedriven: Changes = {
  ...sqsAgain,
  messageId: '33333333-3333-4333-8333-444444444444',
  'attributes.SentTimestamp': '1700000900000',
  'attributes.ApproximateReceiveCount': '1',
  'attributes.ApproximateFirstReceiveTimestamp': '1700000900100',
  'attributes.AWSTraceHeader': 'Root=1-65000384-ffffffffffffffffffffffff',
};
const otherAttribute: Changes = { 'messageAttributes.idempotency-key.stringValue': 'order-8e41' };

const envelopeWith = (changes: Changes): string => JSON.stringify(changed(snsEnvelope, changes));

const deliveries: readonly Delivery[] = [
  row(apiGatewayRest(), 'a client that tries again', restEvent, restRetry, restOther),
  row(
    apiGatewayRest(),
    'a token refreshed between tries',
    restEvent,
    { ...restRetry, ...restToken },
    restOther,
  ),
  row(
    apiGatewayRest(),
    'the header in other letters',
    restEvent,
    {
      ...restRetry,
      'headers.Idempotency-Key': undefined,
      'multiValueHeaders.Idempotency-Key': undefined,
      'headers.idempotency-KEY': CLIENT_KEY,
      'multiValueHeaders.idempotency-KEY': [CLIENT_KEY],
    },
    restOther,
  ),
  row(
    apiGatewayRest(),
    'the header quoted, as RFC 8941 has it',
    restEvent,
    {
      ...restRetry,
      'headers.Idempotency-Key': `"${CLIENT_KEY}"`,
      'multiValueHeaders.Idempotency-Key': [`"${CLIENT_KEY}"`],
    },
    restOther,
  ),
  row(
    apiGatewayRest(),
    'the header twice with one value',
    restEvent,
    { ...restRetry, 'multiValueHeaders.Idempotency-Key': [CLIENT_KEY, CLIENT_KEY] },
    restOther,
  ),
  row(
    apiGatewayRest(),
    'a body in base64, as a binary media type makes it',
    restEvent,
    { ...restRetry, body: base64(ORDER), isBase64Encoded: true },
    restOther,
  ),
  row(
    apiGatewayRest(),
    'a body that is no JSON in base64',
    changed(restEvent, { body: 'item=cake&amount=1250' }),
    { ...restRetry, body: base64('item=cake&amount=1250'), isBase64Encoded: true },
    restOther,
  ),
  row(
    apiGatewayRest(),
    'a body serialised in another order',
    restEvent,
    { ...restRetry, body: '{ "amount": 1250, "item": "cake" }' },
    restOther,
  ),
  row(
    apiGatewayRest({ header: 'x-order-token' }),
    'a header of its own',
    changed(restEvent, { 'headers.X-Order-Token': 'mine-1', 'multiValueHeaders.X-Order-Token': ['mine-1'] }),
    {
      ...restRetry,
      'headers.Idempotency-Key': 'new-by-a-proxy',
      'multiValueHeaders.Idempotency-Key': ['new-by-a-proxy'],
    },
    { 'headers.X-Order-Token': 'mine-2', 'multiValueHeaders.X-Order-Token': ['mine-2'] },
  ),
  row(
    apiGatewayRest({ bodyField: 'payment.token' }),
    'a field of the body',
    changed(restEvent, { body: '{"payment":{"token":"t-1"}}' }),
    {
      ...restRetry,
      'headers.Idempotency-Key': 'new-by-a-proxy',
      'multiValueHeaders.Idempotency-Key': ['new-by-a-proxy'],
    },
    { body: '{"payment":{"token":"t-2"}}' },
  ),

  row(httpApi(), 'a client that tries again', httpEvent, httpRetry, httpOther),
  row(httpApi(), 'a token refreshed between tries', httpEvent, { ...httpRetry, ...httpToken }, httpOther),
  row(
    httpApi(),
    'the header quoted',
    httpEvent,
    { ...httpRetry, 'headers.idempotency-key': `"${CLIENT_KEY}"` },
    httpOther,
  ),
  row(
    httpApi(),
    'the header twice with one value, joined',
    httpEvent,
    { ...httpRetry, 'headers.idempotency-key': `${CLIENT_KEY},${CLIENT_KEY}` },
    httpOther,
  ),
  row(
    httpApi(),
    'the header quoted and bare, joined',
    httpEvent,
    { ...httpRetry, 'headers.idempotency-key': `"${CLIENT_KEY}", ${CLIENT_KEY}` },
    httpOther,
  ),
  row(
    httpApi(),
    'a body in base64',
    httpEvent,
    { ...httpRetry, body: base64(ORDER), isBase64Encoded: true },
    httpOther,
  ),
  row(
    httpApi(),
    'the query in another order',
    httpEvent,
    { ...httpRetry, rawQueryString: 'gift=yes&currency=EUR' },
    httpOther,
  ),
  row(
    httpApi(),
    'PayPal-Request-Id',
    changed(httpEvent, { 'headers.idempotency-key': undefined, 'headers.paypal-request-id': 'p-1' }),
    httpRetry,
    { 'headers.paypal-request-id': 'p-2' },
  ),
  row(
    httpApi(),
    'X-Idempotency-Key',
    changed(httpEvent, { 'headers.idempotency-key': undefined, 'headers.x-idempotency-key': 'x-1' }),
    httpRetry,
    { 'headers.x-idempotency-key': 'x-2' },
  ),
  row(
    httpApi(),
    'I-Twilio-Idempotency-Token',
    changed(httpEvent, { 'headers.idempotency-key': undefined, 'headers.i-twilio-idempotency-token': 't-1' }),
    httpRetry,
    { 'headers.i-twilio-idempotency-token': 't-2' },
  ),
  row(
    httpApi(),
    'idempotency_key of the body',
    changed(httpEvent, { 'headers.idempotency-key': undefined, body: '{"idempotency_key":"b-1"}' }),
    httpRetry,
    { body: '{"idempotency_key":"b-2"}' },
  ),
  row(
    httpApi(),
    'clientToken of the body',
    changed(httpEvent, { 'headers.idempotency-key': undefined, body: '{"clientToken":"b-1"}' }),
    httpRetry,
    { body: '{"clientToken":"b-2"}' },
  ),
  row(
    httpApi({ bodyField: 'requestId' }),
    'a field of the body, requestId',
    changed(httpEvent, { 'headers.idempotency-key': undefined, body: '{"requestId":"b-1"}' }),
    httpRetry,
    { body: '{"requestId":"b-2"}' },
  ),
  row(httpApi(), 'a Function URL', functionUrlEvent, httpRetry, httpOther),
  row(
    httpApi(),
    'a Function URL, signed with a new access key',
    functionUrlIamEvent,
    { ...httpRetry, 'requestContext.authorizer.iam.accessKey': 'AKIAEXAMPLESECOND000' },
    { 'requestContext.authorizer.iam.userArn': 'arn:aws:iam::111122223333:user/bob' },
  ),

  row(
    alb(),
    'a client that tries again',
    albEvent,
    { 'headers.x-amzn-trace-id': 'Root=1-65000005-dddddddddddddddddddddddd' },
    { 'headers.idempotency-key': 'order-8e41' },
  ),
  row(
    alb(),
    'with multi-value headers',
    albMultiEvent,
    { 'multiValueHeaders.x-amzn-trace-id': ['Root=1-65000005-eeeeeeeeeeeeeeeeeeeeeeee'] },
    { 'multiValueHeaders.idempotency-key': ['order-8e41'] },
  ),
  row(
    alb(),
    'a body in base64',
    albEvent,
    { body: base64(ORDER), isBase64Encoded: true },
    { path: '/refunds' },
  ),

  row(sqs(), 'delivered again', sqsRecord, sqsAgain, otherAttribute),
  row(sqs(), 'redriven from a dead-letter queue', sqsRecord, sqsRedriven, otherAttribute),
  row(
    sqs(),
    'redriven to another queue',
    sqsRecord,
    { ...sqsRedriven, eventSourceARN: 'arn:aws:sqs:eu-west-1:111122223333:orders-dlq' },
    otherAttribute,
  ),
  row(
    sqs(),
    'the attribute in other letters',
    sqsRecord,
    {
      ...sqsRedriven,
      'messageAttributes.idempotency-key': undefined,
      'messageAttributes.Idempotency-Key': { stringValue: CLIENT_KEY, dataType: 'String' },
    },
    otherAttribute,
  ),
  row(
    sqs(),
    'a key in the body, redriven',
    changed(sqsRecord, { messageAttributes: {}, body: KEYED_ORDER }),
    sqsRedriven,
    { body: '{"idempotency_key":"order-8e41","item":"cake"}' },
  ),
  row(sqs(), 'no key of the producer', changed(sqsRecord, { messageAttributes: {} }), sqsAgain, {
    messageId: '33333333-3333-4333-8333-555555555555',
  }),
  row(
    sqs(),
    'an event of one record',
    sqsEvent,
    {
      'Records.0.receiptHandle': 'receipt-of-the-second-delivery',
      'Records.0.attributes.ApproximateReceiveCount': '2',
    },
    { 'Records.0.messageAttributes.idempotency-key.stringValue': 'order-8e41' },
  ),

  row(sqsFifo(), 'delivered again', fifoRecord, sqsAgain, otherAttribute),
  row(
    sqsFifo(),
    'redriven from a FIFO dead-letter queue, which makes the old message id the deduplication id',
    fifoRecord,
    {
      ...sqsRedriven,
      'attributes.MessageDeduplicationId': '44444444-4444-4444-8444-444444444444',
      'attributes.SequenceNumber': '18850000000000000009',
    },
    otherAttribute,
  ),
  row(
    sqsFifo(),
    "the producer's deduplication id, sent again after five minutes",
    changed(fifoRecord, { messageAttributes: {} }),
    { ...sqsRedriven, 'attributes.SequenceNumber': '18850000000000000009' },
    { 'attributes.MessageDeduplicationId': 'producer-made-8e41' },
  ),
  row(
    sqsFifo({ deduplicationScope: 'messageGroup' }),
    'an id counts within its group',
    changed(fifoRecord, { messageAttributes: {} }),
    { ...sqsRedriven, 'attributes.SequenceNumber': '18850000000000000009' },
    { 'attributes.MessageGroupId': 'shop-south' },
  ),

  row(
    sns(),
    'delivered again, published again',
    snsEvent,
    {
      'Records.0.Sns.MessageId': '66666666-6666-4666-8666-777777777777',
      'Records.0.Sns.Timestamp': '2023-11-14T22:13:25.000Z',
      'Records.0.Sns.Signature': 'signature-of-the-second-delivery==',
      'Records.0.Sns.UnsubscribeUrl': 'https://sns.eu-west-1.amazonaws.com/?second',
      'Records.0.EventSubscriptionArn': 'arn:aws:sns:eu-west-1:111122223333:orders:second',
    },
    { 'Records.0.Sns.MessageAttributes.idempotency-key.Value': 'order-8e41' },
  ),
  row(
    sns(),
    'without a key of the publisher',
    changed(snsEvent, { 'Records.0.Sns.MessageAttributes': {} }),
    {
      'Records.0.Sns.Timestamp': '2023-11-14T22:13:25.000Z',
      'Records.0.Sns.Signature': 'signature-of-the-second-delivery==',
      'Records.0.Sns.UnsubscribeUrl': 'https://sns.eu-west-1.amazonaws.com/?second',
      'Records.0.EventSubscriptionArn': 'arn:aws:sns:eu-west-1:111122223333:orders:second',
    },
    { 'Records.0.Sns.MessageId': '66666666-6666-4666-8666-888888888888' },
  ),

  row(
    snsToSqs(),
    'put into the queue twice',
    changed(snsToSqsRecord, { body: envelopeWith({ MessageAttributes: {} }) }),
    { ...sqsRedriven, body: envelopeWith({ MessageAttributes: {}, Signature: 'signature-again==' }) },
    {
      body: envelopeWith({
        MessageAttributes: {},
        MessageId: '77777777-7777-4777-8777-888888888888',
      }),
    },
  ),
  row(
    snsToSqs(),
    'published again',
    snsToSqsRecord,
    {
      ...sqsRedriven,
      body: envelopeWith({
        MessageId: '77777777-7777-4777-8777-888888888888',
        Timestamp: '2023-11-14T22:14:20.000Z',
        Signature: 'signature-again==',
      }),
    },
    { body: envelopeWith({ 'MessageAttributes.idempotency-key.Value': 'order-8e41' }) },
  ),

  row(
    eventBridge(),
    'PutEvents tried again',
    eventBridgeEvent,
    { id: '99999999-9999-4999-8999-aaaaaaaaaaaa', time: '2023-11-14T22:13:25Z' },
    { 'detail.metadata.idempotency-key': 'order-8e41' },
  ),
  row(
    eventBridge(),
    'replayed from an archive',
    eventBridgeEvent,
    { 'replay-name': 'replay-of-tuesday', id: '99999999-9999-4999-8999-aaaaaaaaaaaa' },
    { 'detail-type': 'OrderCancelled' },
  ),

  row(
    s3(),
    'notified again',
    s3Event,
    {
      'Records.0.eventTime': '2023-11-14T22:13:25.000Z',
      'Records.0.responseElements.x-amz-request-id': 'REQUESTOFTHEPUT2',
      'Records.0.responseElements.x-amz-id-2': 'id-2-again=',
      'Records.0.requestParameters.sourceIPAddress': '203.0.113.9',
    },
    // The same bytes put again: the same eTag, and another change.
    { 'Records.0.s3.object.sequencer': '0065000000BBBBBBBB', 'Records.0.s3.object.versionId': 'version-2' },
  ),
  row(
    s3(),
    'a bucket without versions',
    changed(s3Event, { 'Records.0.s3.object.versionId': undefined }),
    { 'Records.0.eventTime': '2023-11-14T22:13:25.000Z' },
    { 'Records.0.s3.object.sequencer': '0065000000BBBBBBBB' },
  ),
  row(
    s3(),
    'one request that deletes two objects',
    changed(s3Event, { 'Records.0.eventName': 'ObjectRemoved:Delete' }),
    { 'Records.0.eventTime': '2023-11-14T22:13:25.000Z' },
    { 'Records.0.s3.object.key': 'in/order-8e41.json' },
  ),
  row(
    s3ViaEventBridge(),
    'notified again',
    s3ViaEventBridgeEvent,
    { id: 'aaaaaaaa-aaaa-4aaa-8aaa-bbbbbbbbbbbb', time: '2023-11-14T22:13:25Z' },
    { 'detail.object.sequencer': '0065000000BBBBBBBB' },
  ),

  row(
    kinesis(),
    'a key in the data, put again by the producer',
    kinesisEvent,
    {
      'Records.0.eventID': 'shardId-000000000006:49590000000000000000000000000000000000000000000000000002',
      'Records.0.kinesis.sequenceNumber': '49590000000000000000000000000000000000000000000000000002',
      'Records.0.kinesis.approximateArrivalTimestamp': 1_700_000_005.1,
      'Records.0.kinesis.partitionKey': 'shop-south',
    },
    { 'Records.0.kinesis.data': base64('{"idempotency_key":"order-8e41","item":"cake"}') },
  ),
  row(
    kinesis(),
    'delivered again',
    changed(kinesisEvent, { 'Records.0.kinesis.data': base64(ORDER) }),
    {
      'Records.0.kinesis.approximateArrivalTimestamp': 1_700_000_005.1,
      'Records.0.invokeIdentityArn': 'arn:aws:iam::111122223333:role/orders-2',
    },
    {
      'Records.0.eventID': 'shardId-000000000006:49590000000000000000000000000000000000000000000000000002',
    },
  ),
  row(
    dynamodbStreams(),
    'delivered again',
    dynamodbEvent,
    { 'Records.0.dynamodb.ApproximateCreationDateTime': 1_700_000_005 },
    // A later change of the same item.
    { 'Records.0.eventID': 'eccbc87e4b5ce2fe28308fd9f2a7baf3' },
  ),
  row(
    kafka(),
    'a record header, produced again (MSK)',
    mskEvent,
    { 'records.orders-0.0.offset': 16, 'records.orders-0.0.timestamp': 1_700_000_005_000 },
    { 'records.orders-0.0.headers': [{ 'idempotency-key': [111, 114, 100, 101, 114, 45, 56] }] },
  ),
  row(
    kafka(),
    'delivered again (self-managed)',
    selfManagedKafkaEvent,
    { 'records.orders-0.0.timestamp': 1_700_000_005_000 },
    { 'records.orders-0.0.offset': 16 },
  ),
  row(
    kafka(),
    'another partition',
    selfManagedKafkaEvent,
    { 'records.orders-0.0.timestamp': 1_700_000_005_000 },
    { 'records.orders-0.0.partition': 1 },
  ),
  row(
    stepFunctions(),
    'a task tried again',
    stepFunctionsPayload,
    {},
    { 'idempotency-key': 'arn:aws:states:eu-west-1:111122223333:execution:orders:run-2/Charge' },
  ),
  row(
    stepFunctions(),
    'a task tried again, with what changes per attempt of the context object in its payload',
    {
      ...stepFunctionsPayload,
      State: { Name: 'Charge', RetryCount: 0 },
      Task: { Token: 'task-token-of-the-first-try' },
      Execution: { RedriveCount: 0 },
    },
    { 'State.RetryCount': 1, 'Task.Token': 'task-token-of-the-second-try', 'Execution.RedriveCount': 1 },
    { 'idempotency-key': 'arn:aws:states:eu-west-1:111122223333:execution:orders:run-2/Charge' },
  ),
  row(
    cloudFormation(),
    'delivered again',
    cloudFormationEvent,
    { ResponseURL: 'https://cloudformation-custom-resource-response.example.com/?signature=second' },
    { RequestId: 'dddddddd-dddd-4ddd-8ddd-eeeeeeeeeeee' },
  ),
  row(
    cloudFormation(),
    'two resources of one request',
    cloudFormationEvent,
    { ResponseURL: 'https://cloudformation-custom-resource-response.example.com/?signature=second' },
    { LogicalResourceId: 'InvoiceSchema' },
  ),
  row(
    invoke(),
    'a caller that invokes again',
    invokePayload,
    {},
    { 'idempotency-key': 'order-8e41' },
    {
      first: context,
      again: { ...context, awsRequestId: 'c0ffee00-0000-4000-8000-000000000002' },
      other: context,
    },
  ),
  row(
    invoke(),
    "Lambda's own retry of an asynchronous invocation",
    { order: 1 },
    {},
    {},
    {
      first: context,
      again: { ...context, logStreamName: 'another-host' },
      other: { ...context, awsRequestId: 'c0ffee00-0000-4000-8000-000000000002' },
    },
  ),
  row(
    durable(),
    'an execution that is replayed',
    durablePayload,
    {},
    {},
    {
      first: durableContext,
      again: {
        ...durableContext,
        lambdaContext: { ...context, awsRequestId: 'c0ffee00-0000-4000-8000-000000000002' },
      },
      other: { ...durableContext, executionContext: { durableExecutionArn: 'arn:another-execution' } },
    },
  ),
];

const identityOf = (event: unknown, source: EventSource, given: object = context): Promise<EventIdentity> =>
  identify(event, { config: { source }, context: given as never, keyPrefix: 'orders' });

/** Rows of presets with options, which `anySource()` has not. */
const hasOptions = /a header of its own|a field of the body|within its group/;

describe('the same thing delivered again has one key and one fingerprint, another intent has another key', () => {
  it.each(deliveries)('$name', async ({ source, event, again, other, contexts }) => {
    const first = await identityOf(event, source, contexts?.first);
    const second = await identityOf(changed(event, again), source, contexts?.again);
    const third = await identityOf(changed(event, other), source, contexts?.other);
    expect(first).toMatchObject({ source: source.name, key: expect.stringMatching(/^orders#[\w-]{43}$/) });
    expect(second).toEqual(first);
    expect(third.key).toMatch(/^orders#[\w-]{43}$/);
    expect(third.key).not.toBe(first.key);
  });

  it.each(deliveries.filter(({ name }) => !hasOptions.test(name)))('anySource(), $name', async (delivery) => {
    const { source, event, again, other, contexts } = delivery;
    const first = await identityOf(event, anySource(), contexts?.first);
    const second = await identityOf(changed(event, again), anySource(), contexts?.again);
    const third = await identityOf(changed(event, other), anySource(), contexts?.other);
    // A payload of Step Functions looks like any other.
    const name = source.name === 'stepFunctions' ? 'invoke' : source.name;
    expect(first).toMatchObject({ source: name, key: expect.stringMatching(/^orders#[\w-]{43}$/) });
    expect(second).toEqual(first);
    expect(third.key).toMatch(/^orders#[\w-]{43}$/);
    expect(third.key).not.toBe(first.key);
  });

  it('has a row for every preset', () => {
    expect([...new Set(deliveries.map(({ source }) => source.name))].sort()).toEqual([
      'alb',
      'apiGatewayRest',
      'cloudFormation',
      'durable',
      'dynamodbStreams',
      'eventBridge',
      'httpApi',
      'invoke',
      'kafka',
      'kinesis',
      's3',
      's3ViaEventBridge',
      'sns',
      'snsToSqs',
      'sqs',
      'sqsFifo',
      'stepFunctions',
    ]);
  });
});

interface Reuse {
  readonly name: string;
  readonly source: EventSource;
  readonly event: unknown;
  /** What the key is used for now. */
  readonly reused: Changes;
}

const reuse = (source: EventSource, what: string, event: unknown, reused: Changes): Reuse => ({
  name: `${source.name}: another ${what}`,
  source,
  event,
  reused,
});

const reuses: readonly Reuse[] = [
  reuse(apiGatewayRest(), 'body', restEvent, { body: OTHER_ORDER }),
  reuse(apiGatewayRest(), 'path of the resource', restEvent, { path: '/orders/south' }),
  reuse(apiGatewayRest(), 'query', restEvent, {
    queryStringParameters: { currency: 'USD' },
    multiValueQueryStringParameters: { currency: ['USD'] },
  }),
  reuse(apiGatewayRest(), 'value beside the first of a query', restEvent, {
    multiValueQueryStringParameters: { currency: ['EUR', 'USD'] },
  }),
  reuse(apiGatewayRest(), 'text as body', changed(restEvent, { body: 'cake' }), { body: 'tart' }),
  reuse(apiGatewayRest(), 'bytes as body', changed(restEvent, { body: '/w==', isBase64Encoded: true }), {
    body: '/g==',
  }),
  reuse(httpApi(), 'body', httpEvent, { body: OTHER_ORDER }),
  reuse(httpApi(), 'path of the route', httpEvent, { rawPath: '/orders/south' }),
  reuse(httpApi(), 'query', httpEvent, { rawQueryString: 'currency=USD&gift=yes' }),
  reuse(httpApi(), 'query of the same texts', changed(httpEvent, { rawQueryString: 'a%3Db=c' }), {
    rawQueryString: 'a=b%3Dc',
  }),
  reuse(httpApi(), 'body of a Function URL', functionUrlEvent, { body: base64(OTHER_ORDER) }),
  reuse(alb(), 'body', albEvent, { body: OTHER_ORDER }),
  reuse(alb(), 'query', albEvent, { queryStringParameters: { currency: 'USD' } }),
  reuse(alb(), 'query, multi-value', albMultiEvent, {
    multiValueQueryStringParameters: { currency: ['USD'] },
  }),
  reuse(sqs(), 'body', sqsRecord, { body: OTHER_ORDER }),
  reuse(sqsFifo(), 'body', fifoRecord, { body: OTHER_ORDER }),
  reuse(
    sqsFifo(),
    "body under the producer's deduplication id",
    changed(fifoRecord, { messageAttributes: {} }),
    { body: OTHER_ORDER },
  ),
  reuse(sns(), 'message', snsEvent, { 'Records.0.Sns.Message': OTHER_ORDER }),
  reuse(snsToSqs(), 'message', snsToSqsRecord, { body: envelopeWith({ Message: OTHER_ORDER }) }),
  reuse(eventBridge(), 'detail', eventBridgeEvent, { 'detail.data.amount': 9999 }),
  reuse(kinesis(), 'data', kinesisEvent, {
    'Records.0.kinesis.data': base64('{"idempotency_key":"order-7f3a","item":"tart"}'),
  }),
  reuse(kafka(), 'value', mskEvent, { 'records.orders-0.0.value': base64(OTHER_ORDER) }),
  reuse(kafka(), 'topic', mskEvent, { 'records.orders-0.0.topic': 'refunds' }),
  reuse(stepFunctions(), 'payload', stepFunctionsPayload, { 'order.amount': 9999 }),
  reuse(invoke(), 'payload', invokePayload, { 'order.amount': 9999 }),
];

describe('the same client key for something else: the same key, another fingerprint', () => {
  it.each(reuses)('$name', async ({ source, event, reused }) => {
    const first = await identityOf(event, source);
    const second = await identityOf(changed(event, reused), source);
    expect(first.fingerprint).toMatch(/^[\w-]{43}$/);
    expect(second.fingerprint).toMatch(/^[\w-]{43}$/);
    expect(second.key).toBe(first.key);
    expect(second.fingerprint).not.toBe(first.fingerprint);
  });

  it('another method or route is another key: the same word for another operation', async () => {
    const first = await identityOf(restEvent, apiGatewayRest());
    const refund = await identityOf(changed(restEvent, { resource: '/refunds' }), apiGatewayRest());
    const removal = await identityOf(changed(restEvent, { httpMethod: 'DELETE' }), apiGatewayRest());
    expect(new Set([first.key, refund.key, removal.key]).size).toBe(3);
  });

  it('a key that a service made names one delivery: nothing is compared', async () => {
    const byMessageId = await identityOf(changed(sqsRecord, { messageAttributes: {} }), sqs());
    expect(byMessageId.key).toMatch(/^orders#/);
    expect(byMessageId.fingerprint).toBeUndefined();
  });
});
