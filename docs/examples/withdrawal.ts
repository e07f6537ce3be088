import type { Context } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { type Order, pay } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

export const handler = makeIdempotent(async (order: Order, _context: Context) => pay(order), {
  persistenceStore,
  config: {
    eventKeyJmesPath: 'orderId',
    // #region refuse
    // After a crash or a time-out, nobody withdraws again before somebody has looked at the account.
    lease: { whenOver: 'refuse' },
    // Long enough for that somebody: two weeks.
    expiresAfterSeconds: 14 * 24 * 60 * 60,
    // #endregion refuse
  },
});
