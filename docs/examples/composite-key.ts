import type { Context } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { bake, type Order } from './bakery.js';

// #region store
// A table with partition key `pk` and sort key `sk`. Each record has its own partition, so none is hot.
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
