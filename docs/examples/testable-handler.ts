import type { Context } from 'aws-lambda';
import { type IdempotentFunction, makeIdempotent, type PersistenceStore } from 'lambda-idempotency';
import { bake, type Cake, type Order } from './bakery.js';

/** Creates the handler with any store: DynamoDB in Lambda, memory in tests. */
export const createHandler = (
  persistenceStore: PersistenceStore,
): IdempotentFunction<unknown, [Order, Context], Cake> =>
  makeIdempotent(async (order: Order, _context: Context) => bake(order), {
    persistenceStore,
    config: { eventKeyJmesPath: 'orderId', payloadValidationJmesPath: 'amount' },
  });
