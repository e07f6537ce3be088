import { sleep, within } from './clock.js';
import { IdempotencyPersistenceLayerError, IdempotencyResultError } from './errors.js';
import { emit, type IdempotencyEvents } from './events.js';
import { type RunningRecord, type SettledRecord, toWholeSeconds } from './record.js';
import type { ClaimAnswer, HolderAnswer, Outcome } from './store.js';
import type { Call, Claim } from './types.js';
import { type Change, waitForChange } from './watch.js';

/** A call's requests to its store: bounded by the invocation's end, every failure one kind of error. */

/** Left of an invocation for the answer to leave it, when a store request or a wait must be given up. */
const EXIT_MARGIN_MS = 100;
/** What a store gets when the invocation claims to be over and is not: its context is stale. */
const STALE_CONTEXT_MS = 500;
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 1_000;

/** The part of a call that events may show. */
export const eventOf = ({ key, scope }: Call): { readonly key: string; readonly scope: string } => ({
  key,
  scope,
});

/** When a call must have its answer, epoch milliseconds. */
export const exitOf = ({ deadline }: Call): number =>
  deadline === undefined ? Number.POSITIVE_INFINITY : deadline - EXIT_MARGIN_MS;

/** Full jitter: callers that failed together do not come back together. Never sleeps past `until` (epoch ms). */
export const backoff = (
  { runtime }: Call,
  attempt: number,
  until: number = Number.POSITIVE_INFINITY,
): Promise<void> => {
  const { clock, random } = runtime;
  const pause = Math.min(FIRST_RETRY_MS * 2 ** attempt, LONGEST_RETRY_MS) * random();
  return sleep(clock, Math.max(0, Math.min(pause, until - clock.now())));
};

/** How long a request may take. A settle in the last moments gets what is left, to the deadline itself. */
export const patienceOf = (call: Call, now: number): number | undefined => {
  const { deadline } = call;
  if (deadline === undefined) return undefined;
  if (now < exitOf(call)) return exitOf(call);
  return now < deadline ? deadline : now + STALE_CONTEXT_MS;
};

/** The request's answer; what it fails with is told, and becomes the library's error. */
const reported = async <T>(
  call: Call,
  operation: IdempotencyEvents['storeFailed']['operation'],
  request: () => Promise<T>,
): Promise<T> => {
  try {
    return await request();
  } catch (error) {
    if (error instanceof IdempotencyResultError) throw error;
    const failure =
      error instanceof IdempotencyPersistenceLayerError
        ? error
        : new IdempotencyPersistenceLayerError(`The store failed to ${operation} ${call.key}.`, {
            cause: error,
          });
    emit('storeFailed', () => ({ ...eventOf(call), operation, error: failure }));
    throw failure;
  }
};

const ask = <T>(
  call: Call,
  operation: IdempotencyEvents['storeFailed']['operation'],
  request: () => Promise<T>,
  until: number | undefined = patienceOf(call, call.runtime.clock.now()),
): Promise<T> => {
  const late = (): Error =>
    new IdempotencyPersistenceLayerError(`The store did not answer the ${operation} of ${call.key} in time.`);
  return reported(call, operation, () => within(call.runtime.clock, until, request(), late));
};

/** How long the call's outcome is replayed, milliseconds. */
export const windowOf = ({ windowSeconds }: Call): number => windowSeconds * 1_000;

/** A lease from now on, and the end of the record that it is in. */
const leaseOf = (call: Call): Pick<RunningRecord, 'leaseUntil' | 'expiresAt'> => {
  const { policy, runtime, deadline } = call;
  const now = runtime.clock.now();
  const leaseUntil = deadline ?? now + policy.leaseMs;
  return {
    leaseUntil,
    // Whichever is later: the TTL never ends a live claim, and a crashed run stays visible for a window.
    expiresAt: toWholeSeconds(Math.max(leaseUntil + policy.clockSkewMs, now + windowOf(call))),
  };
};

/** The record that a claim under the fence writes now. */
export const runningRecord = (call: Call, fence: string): RunningRecord => ({
  status: 'running',
  key: call.key,
  fence,
  ...(call.fingerprint === undefined ? {} : { fingerprint: call.fingerprint }),
  ...leaseOf(call),
});

export const requestClaim = ({ call, record }: Claim): Promise<ClaimAnswer> => {
  const now = call.runtime.clock.now();
  const moment = { now, leaseOverAt: now - call.policy.clockSkewMs };
  return ask(call, 'claim', () => call.policy.store.claim(record, moment));
};

export const requestSettle = ({ call, record }: Claim, outcome: Outcome): Promise<HolderAnswer> =>
  ask(call, 'settle', () => call.policy.store.settle(record.key, record.fence, outcome));

/** @param until when to give it up, epoch milliseconds */
export const requestRenewal = ({ call, record }: Claim, until: number): Promise<HolderAnswer> => {
  const { leaseUntil, expiresAt } = leaseOf(call);
  const { store } = call.policy;
  return ask(call, 'renew', () => store.renew(record.key, record.fence, leaseUntil, expiresAt), until);
};

export const requestRelease = ({ call, record }: Claim): Promise<HolderAnswer> =>
  ask(call, 'release', () => call.policy.store.release(record.key, record.fence));

/** Reads what lies beside the record. */
export const requestParts = (call: Call, record: SettledRecord): Promise<string | Uint8Array> => {
  const { store } = call.policy;
  if (!store.readParts) {
    throw new IdempotencyResultError('it lies in parts, which the store in use does not read');
  }
  const read = store.readParts.bind(store, record);
  return ask(call, 'read', read);
};

/**
 * Waits until the call's record is no longer a live running one, or until `until` (epoch ms). Bounded by that alone: a
 * second timer for the same moment might come first, and a wait that is over is no failure of the store.
 */
export const requestChange = (call: Call, until: number): Promise<Change> =>
  reported(call, 'read', () => waitForChange({ ...call.policy, ...call.runtime }, call.key, until));
