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
import { requestIdOf, timeLeftIn } from './lambda-context.js';

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

/** @param missing what was looked for, as `MissingKey` has it */
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
    return undefined;
  };
};

/** The short windows reported so far: once per process, however often a function is wrapped. */
const reported = new Set<string>();

/** Warns about a window that is shorter than the source's redeliveries: a duplicate after the window runs again. */
const reportShortWindow = (source: EventSource | undefined, windowSeconds: number | undefined): void => {
  if (!source || windowSeconds === undefined || source.windowSeconds === undefined) return;
  if (source.windowSeconds <= windowSeconds) return;
  const shortness = `${source.name} ${source.windowSeconds} ${windowSeconds}`;
  if (reported.has(shortness)) return;
  reported.add(shortness);
  process.emitWarning(
    `\`expiresAfterSeconds\` is ${windowSeconds}, and ${source.name} may deliver an event again for ${source.windowSeconds} s: a delivery after the window runs again.`,
    { type: 'IdempotencyWarning', code: 'IDEMPOTENCY_SHORT_WINDOW' },
  );
};
