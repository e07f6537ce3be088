import type { IdempotencyOptions } from '../core/config/options.js';
import { identityAt } from './function-identity.js';
import { nodeHost } from './host.js';
import { type IdempotencyMiddleware, middlewareFor } from './middy-chain.js';

export type { IdempotencyMiddleware, MiddyLikeRequest } from './middy-chain.js';

/**
 * `makeIdempotent` for a Middy chain. Put it before middlewares that change the event, so that the key is
 * computed from the original event. The stored response includes the changes of the middlewares after it.
 *
 * An inner function finds the invocation's context if both share one `IdempotencyConfig`, or if the handler calls
 * `registerLambdaContext` on the inner function's config.
 *
 * @throws IdempotencyConfigError for invalid options, at once
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
export const makeHandlerIdempotent = <Payload = unknown, Result = unknown>(
  options: IdempotencyOptions<Payload, Result>,
): IdempotencyMiddleware<Payload> =>
  middlewareFor(options as IdempotencyOptions<never>, identityAt(makeHandlerIdempotent), nodeHost);
