import type { Context } from 'aws-lambda';
// Before:
//   import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
//   import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
// After:
import { IdempotencyConfig, makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { bake, type Cake, type Order } from './bakery.js';

// Below, nothing changes.
const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });
const config = new IdempotencyConfig({
  eventKeyJmesPath: 'orderId',
  payloadValidationJmesPath: 'amount',
  throwOnNoIdempotencyKey: true,
  expiresAfterSeconds: 3_600,
});

const bakeOnce = makeIdempotent(async (order: Order): Promise<Cake> => bake(order), {
  persistenceStore,
  config,
});

export const handler = async (order: Order, context: Context): Promise<Cake> => {
  config.registerLambdaContext(context);
  return bakeOnce(order);
};
