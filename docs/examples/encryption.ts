import type { Context } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { compressed, encrypted } from 'lambda-idempotency/results';
import { bake, type Order } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

const keyNamed = (name: string): Uint8Array => Buffer.from(process.env[name] ?? '', 'base64');

// #region key
const codec = compressed(encrypted({ key: keyNamed('RESULT_KEY') }));

export const handler = makeIdempotent(async (order: Order, _context: Context) => bake(order), {
  persistenceStore,
  config: { eventKeyJmesPath: 'orderId', payloadValidationJmesPath: '[cake, amount]', codec },
});
// #endregion key

// #region rotation
/** The first key encrypts, and all of them decrypt. Fingerprints do not change. */
export const rotated = compressed(
  encrypted({
    key: [keyNamed('NEW_RESULT_KEY'), keyNamed('RESULT_KEY')],
    fingerprintKey: keyNamed('RESULT_KEY'),
  }),
);
// #endregion rotation
