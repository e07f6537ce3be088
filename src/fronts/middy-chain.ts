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

/** The parts of Middy's request that are used, in Middy 6 and 7. */
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
 * This close to the invocation's end, any error can come from an early timeout, because `timeoutEarlyResponse` may throw
 * any. If the claim is kept for nothing, it ends with the invocation.
 */
const EARLY_TIMEOUT_MS = 1_000;

/** Whether this can be Middy's early timeout: the handler then still runs, so its claim must stay. */
const mayStillRun = ({ error, context }: MiddyLikeRequest): boolean => {
  const cause = (error as { cause?: { package?: unknown } } | undefined)?.cause;
  if (cause?.package === '@middy/core') return true;
  return isLambdaContext(context) && context.getRemainingTimeInMillis() <= EARLY_TIMEOUT_MS;
};

/**
 * An early answer skips the `after` of earlier middlewares. For that case, Powertools' Logger, Metrics and Tracer put
 * their clean-up into `request.internal`.
 */
const cleanUp = async (request: MiddyLikeRequest): Promise<void> => {
  for (const [name, value] of Object.entries(request.internal)) {
    if (name.startsWith('powertools-for-aws.') && typeof value === 'function') await value(request);
  }
};

/** @param identity distinguishes this chain from others, since Middy does not pass the handler to a middleware */
export const middlewareFor = (
  options: IdempotencyOptions<never>,
  identity: FunctionIdentity,
  host: Host,
): IdempotencyMiddleware => {
  const resolved = resolveOptions('makeHandlerIdempotent', options, host);
  const buildCall = callBuilder(resolved, host.runtime);
  /** The claims of requests in progress. A request without one has nothing to settle or release. */
  const claims = new WeakMap<MiddyLikeRequest, Claim>();

  /** Takes the request's claim: the caller settles or releases it. */
  const takeClaim = (request: MiddyLikeRequest): Claim | undefined => {
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
        // Not returned: Middy continues if a middleware returns undefined, and the stored result may be undefined.
        request.earlyResponse = begun.value;
        return;
      }
      // As in Powertools: inner functions that share the config find the invocation's context there.
      resolved.registerContext(context);
      if (begun?.kind === 'claimed') claims.set(request, begun.claim);
    },
    async after(request) {
      const claim = takeClaim(request);
      if (claim) request.response = await settle(claim, request.response);
    },
    async onError(request) {
      const claim = takeClaim(request);
      if (claim && !mayStillRun(request)) await fail(claim, request.error);
    },
  };
};
