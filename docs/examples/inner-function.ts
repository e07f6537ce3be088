import type { Context, SQSEvent } from 'aws-lambda';
import { IdempotencyConfig, makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { bake, type Cake, type Order } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });
const config = new IdempotencyConfig({
  eventKeyJmesPath: 'orderId',
  // As long as a queue can keep a message, because a duplicate after the window runs again.
  expiresAfterSeconds: 14 * 24 * 60 * 60,
});

// The function's name is part of the scope of its keys: `<name of the Lambda function>.bakeOnce`.
const bakeOnce = makeIdempotent(
  async function bakeOnce(order: Order): Promise<Cake> {
    return bake(order);
  },
  { persistenceStore, config },
);

export const handler = async (event: SQSEvent, context: Context): Promise<void> => {
  // The invocation's remaining time decides how long a claim is protected.
  config.registerLambdaContext(context);
  for (const { body } of event.Records) await bakeOnce(JSON.parse(body));
};
