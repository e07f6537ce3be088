import type { Context } from 'aws-lambda';
import { begin } from '../core/call/call.js';
import { fail, settle } from '../core/call/finish.js';
import type { Claim } from '../core/call/types.js';
import type { IdempotencyOptions } from '../core/config/options.js';
import { type Host, resolveOptions } from '../core/config/resolve.js';
import { callBuilder } from './build-call.js';
import { isSwitchedOff } from './disabled.js';
import { type FunctionIdentity, handlerScope } from './function-identity.js';
import { isLambdaContext } from './lambda-context.js';

/** The parts of Middy's request that are used, in Middy 4 to 7. */
export interface MiddyLikeRequest<Event = unknown> {
  readonly event: Event;
  readonly context: unknown;
  response?: unknown;
  earlyResponse?: unknown;
  readonly error?: unknown;
  readonly internal: object;
}

export interface IdempotencyMiddleware<Event = unknown> {
  /** For a duplicate, the stored outcome; else undefined. */
  before(request: MiddyLikeRequest<Event>): Promise<unknown>;
  after(request: MiddyLikeRequest<Event>): Promise<void>;
  onError(request: MiddyLikeRequest<Event>): Promise<void>;
}

/**
 * This close to the invocation's end, any error can come from an early timeout, because `timeoutEarlyResponse` may
 * throw anything. A claim that is kept needlessly ends with the invocation.
 */
const EARLY_TIMEOUT_MS = 1_000;

/** Whether this may be Middy's early timeout: then the handler is still running, so its claim must stay. */
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

/**
 * Ends the request without its handler. Middy 6 reads `earlyResponse`, which may be undefined. Middy before 6 reads only
 * what a middleware returns, and runs the handler unless `response` is set: to null, which Lambda also sends for
 * undefined. Middy 6 overwrites it.
 */
const answerEarly = (request: MiddyLikeRequest, answer: unknown): unknown => {
  request.response = answer ?? null;
  request.earlyResponse = answer;
  return answer;
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
      const context = request.context as Context;
      const scope = resolved.keyPrefix ?? handlerScope(context);
      if (isSwitchedOff(() => scope)) return undefined;
      const call = await buildCall({ scope, identity, payload: request.event, context });
      const begun = call && (await begin(call));
      if (begun?.kind === 'replayed') {
        await cleanUp(request);
        return answerEarly(request, begun.value);
      }
      // As in Powertools: inner functions that share the config find the invocation's context there.
      resolved.registerContext(context);
      if (begun?.kind === 'claimed') claims.set(request, begun.claim);
      return undefined;
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
