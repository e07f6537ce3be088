import type { Context } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { bake, type Order } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

export const handler = makeIdempotent(async (order: Order, _context: Context) => bake(order), {
  persistenceStore,
  config: {
    eventKeyJmesPath: 'orderId',
    // #region cache
    // Replays in the same execution environment cost no request. Runs in progress are never cached.
    useLocalCache: true,
    maxLocalCacheSize: 512,
    // #endregion cache
  },
});
