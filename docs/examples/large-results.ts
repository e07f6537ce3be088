import { randomBytes } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { compressed, s3Results } from 'lambda-idempotency/results';
import { bake, type Order } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

/** Pictures do not compress. */
const photograph = async (order: Order): Promise<string> => {
  await bake(order);
  return randomBytes(order.amount * 1_000).toString('base64');
};

// #region s3
const codec = compressed(s3Results({ bucket: process.env['RESULTS_BUCKET'] ?? '' }));

export const handler = makeIdempotent(async (order: Order, _context: Context) => photograph(order), {
  persistenceStore,
  config: { eventKeyJmesPath: 'orderId', codec },
});
// #endregion s3
