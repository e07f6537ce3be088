import type { Context } from 'aws-lambda';
import type { Call, Runtime } from '../core/call/types.js';
import type { ResolvedOptions } from '../core/config/resolve.js';
import { identityOf } from '../core/keys/identity.js';
import { monotonicNow } from '../core/protocol/clock.js';
import { IdempotencyKeyError } from '../core/protocol/errors.js';
import { emit } from '../core/protocol/events.js';
import type { EventSource } from '../core/protocol/source.js';
import { localCache } from '../stores/local-cache.js';
import { type FunctionIdentity, occupyScope } from './function-identity.js';
import { lambdaName } from './host.js';
import { requestIdOf, timeLeftIn } from './lambda-context.js';
import { warnOnce } from './warnings.js';

/** What a front hands over for one call. */
export interface Entry {
  readonly scope: string;
  /** Distinguishes this function from another one under the same scope. */
  readonly identity: FunctionIdentity;
  readonly payload: unknown;
  /** The invocation's context. */
  readonly context: Context | undefined;
  /** The context for key functions and sources, if it is a different one. */
  readonly keyContext?: unknown;
}

/** @param missing what was looked for, as in `MissingKey` */
export const missingKeyError = (scope: string, missing: string): IdempotencyKeyError =>
  new IdempotencyKeyError(`The idempotency key of a call to ${scope} is missing: ${missing}. Nothing ran.`);

/** Builds the calls of one wrapped function. Every front uses it; they differ only in the `Entry` they hand over. */
export const callBuilder = (
  options: ResolvedOptions,
  runtime: Runtime,
): ((entry: Entry) => Promise<Call | undefined>) => {
  const { store } = options.policy;
  const { clock } = runtime;
  const policy =
    options.localCacheSize === 0
      ? options.policy
      : { ...options.policy, store: localCache(store, { maxRecords: options.localCacheSize, clock }) };
  const { windowSeconds: window, source: configured } = options.identityRules;
  const leaseSeconds = options.isLeaseSet ? undefined : policy.leaseMs / 1_000;
  // At wrap time, if the window is known by then.
  reportShortWindow(configured, window);

  /** The call, or undefined if its key is missing and it runs unprotected. */
  return async ({ scope, identity, payload, context, keyContext = context }) => {
    occupyScope(store, scope, identity);
    const identified = identityOf(options.identityRules, scope, payload, keyContext);
    // A promise only where the codec masks fingerprints.
    const found = 'key' in identified ? identified : await identified;
    reportShortWindow(found.source, window);
    if (found.key !== undefined) {
      const { key, fingerprint, windowSeconds, source, tenant } = found;
      const left = timeLeftIn(context);
      if (left === undefined && leaseSeconds !== undefined) reportNoContext(scope, leaseSeconds);
      const deadline = left === undefined ? undefined : clock.now() + left;
      const endsAt = left === undefined ? undefined : monotonicNow(clock) + left;
      const requestId = requestIdOf(context);
      // Not spread: a spread took a fifth of the time of a small call.
      return {
        key,
        scope,
        fingerprint,
        windowSeconds,
        source,
        tenant,
        policy,
        runtime,
        deadline,
        endsAt,
        requestId,
      };
    }
    const { missing } = found;
    if (options.throwOnNoIdempotencyKey) throw missingKeyError(scope, missing);
    emit('keyMissing', () => ({ scope, missing }));
    reportMissingKey(scope, missing);
    return undefined;
  };
};

/** Without `throwOnNoIdempotencyKey`, a typo in an expression would leave all calls unprotected. */
const reportMissingKey = (scope: string, missing: string): void =>
  warnOnce(
    'IDEMPOTENCY_KEY_MISSING',
    scope,
    `The idempotency key of a call to ${scope} is missing: ${missing}. The function ran unprotected, as will every such call. Set \`throwOnNoIdempotencyKey\` to reject them. This is reported once; the event \`keyMissing\` is emitted each time.`,
  );

/** In Lambda only: elsewhere there is no context to hand over. */
const reportNoContext = (scope: string, leaseSeconds: number): void => {
  if (lambdaName() === undefined) return;
  warnOnce(
    'IDEMPOTENCY_NO_CONTEXT',
    scope,
    `A call to ${scope} has no Lambda context, so its lease is ${leaseSeconds} s (${leaseSeconds / 60} minutes): after a crash its key is blocked for that long. Pass the context as the handler's second argument, call \`config.registerLambdaContext(context)\` in the handler, or call the function from a wrapped handler. Or set \`lease.seconds\` to the Lambda's timeout, which on Lambda Managed Instances may be longer: up to 5400 s.`,
  );
};

/** Warns about a window that is shorter than the source's redeliveries: a duplicate after the window runs again. */
const reportShortWindow = (source: EventSource | undefined, windowSeconds: number | undefined): void => {
  if (!source || windowSeconds === undefined || source.windowSeconds === undefined) return;
  if (source.windowSeconds <= windowSeconds) return;
  warnOnce(
    'IDEMPOTENCY_SHORT_WINDOW',
    `${source.name} ${source.windowSeconds} ${windowSeconds}`,
    `\`expiresAfterSeconds\` is ${windowSeconds}, and ${source.name} may deliver an event again for ${source.windowSeconds} s: a delivery after the window runs again.`,
  );
};
