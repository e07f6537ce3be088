import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Context } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { bake, type Order } from './bakery.js';

const tableName = process.env['TABLE_NAME'] ?? '';

// #region settings
/** The store creates its client, with your settings over its defaults. */
export const withSettings = new DynamoDBPersistenceLayer({
  tableName,
  clientConfig: { region: 'eu-central-1', maxAttempts: 5 },
});
// #endregion settings

// #region client
/** The store uses your client, with your timeouts and retries. */
const client = DynamoDBDocumentClient.from(
  new DynamoDBClient({
    maxAttempts: 3,
    // Without throwOnRequestTimeout, the SDK only warns about a late answer and keeps waiting.
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
  }),
);
export const withClient = new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: client });
// #endregion client

export const handler = makeIdempotent(async (order: Order, _context: Context) => bake(order), {
  persistenceStore: withClient,
  config: { eventKeyJmesPath: 'orderId' },
});
