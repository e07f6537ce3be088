import type { Context } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb-lite';
import { bake, type Order } from './bakery.js';

const tableName = process.env['TABLE_NAME'] ?? '';

// #region store
const persistenceStore = new DynamoDBPersistenceLayer({
  tableName,
  // Opens the connection while Lambda starts the function, so that the first call need not wait for it.
  connectAtStart: true,
});
// #endregion store

// #region settings
/** The AWS SDK's names. What is not given comes from the environment. */
export const withSettings = new DynamoDBPersistenceLayer({
  tableName,
  clientConfig: {
    region: 'eu-central-1',
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 500, requestTimeout: 1_000 },
  },
});
// #endregion settings

export const handler = makeIdempotent(async (order: Order, _context: Context) => bake(order), {
  persistenceStore,
  config: { eventKeyJmesPath: 'orderId' },
});
