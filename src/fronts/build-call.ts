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

/** How one use of a front names its calls. */
export interface Entry {
  readonly scope: string;
  /** Tells this function from another one under the same scope. */
  readonly identity: FunctionIdentity;
  readonly payload: unknown;
  /** Of the invocation. */
  readonly context: Context | undefined;
  /** What key functions and sources get, where that is another. */
  readonly keyContext?: unknown;
}

export const missingKeyError = (scope: string): IdempotencyKeyError =>
  new IdempotencyKeyError(
    `The idempotency key of a call to ${scope} is missing: the selected part of the payload is undefined or null, or a part of a composite key is. Nothing ran.`,
  );

/** Builds calls of one set of options. All fronts come through here; what they hand over is all that differs between them. */
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
  // When wrapping, where that can be known.
  reportShortWindow(configured, window);

  /** The call, or undefined when its key is missing and it runs unprotected. */
  return async ({ scope, identity, payload, context, keyContext = context }) => {
    occupyScope(store, scope, identity);
    const found = await identityOf(options.identityRules, scope, payload, keyContext);
    reportShortWindow(found?.source, window);
    if (found) {
      const { key, fingerprint, windowSeconds, source } = found;
      const left = timeLeftIn(context);
      const deadline = left === undefined ? undefined : clock.now() + left;
      const endsAt = left === undefined ? undefined : monotonicNow(clock) + left;
      const requestId = requestIdOf(context);
      // Not spread: of all that is done for a small call, that took a fifth.
      return {
        key,
        scope,
        fingerprint,
        windowSeconds,
        source,
        policy,
        runtime,
        deadline,
        endsAt,
        requestId,
      };
    }
    if (options.throwOnNoIdempotencyKey) throw missingKeyError(scope);
    emit('keyMissing', () => ({ scope }));
    return undefined;
  };
};

/** Windows that were reported as too short: once in a process, however often a function is wrapped. */
const reported = new Set<string>();

/** A duplicate that comes after the window runs. */
const reportShortWindow = (source: EventSource | undefined, windowSeconds: number | undefined): void => {
  if (!source || windowSeconds === undefined || source.windowSeconds === undefined) return;
  if (source.windowSeconds <= windowSeconds) return;
  const shortness = `${source.name} ${source.windowSeconds} ${windowSeconds}`;
  if (reported.has(shortness)) return;
  reported.add(shortness);
  process.emitWarning(
    `\`expiresAfterSeconds\` is ${windowSeconds}, and ${source.name} may deliver an event again for ${source.windowSeconds} s: what comes after the window runs again.`,
    { type: 'IdempotencyWarning', code: 'IDEMPOTENCY_SHORT_WINDOW' },
  );
};
