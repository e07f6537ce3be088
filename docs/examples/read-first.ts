import type { Context } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { bake, type Order } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

export const handler = makeIdempotent(async (order: Order, _context: Context) => bake(order), {
  persistenceStore,
  config: {
    eventKeyJmesPath: 'orderId',
    // #region read-first
    // The client repeats the same request until it has its cake.
    readFirst: true,
    // #endregion read-first
  },
});
