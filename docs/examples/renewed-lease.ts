import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { bake, type Order } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

/** Called by a worker in a container: there is no Lambda context, and a cake may take hours. */
export const bakeOnce = makeIdempotent(async (order: Order) => bake(order), {
  persistenceStore,
  keyPrefix: 'bake-in-a-container',
  config: {
    eventKeyJmesPath: 'orderId',
    // #region renew
    // Renewed every 20 s while the function runs; 60 s after the host has died, another one may run.
    lease: { seconds: 60, renew: true },
    // #endregion renew
  },
});
