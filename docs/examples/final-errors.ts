import type { Context } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { type Order, pay } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

// #region final
export class CardDeclinedError extends Error {
  override readonly name = 'CardDeclinedError';
  readonly code: string;

  constructor(code: string) {
    super('The card was declined.');
    this.code = code;
  }
}

export const handler = makeIdempotent(
  async (order: Order, _context: Context) => {
    const { declined } = await pay(order);
    if (declined) throw new CardDeclinedError(declined);
    return { paid: order.amount };
  },
  {
    persistenceStore,
    config: {
      eventKeyJmesPath: 'orderId',
      // Ask the bank again if it did not answer, but not if it declined.
      shouldStoreError: (error) => error instanceof CardDeclinedError,
      // A replayed error is an `instanceof` its class again.
      errorClasses: [CardDeclinedError],
    },
  },
);
// #endregion final
