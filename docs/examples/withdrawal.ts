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
    // After a crash or a timeout, nothing is withdrawn again until someone has checked the account.
    lease: { whenOver: 'refuse' },
    // Leave two weeks for that check.
    expiresAfterSeconds: 14 * 24 * 60 * 60,
    // #endregion refuse
  },
});
