import type { IdempotencyOptions } from '../core/config/options.js';
import { identityAt } from './function-identity.js';
import { nodeHost } from './host.js';
import { type IdempotencyMiddleware, middlewareFor } from './middy-chain.js';

export type { IdempotencyMiddleware, MiddyLikeRequest } from './middy-chain.js';

/**
 * `makeIdempotent` for a Middy chain. Use it before the middlewares that change the event, so that the key is of the
 * event as it came; it stores the response as those after it left it.
 *
 * An inner function under it finds the invocation's context where both share one `IdempotencyConfig`, or where the
 * handler calls `registerLambdaContext` on the inner function's.
 *
 * @throws IdempotencyConfigError at once, for options that cannot work
 * @example
 * ```ts
 * import middy from '@middy/core';
 * import type { Context } from 'aws-lambda';
 * import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
 * import { makeHandlerIdempotent } from 'lambda-idempotency/middleware';
 *
 * const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'idempotency' });
 *
 * export const handler = middy<{ id: string }, { ordered: string }, Error, Context>()
 *   .use(makeHandlerIdempotent({ persistenceStore, config: { eventKeyJmesPath: 'id' } }))
 *   .handler(async (order) => ({ ordered: order.id }));
 * ```
 */
export const makeHandlerIdempotent = <Payload = never>(
  options: IdempotencyOptions<Payload>,
): IdempotencyMiddleware =>
  middlewareFor(options as IdempotencyOptions<never>, identityAt(makeHandlerIdempotent), nodeHost);
