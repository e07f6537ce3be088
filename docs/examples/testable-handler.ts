import type { Context } from 'aws-lambda';
import { type IdempotentFunction, makeIdempotent, type PersistenceStore } from 'lambda-idempotency';
import { bake, type Cake, type Order } from './bakery.js';

/** The handler over any store: DynamoDB in its Lambda, memory in its tests. */
export const createHandler = (
  persistenceStore: PersistenceStore,
): IdempotentFunction<unknown, [Order, Context], Cake> =>
  makeIdempotent(async (order: Order, _context: Context) => bake(order), {
    persistenceStore,
    config: { eventKeyJmesPath: 'orderId', payloadValidationJmesPath: 'amount' },
  });
