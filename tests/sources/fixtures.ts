import type {
  ALBEvent,
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2WithIAMAuthorizer,
  APIGatewayProxyEventV2WithJWTAuthorizer,
  CloudFormationCustomResourceCreateEvent,
  Context,
  DynamoDBStreamEvent,
  EventBridgeEvent,
  KinesisStreamEvent,
  LambdaFunctionURLEvent,
  MSKEvent,
  S3Event,
  S3ObjectCreatedNotificationEvent,
  SelfManagedKafkaEvent,
  SNSEvent,
  SQSEvent,
  SQSRecord,
} from 'aws-lambda';

/** One event of every source, in the whole shape that AWS documents. Values are made up. */

export const CLIENT_KEY = 'order-7f3a';
export const ORDER = '{"item":"cake","amount":1250}';
export const OTHER_ORDER = '{"item":"cake","amount":9999}';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

export const context: Context = {
  callbackWaitsForEmptyEventLoop: true,
  functionName: 'orders',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:orders',
  memoryLimitInMB: '256',
  awsRequestId: 'c0ffee00-0000-4000-8000-000000000001',
  logGroupName: '/aws/lambda/orders',
  logStreamName: '2026/01/02/[$LATEST]0123456789abcdef',
  getRemainingTimeInMillis: () => 30_000,
  done: () => {},
  fail: () => {},
  succeed: () => {},
};

export const restEvent: APIGatewayProxyEvent = {
  resource: '/orders/{shop}',
  path: '/orders/north',
  httpMethod: 'POST',
  headers: {
    Accept: 'application/json',
    'Content-Type': 'application/json',
    Host: 'a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com',
    'Idempotency-Key': CLIENT_KEY,
    'User-Agent': 'shop-app/1.4',
    'X-Amz-Cf-Id': 'cf-id-of-the-first-try==',
    'X-Amzn-Trace-Id': 'Root=1-65000000-aaaaaaaaaaaaaaaaaaaaaaaa',
    'X-Forwarded-For': '198.51.100.7, 203.0.113.9',
  },
  multiValueHeaders: {
    Accept: ['application/json'],
    'Content-Type': ['application/json'],
    Host: ['a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com'],
    'Idempotency-Key': [CLIENT_KEY],
    'User-Agent': ['shop-app/1.4'],
    'X-Amz-Cf-Id': ['cf-id-of-the-first-try=='],
    'X-Amzn-Trace-Id': ['Root=1-65000000-aaaaaaaaaaaaaaaaaaaaaaaa'],
    'X-Forwarded-For': ['198.51.100.7, 203.0.113.9'],
  },
  queryStringParameters: { currency: 'EUR' },
  multiValueQueryStringParameters: { currency: ['EUR'] },
  pathParameters: { shop: 'north' },
  stageVariables: null,
  requestContext: {
    accountId: '111122223333',
    apiId: 'a1b2c3d4e5',
    authorizer: {
      claims: {
        sub: 'user-ada',
        iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Pool',
        aud: 'client-1',
        token_use: 'id',
        auth_time: '1700000000',
        iat: '1700000000',
        exp: '1700003600',
        jti: 'token-id-of-the-first-try',
      },
    },
    domainName: 'a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com',
    domainPrefix: 'a1b2c3d4e5',
    extendedRequestId: 'extended-first=',
    protocol: 'HTTP/1.1',
    httpMethod: 'POST',
    identity: {
      accessKey: null,
      accountId: null,
      apiKey: null,
      apiKeyId: null,
      caller: null,
      clientCert: null,
      cognitoAuthenticationProvider: null,
      cognitoAuthenticationType: null,
      cognitoIdentityId: null,
      cognitoIdentityPoolId: null,
      principalOrgId: null,
      sourceIp: '198.51.100.7',
      user: null,
      userAgent: 'shop-app/1.4',
      userArn: null,
    },
    path: '/prod/orders/north',
    stage: 'prod',
    requestId: '11111111-1111-4111-8111-111111111111',
    requestTime: '14/Nov/2023:22:13:20 +0000',
    requestTimeEpoch: 1_700_000_000_000,
    resourceId: 'abc123',
    resourcePath: '/orders/{shop}',
  },
  body: ORDER,
  isBase64Encoded: false,
};

export const httpEvent: APIGatewayProxyEventV2WithJWTAuthorizer = {
  version: '2.0',
  routeKey: 'POST /orders/{shop}',
  rawPath: '/orders/north',
  rawQueryString: 'currency=EUR&gift=yes',
  cookies: ['theme=dark'],
  headers: {
    accept: 'application/json',
    'content-type': 'application/json',
    host: 'f6g7h8i9j0.execute-api.eu-west-1.amazonaws.com',
    'idempotency-key': CLIENT_KEY,
    'user-agent': 'shop-app/1.4',
    'x-amzn-trace-id': 'Root=1-65000000-bbbbbbbbbbbbbbbbbbbbbbbb',
    'x-forwarded-for': '198.51.100.7',
  },
  queryStringParameters: { currency: 'EUR', gift: 'yes' },
  requestContext: {
    accountId: '111122223333',
    apiId: 'f6g7h8i9j0',
    authorizer: {
      jwt: {
        claims: {
          sub: 'user-ada',
          iss: 'https://login.example.com/',
          client_id: 'client-1',
          auth_time: '1700000000',
          iat: '1700000000',
          exp: '1700003600',
          jti: 'token-id-of-the-first-try',
        },
        scopes: ['orders:write'],
      },
    },
    domainName: 'f6g7h8i9j0.execute-api.eu-west-1.amazonaws.com',
    domainPrefix: 'f6g7h8i9j0',
    http: {
      method: 'POST',
      path: '/orders/north',
      protocol: 'HTTP/1.1',
      sourceIp: '198.51.100.7',
      userAgent: 'shop-app/1.4',
    },
    requestId: 'first-try-request=',
    routeKey: 'POST /orders/{shop}',
    stage: '$default',
    time: '14/Nov/2023:22:13:20 +0000',
    timeEpoch: 1_700_000_000_000,
  },
  body: ORDER,
  pathParameters: { shop: 'north' },
  isBase64Encoded: false,
};

export const functionUrlEvent: LambdaFunctionURLEvent = {
  version: '2.0',
  routeKey: '$default',
  rawPath: '/orders/north',
  rawQueryString: '',
  headers: {
    'content-type': 'application/json',
    host: 'url123.lambda-url.eu-west-1.on.aws',
    'idempotency-key': CLIENT_KEY,
    'user-agent': 'shop-app/1.4',
    'x-amzn-trace-id': 'Root=1-65000000-cccccccccccccccccccccccc',
  },
  requestContext: {
    accountId: 'anonymous',
    apiId: 'url123',
    domainName: 'url123.lambda-url.eu-west-1.on.aws',
    domainPrefix: 'url123',
    http: {
      method: 'POST',
      path: '/orders/north',
      protocol: 'HTTP/1.1',
      sourceIp: '198.51.100.7',
      userAgent: 'shop-app/1.4',
    },
    requestId: '22222222-2222-4222-8222-222222222222',
    routeKey: '$default',
    stage: '$default',
    time: '14/Nov/2023:22:13:20 +0000',
    timeEpoch: 1_700_000_000_000,
  },
  body: base64(ORDER),
  isBase64Encoded: true,
};

/** A Function URL with `AuthType: AWS_IAM`. */
export const functionUrlIamEvent: APIGatewayProxyEventV2WithIAMAuthorizer = {
  ...functionUrlEvent,
  requestContext: {
    ...functionUrlEvent.requestContext,
    accountId: '111122223333',
    authorizer: {
      iam: {
        accessKey: 'AKIAEXAMPLEFIRST0000',
        accountId: '111122223333',
        callerId: 'AIDAEXAMPLE',
        cognitoIdentity: null,
        principalOrgId: 'o-example',
        userArn: 'arn:aws:iam::111122223333:user/ada',
        userId: 'AIDAEXAMPLE',
      },
    },
  },
};

export const albEvent: ALBEvent = {
  requestContext: {
    elb: {
      targetGroupArn:
        'arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef',
    },
  },
  httpMethod: 'POST',
  path: '/orders',
  queryStringParameters: { currency: 'EUR' },
  headers: {
    accept: 'application/json',
    'content-type': 'application/json',
    host: 'orders.example.com',
    'idempotency-key': CLIENT_KEY,
    'user-agent': 'shop-app/1.4',
    'x-amzn-trace-id': 'Root=1-65000000-dddddddddddddddddddddddd',
    'x-forwarded-for': '198.51.100.7',
    'x-forwarded-port': '443',
    'x-forwarded-proto': 'https',
  },
  body: ORDER,
  isBase64Encoded: false,
};

/** A target group with multi-value headers: the single ones are absent. */
export const albMultiEvent: ALBEvent = {
  requestContext: albEvent.requestContext,
  httpMethod: 'POST',
  path: '/orders',
  multiValueQueryStringParameters: { currency: ['EUR'] },
  multiValueHeaders: {
    accept: ['application/json'],
    'content-type': ['application/json'],
    host: ['orders.example.com'],
    'idempotency-key': [CLIENT_KEY],
    'user-agent': ['shop-app/1.4'],
    'x-amzn-trace-id': ['Root=1-65000000-eeeeeeeeeeeeeeeeeeeeeeee'],
    'x-forwarded-for': ['198.51.100.7'],
    'x-forwarded-port': ['443'],
    'x-forwarded-proto': ['https'],
  },
  body: ORDER,
  isBase64Encoded: false,
};

export const sqsRecord: SQSRecord = {
  messageId: '33333333-3333-4333-8333-333333333333',
  receiptHandle: 'receipt-of-the-first-delivery',
  body: ORDER,
  attributes: {
    AWSTraceHeader: 'Root=1-65000000-ffffffffffffffffffffffff',
    ApproximateReceiveCount: '1',
    SentTimestamp: '1700000000000',
    SenderId: 'AROAEXAMPLE:producer',
    ApproximateFirstReceiveTimestamp: '1700000000100',
  },
  messageAttributes: {
    'idempotency-key': {
      stringValue: CLIENT_KEY,
      stringListValues: [],
      binaryListValues: [],
      dataType: 'String',
    },
  },
  md5OfMessageAttributes: '00000000000000000000000000000001',
  md5OfBody: '00000000000000000000000000000002',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:eu-west-1:111122223333:orders',
  awsRegion: 'eu-west-1',
};
export const sqsEvent: SQSEvent = { Records: [sqsRecord] };

export const fifoRecord: SQSRecord = {
  ...sqsRecord,
  messageId: '44444444-4444-4444-8444-444444444444',
  attributes: {
    ...sqsRecord.attributes,
    SequenceNumber: '18850000000000000001',
    MessageGroupId: 'shop-north',
    MessageDeduplicationId: 'producer-made-7f3a',
  },
  eventSourceARN: 'arn:aws:sqs:eu-west-1:111122223333:orders.fifo',
};

/** `printf '%s' '{"item":"cake","amount":1250}' | sha256sum`: what a queue with ContentBasedDeduplication makes. */
export const ORDER_SHA256 = '5caf9a28ffa8b3f028bdedfd20d8fc3b9e04aa68547c3266cebe02b90b097e9f';

export const snsEvent: SNSEvent = {
  Records: [
    {
      EventVersion: '1.0',
      EventSubscriptionArn: 'arn:aws:sns:eu-west-1:111122223333:orders:55555555-5555-4555-8555-555555555555',
      EventSource: 'aws:sns',
      Sns: {
        SignatureVersion: '1',
        Timestamp: '2023-11-14T22:13:20.000Z',
        Signature: 'signature-of-the-first-delivery==',
        SigningCertUrl: 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem',
        MessageId: '66666666-6666-4666-8666-666666666666',
        Message: ORDER,
        MessageAttributes: { 'idempotency-key': { Type: 'String', Value: CLIENT_KEY } },
        Type: 'Notification',
        UnsubscribeUrl: 'https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=first',
        TopicArn: 'arn:aws:sns:eu-west-1:111122223333:orders',
        Subject: 'order',
      },
    },
  ],
};

/** What SNS writes into a queue's body without raw delivery. */
export const snsEnvelope = {
  Type: 'Notification',
  MessageId: '77777777-7777-4777-8777-777777777777',
  TopicArn: 'arn:aws:sns:eu-west-1:111122223333:orders',
  Subject: 'order',
  Message: ORDER,
  Timestamp: '2023-11-14T22:13:20.000Z',
  SignatureVersion: '1',
  Signature: 'signature-of-the-first-delivery==',
  SigningCertURL: 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem',
  UnsubscribeURL: 'https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=first',
  MessageAttributes: { 'idempotency-key': { Type: 'String', Value: CLIENT_KEY } },
};
export const snsToSqsRecord: SQSRecord = {
  ...sqsRecord,
  messageId: '88888888-8888-4888-8888-888888888888',
  body: JSON.stringify(snsEnvelope),
  messageAttributes: {},
};

export interface OrderPlaced {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly data: { readonly item: string; readonly amount: number };
}
export const eventBridgeEvent: EventBridgeEvent<'OrderPlaced', OrderPlaced> = {
  version: '0',
  id: '99999999-9999-4999-8999-999999999999',
  'detail-type': 'OrderPlaced',
  source: 'shop.orders',
  account: '111122223333',
  time: '2023-11-14T22:13:20Z',
  region: 'eu-west-1',
  resources: [],
  detail: { metadata: { 'idempotency-key': CLIENT_KEY }, data: { item: 'cake', amount: 1250 } },
};

export const s3Event: S3Event = {
  Records: [
    {
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: 'eu-west-1',
      eventTime: '2023-11-14T22:13:20.000Z',
      eventName: 'ObjectCreated:Put',
      userIdentity: { principalId: 'AWS:AIDAEXAMPLE' },
      requestParameters: { sourceIPAddress: '198.51.100.7' },
      responseElements: { 'x-amz-request-id': 'REQUESTOFTHEPUT1', 'x-amz-id-2': 'id-2-of-the-put=' },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'notify-orders',
        bucket: {
          name: 'order-files',
          ownerIdentity: { principalId: 'OWNEREXAMPLE' },
          arn: 'arn:aws:s3:::order-files',
        },
        object: {
          key: 'in/order-7f3a.json',
          size: 29,
          eTag: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
          versionId: 'version-1',
          sequencer: '0065000000AAAAAAAA',
        },
      },
    },
  ],
};

export const s3ViaEventBridgeEvent: S3ObjectCreatedNotificationEvent = {
  version: '0',
  id: 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa',
  'detail-type': 'Object Created',
  source: 'aws.s3',
  account: '111122223333',
  time: '2023-11-14T22:13:20Z',
  region: 'eu-west-1',
  resources: ['arn:aws:s3:::order-files'],
  detail: {
    version: '0',
    bucket: { name: 'order-files' },
    object: {
      key: 'in/order-7f3a.json',
      size: 29,
      etag: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      'version-id': 'version-1',
      sequencer: '0065000000AAAAAAAA',
    },
    'request-id': 'REQUESTOFTHEPUT1',
    requester: '111122223333',
    'source-ip-address': '198.51.100.7',
    reason: 'PutObject',
  },
};

export const KEYED_ORDER = '{"idempotency_key":"order-7f3a","item":"cake"}';
export const kinesisEvent: KinesisStreamEvent = {
  Records: [
    {
      awsRegion: 'eu-west-1',
      eventID: 'shardId-000000000006:49590000000000000000000000000000000000000000000000000001',
      eventName: 'aws:kinesis:record',
      eventSource: 'aws:kinesis',
      eventSourceARN: 'arn:aws:kinesis:eu-west-1:111122223333:stream/orders',
      eventVersion: '1.0',
      invokeIdentityArn: 'arn:aws:iam::111122223333:role/orders',
      kinesis: {
        approximateArrivalTimestamp: 1_700_000_000.1,
        data: base64(KEYED_ORDER),
        kinesisSchemaVersion: '1.0',
        partitionKey: 'shop-north',
        sequenceNumber: '49590000000000000000000000000000000000000000000000000001',
      },
    },
  ],
};

export const dynamodbEvent: DynamoDBStreamEvent = {
  Records: [
    {
      eventID: 'c81e728d9d4c2f636f067f89cc14862c',
      eventName: 'MODIFY',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: 'eu-west-1',
      dynamodb: {
        ApproximateCreationDateTime: 1_700_000_000,
        Keys: { id: { S: 'order-7f3a' } },
        NewImage: { id: { S: 'order-7f3a' }, amount: { N: '1250' } },
        OldImage: { id: { S: 'order-7f3a' }, amount: { N: '1000' } },
        SequenceNumber: '222',
        SizeBytes: 59,
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
      eventSourceARN: 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders/stream/2023-01-01T00:00:00.000',
    },
  ],
};

/** The bytes of `order-7f3a`. */
const CLIENT_KEY_BYTES = [111, 114, 100, 101, 114, 45, 55, 102, 51, 97];

export const mskEvent: MSKEvent = {
  eventSource: 'aws:kafka',
  eventSourceArn: 'arn:aws:kafka:eu-west-1:111122223333:cluster/shop/bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb-1',
  bootstrapServers: 'b-1.shop.kafka.eu-west-1.amazonaws.com:9094',
  records: {
    'orders-0': [
      {
        topic: 'orders',
        partition: 0,
        offset: 15,
        timestamp: 1_700_000_000_000,
        timestampType: 'CREATE_TIME',
        key: base64('shop-north'),
        value: base64(ORDER),
        headers: [{ 'idempotency-key': CLIENT_KEY_BYTES }],
      },
    ],
  },
};

export const selfManagedKafkaEvent: SelfManagedKafkaEvent = {
  eventSource: 'SelfManagedKafka',
  bootstrapServers: 'broker-1.example.com:9092,broker-2.example.com:9092',
  records: {
    'orders-0': [
      {
        topic: 'orders',
        partition: 0,
        offset: 15,
        timestamp: 1_700_000_000_000,
        timestampType: 'CREATE_TIME',
        key: base64('shop-north'),
        value: base64(ORDER),
        headers: [],
      },
    ],
  },
};

/** `States.Format('{}/{}', $$.Execution.Id, $$.State.Name)` as the key. @types/aws-lambda has no type: the payload is the user's. */
export const stepFunctionsPayload = {
  'idempotency-key': 'arn:aws:states:eu-west-1:111122223333:execution:orders:run-1/Charge',
  order: { item: 'cake', amount: 1250 },
};

export const cloudFormationEvent: CloudFormationCustomResourceCreateEvent = {
  RequestType: 'Create',
  ServiceToken: 'arn:aws:lambda:eu-west-1:111122223333:function:orders',
  ResponseURL: 'https://cloudformation-custom-resource-response.example.com/?signature=first',
  StackId: 'arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/cccccccc-cccc-4ccc-8ccc-cccccccccccc',
  RequestId: 'dddddddd-dddd-4ddd-8ddd-dddddddddddd',
  LogicalResourceId: 'OrderSchema',
  ResourceType: 'Custom::OrderSchema',
  ResourceProperties: {
    ServiceToken: 'arn:aws:lambda:eu-west-1:111122223333:function:orders',
    version: '3',
  },
};

/** A direct or asynchronous invocation: the payload is the user's. */
export const invokePayload = { 'idempotency-key': CLIENT_KEY, order: { item: 'cake', amount: 1250 } };

export const durablePayload = { order: { item: 'cake', amount: 1250 } };
/** What `withDurableExecution` of @aws/durable-execution-sdk-js hands to a handler beside its steps: no Lambda context of its own. */
export const durableContext = {
  lambdaContext: context,
  executionContext: {
    durableExecutionArn:
      'arn:aws:lambda:eu-west-1:111122223333:function:orders:1/durable-execution/order-7f3a/eeeeeeee',
  },
};

type Changes = Readonly<Record<string, unknown>>;

/**
 * A copy with other values at the given paths (`'requestContext.requestId'`, `'Records.0.messageId'`);
 * `undefined` takes a member away.
 */
export const changed = <Event>(event: Event, changes: Changes): Event => {
  const copy = JSON.parse(JSON.stringify(event)) as Event;
  for (const [path, value] of Object.entries(changes)) {
    const names = path.split('.');
    const last = names.pop() as string;
    const holder = names.reduce<Record<string, unknown>>(
      (inner, name) => inner[name] as Record<string, unknown>,
      copy as Record<string, unknown>,
    );
    if (value === undefined) delete holder[last];
    else holder[last] = value;
  }
  return copy;
};
