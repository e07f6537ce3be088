import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { bake, type Order } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

/** Called by a worker in a container, without a Lambda context. A cake may take hours. */
export const bakeOnce = makeIdempotent(async (order: Order) => bake(order), {
  persistenceStore,
  keyPrefix: 'bake-in-a-container',
  config: {
    eventKeyJmesPath: 'orderId',
    // #region renew
    // Renewed every 20 s while the function runs. Another host can take over 60 s after this one died.
    lease: { seconds: 60, renew: true },
    // #endregion renew
  },
});
