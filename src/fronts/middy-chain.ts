import type { Context } from 'aws-lambda';
import { begin } from '../core/call/call.js';
import { fail, settle } from '../core/call/finish.js';
import type { Claim } from '../core/call/types.js';
import type { IdempotencyOptions } from '../core/config/options.js';
import { type Host, resolveOptions } from '../core/config/resolve.js';
import { callBuilder } from './build-call.js';
import { type FunctionIdentity, handlerScope } from './function-identity.js';
import { isDisabled } from './host.js';
import { isLambdaContext } from './lambda-context.js';

/** What is used of Middy's request; fits Middy 6 and 7. */
export interface MiddyLikeRequest {
  readonly event: unknown;
  readonly context: unknown;
  response?: unknown;
  earlyResponse?: unknown;
  readonly error?: unknown;
  readonly internal: object;
}

export interface IdempotencyMiddleware {
  before(request: MiddyLikeRequest): Promise<void>;
  after(request: MiddyLikeRequest): Promise<void>;
  onError(request: MiddyLikeRequest): Promise<void>;
}

/**
 * So close to the invocation's end, an error may be an early timeout's: `timeoutEarlyResponse` may throw any. A claim
 * that is kept for nothing ends with the invocation.
 */
const EARLY_TIMEOUT_MS = 1_000;

/** Middy's early timeout: the handler is still at work, so its claim must stay. */
const mayStillRun = ({ error, context }: MiddyLikeRequest): boolean => {
  const cause = (error as { cause?: { package?: unknown } } | undefined)?.cause;
  if (cause?.package === '@middy/core') return true;
  return isLambdaContext(context) && context.getRemainingTimeInMillis() <= EARLY_TIMEOUT_MS;
};

/**
 * An early answer skips the `after` of middlewares that came before. Powertools' Logger, Metrics and Tracer leave
 * their clean-up in `request.internal` for that case.
 */
const cleanUp = async (request: MiddyLikeRequest): Promise<void> => {
  for (const [name, value] of Object.entries(request.internal)) {
    if (name.startsWith('powertools-for-aws.') && typeof value === 'function') await value(request);
  }
};

/** @param identity tells this chain from another: Middy does not show the handler to a middleware */
export const middlewareFor = (
  options: IdempotencyOptions<never>,
  identity: FunctionIdentity,
  host: Host,
): IdempotencyMiddleware => {
  const resolved = resolveOptions('makeHandlerIdempotent', options, host);
  const buildCall = callBuilder(resolved, host.runtime);
  /** The claims that requests hold: without one, nothing here is ours to settle or release. */
  const claims = new WeakMap<MiddyLikeRequest, Claim>();

  /** The request's claim, which is from now on the caller's to settle or release. */
  const end = (request: MiddyLikeRequest): Claim | undefined => {
    resolved.forgetContext(request.context as Context);
    const claim = claims.get(request);
    claims.delete(request);
    return claim;
  };

  return {
    async before(request) {
      if (isDisabled()) return;
      const context = request.context as Context;
      const scope = resolved.keyPrefix ?? handlerScope(context);
      const call = await buildCall({ scope, identity, payload: request.event, context });
      const begun = call && (await begin(call));
      if (begun?.kind === 'replayed') {
        await cleanUp(request);
        // Not returned: Middy goes on when a middleware returns undefined, and undefined may be the stored result.
        request.earlyResponse = begun.value;
        return;
      }
      // As Powertools does: inner functions that share the config find the invocation there.
      resolved.registerContext(context);
      if (begun?.kind === 'claimed') claims.set(request, begun.claim);
    },
    async after(request) {
      const claim = end(request);
      if (claim) request.response = await settle(claim, request.response);
    },
    async onError(request) {
      const claim = end(request);
      if (claim && !mayStillRun(request)) await fail(claim, request.error);
    },
  };
};
