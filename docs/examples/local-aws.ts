import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { APIGatewayProxyEvent, Context, SQSEvent } from 'aws-lambda';
import { type LocalDatabase, startDynalite } from '../../tests/helpers/dynalite.js';
import { clientFor, createTable, type TableOptions } from '../../tests/helpers/tables.js';
import type { Order } from './bakery.js';

/** What the tests of the examples stand on: a DynamoDB inside this process, events, and a Lambda's context. */

export interface LocalAws {
  readonly client: DynamoDBClient;
  /** Creates a table, and names it to the examples that are imported from now on. */
  openTable(options?: TableOptions): Promise<string>;
  close(): Promise<void>;
}

export const startLocalAws = async (): Promise<LocalAws> => {
  const database: LocalDatabase = await startDynalite();
  const client = clientFor(database.endpoint);
  // The examples make their clients without settings, as in Lambda.
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

/** The request as API Gateway hands it over; each one has an id and a time of its own. */
export const request = (idempotencyKey: string | undefined, body: object): APIGatewayProxyEvent => {
  const path = new URL('../../demo/events/place-order.json', import.meta.url);
  const event: APIGatewayProxyEvent = JSON.parse(readFileSync(path, 'utf8'));
  event.headers['Idempotency-Key'] = idempotencyKey;
  event.body = JSON.stringify(body);
  event.requestContext.requestId = randomUUID();
  return event;
};

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

/** A context whose time runs down from `remainingMs`. */
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
