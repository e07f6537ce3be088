import type { IdempotencyOptions } from '../core/config/options.js';
import type { Clock } from '../core/protocol/clock.js';
import { decoratorFor, type IdempotentDecorator } from '../fronts/decorator.js';
import { identityAt } from '../fronts/function-identity.js';
import { nodeHost } from '../fronts/host.js';
import { type IdempotentFunction, type IdempotentFunctionOptions, wrap } from '../fronts/make-idempotent.js';
import { type IdempotencyMiddleware, middlewareFor } from '../fronts/middy-chain.js';

/** The fronts, on a clock of your own. */
export interface Idempotency {
  makeIdempotent<This, Args extends readonly unknown[], Result, const Index extends number = 0>(
    fn: (this: This, ...args: Args) => Result,
    options: IdempotentFunctionOptions<Args[Index], Index>,
  ): IdempotentFunction<This, Args, Result>;
  idempotent<Payload = never>(options: IdempotentFunctionOptions<Payload>): IdempotentDecorator;
  makeHandlerIdempotent<Payload = never>(options: IdempotencyOptions<Payload>): IdempotencyMiddleware;
}

/**
 * Makes fronts that ask the given clock, so that a test can let windows and leases pass.
 *
 * @example docs/examples/testing-time.test.ts
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
