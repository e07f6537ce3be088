import type { Context, SQSEvent } from 'aws-lambda';
import { IdempotencyAttemptsExhaustedError, makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { type Order, pay } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

// #region attempts
const payOnce = makeIdempotent(async (order: Order) => pay(order), {
  persistenceStore,
  keyPrefix: 'pay',
  config: {
    eventKeyJmesPath: 'orderId',
    // Counts runs that throw and runs that are cut off.
    maxAttempts: 3,
  },
});

/** Orders that someone has to look at. In your code, use a table or a queue. */
export const parked: string[] = [];

export const handler = async (event: SQSEvent, _context: Context): Promise<void> => {
  for (const { body } of event.Records) {
    const order: Order = JSON.parse(body);
    try {
      await payOnce(order);
    } catch (error) {
      if (!(error instanceof IdempotencyAttemptsExhaustedError)) throw error;
      parked.push(order.orderId);
    }
  }
};
// #endregion attempts
