import { hkdfSync } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { compressed, encrypted, type KeyFunction } from 'lambda-idempotency/results';
import { bake, type Order } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

interface TenantOrder extends Order {
  readonly tenant: string;
}

// #region tenants
/** One root key, and from it a key for each tenant; a tenant's key opens no other tenant's results. */
const rootKey = Buffer.from(process.env['RESULT_KEY'] ?? '', 'base64');
const GENERATION = '1';

const key: KeyFunction = (id = GENERATION, { tenant }) =>
  id === GENERATION
    ? { id, bytes: new Uint8Array(hkdfSync('sha256', rootKey, '', JSON.stringify(tenant), 32)) }
    : undefined;

export const codec = compressed(encrypted({ key }));

export const handler = makeIdempotent(async (order: TenantOrder, _context: Context) => bake(order), {
  persistenceStore,
  config: {
    eventKey: ({ orderId }) => orderId,
    scope: ({ tenant }) => tenant,
    codec,
  },
});
// #endregion tenants
