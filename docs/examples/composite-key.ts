import type { Context } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { bake, type Order } from './bakery.js';

// #region store
// A table with a partition key `pk` and a sort key `sk`: each record gets a partition of its own, so none is hot.
const persistenceStore = new DynamoDBPersistenceLayer({
  tableName: process.env['TABLE_NAME'] ?? '',
  keyAttr: 'pk',
  sortKeyAttr: 'sk',
});
// #endregion store

export const handler = makeIdempotent(async (order: Order, _context: Context) => bake(order), {
  persistenceStore,
  config: { eventKeyJmesPath: 'orderId' },
});
