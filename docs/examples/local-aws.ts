import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type {
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  Context,
  EventBridgeEvent,
  SQSEvent,
} from 'aws-lambda';
import { type LocalDatabase, startDynalite } from '../../tests/support/dynalite.js';
import { clientFor, createTable, type TableOptions } from '../../tests/support/tables.js';
import type { Order } from './bakery.js';

/** Support for the tests of the examples: a DynamoDB inside this process, events, and a Lambda context. */

export interface LocalAws {
  readonly client: DynamoDBClient;
  /** Creates a table. Examples imported from now on use it. */
  openTable(options?: TableOptions): Promise<string>;
  close(): Promise<void>;
}

export const startLocalAws = async (): Promise<LocalAws> => {
  const database: LocalDatabase = await startDynalite();
  const client = clientFor(database.endpoint);
  // The examples create their clients without settings, as in Lambda.
  process.env['AWS_ENDPOINT_URL_DYNAMODB'] = database.endpoint;
  return {
    client,
    async openTable(options) {
      const tableName = await createTable(client, options);
      process.env['TABLE_NAME'] = tableName;
      return tableName;
    },
    async close() {
      client.destroy();
      await database.close();
    },
  };
};

export const order = (orderId: string, changes: Partial<Order> = {}): Order => ({
  orderId,
  cake: 'black forest',
  amount: 42,
  ...changes,
});

/** The request as API Gateway passes it; each has its own id and time. */
export const request = (idempotencyKey: string | undefined, body: object): APIGatewayProxyEvent => {
  const path = new URL('../../demo/events/place-order.json', import.meta.url);
  const event: APIGatewayProxyEvent = JSON.parse(readFileSync(path, 'utf8'));
  event.headers['Idempotency-Key'] = idempotencyKey;
  event.body = JSON.stringify(body);
  event.requestContext.requestId = randomUUID();
  return event;
};

/** The request as an HTTP API passes it; each has its own id, time and trace. */
export const httpRequest = (
  idempotencyKey: string | undefined,
  body: object,
  domainName = 'ada.cakes.example',
): APIGatewayProxyEventV2 => ({
  version: '2.0',
  routeKey: 'POST /orders',
  rawPath: '/orders',
  rawQueryString: '',
  headers: {
    'content-type': 'application/json',
    'x-amzn-trace-id': `Root=${randomUUID()}`,
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
  },
  requestContext: {
    accountId: '123456789012',
    apiId: 'q1w2e3r4t5',
    domainName,
    domainPrefix: 'ada',
    http: { method: 'POST', path: '/orders', protocol: 'HTTP/1.1', sourceIp: '198.51.100.24', userAgent: '' },
    requestId: randomUUID(),
    routeKey: 'POST /orders',
    stage: '$default',
    time: new Date().toUTCString(),
    timeEpoch: Date.now(),
  },
  body: JSON.stringify(body),
  isBase64Encoded: false,
});

/** The event as EventBridge passes it; each `PutEvents` gives it a new id. */
export const orderCreated = (
  idempotencyKey: string,
  created: Order,
): EventBridgeEvent<'OrderCreated', { metadata: { 'idempotency-key': string }; order: Order }> => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'OrderCreated',
  source: 'shop.orders',
  account: '123456789012',
  time: new Date().toISOString(),
  region: 'eu-central-1',
  resources: [],
  detail: { metadata: { 'idempotency-key': idempotencyKey }, order: created },
});

export const sqsEvent = (...bodies: object[]): SQSEvent => ({
  Records: bodies.map((body) => ({
    messageId: randomUUID(),
    receiptHandle: 'handle',
    body: JSON.stringify(body),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '1795273603128',
      SenderId: 'AIDAEXAMPLE',
      ApproximateFirstReceiveTimestamp: '1795273603130',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:orders',
    awsRegion: 'eu-central-1',
  })),
});

/** A context whose remaining time counts down from `remainingMs`. */
export const lambdaContext = (functionName: string, remainingMs = 10_000): Context => {
  const endsAt = Date.now() + remainingMs;
  return {
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:eu-central-1:123456789012:function:${functionName}`,
    awsRequestId: randomUUID(),
    memoryLimitInMB: '128',
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: '2026/11/21/[$LATEST]0123456789abcdef0123456789abcdef',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => endsAt - Date.now(),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
};
