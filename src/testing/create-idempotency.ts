import type { IdempotencyOptions } from '../core/config/options.js';
import type { Clock } from '../core/protocol/clock.js';
import { decoratorFor, type IdempotentDecorator } from '../fronts/decorator.js';
import { identityAt } from '../fronts/function-identity.js';
import { nodeHost } from '../fronts/host.js';
import {
  type IdempotentFunction,
  type IdempotentFunctionOptions,
  type IdempotentResult,
  type PayloadOf,
  wrap,
} from '../fronts/make-idempotent.js';
import { type IdempotencyMiddleware, middlewareFor } from '../fronts/middy-chain.js';

/** The wrappers of this library, on a clock of your own. */
export interface Idempotency {
  makeIdempotent<This, Args extends readonly unknown[], Result, const Index extends number = 0>(
    fn: (this: This, ...args: Args) => Result,
    options: IdempotentFunctionOptions<PayloadOf<Args, Index>, Index, NoInfer<IdempotentResult<Result>>>,
  ): IdempotentFunction<This, Args, Result>;
  idempotent<Payload = unknown, Result = unknown>(
    options: IdempotentFunctionOptions<Payload, number, Result>,
  ): IdempotentDecorator;
  makeHandlerIdempotent<Payload = unknown, Result = unknown>(
    options: IdempotencyOptions<Payload, Result>,
  ): IdempotencyMiddleware<Payload>;
}

/**
 * Creates `makeIdempotent`, `idempotent` and `makeHandlerIdempotent` on the given clock, so that a test can let windows and
 * leases pass.
 *
 * @example
 * ```ts
 * import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';
 * import { createIdempotency, ManualClock } from 'lambda-idempotency/testing';
 *
 * const clock = new ManualClock();
 * const { makeIdempotent } = createIdempotency({ clock });
 * const placeOrder = makeIdempotent(async (orderId: string) => `ordered ${orderId}`, {
 *   persistenceStore: new MemoryPersistenceLayer(),
 *   keyPrefix: 'orders',
 *   config: { expiresAfterSeconds: 3_600 },
 * });
 *
 * await placeOrder('1'); // Runs.
 * await placeOrder('1'); // Is replayed.
 * await clock.advance(3_600_000);
 * await placeOrder('1'); // Runs again.
 * ```
 */
export const createIdempotency = ({ clock }: { readonly clock: Clock }): Idempotency => {
  const host = { ...nodeHost, runtime: { ...nodeHost.runtime, clock } };
  const makeIdempotent: Idempotency['makeIdempotent'] = (fn, options) =>
    wrap(fn, options, identityAt(makeIdempotent), host);
  const idempotent: Idempotency['idempotent'] = (options) =>
    decoratorFor(options as IdempotentFunctionOptions<never>, identityAt(idempotent), host);
  const makeHandlerIdempotent: Idempotency['makeHandlerIdempotent'] = (options) =>
    middlewareFor(options as IdempotencyOptions<never>, identityAt(makeHandlerIdempotent), host);
  return { makeIdempotent, idempotent, makeHandlerIdempotent };
};
