import { sleep, within } from '../protocol/clock.js';
import { IdempotencyPersistenceLayerError, IdempotencyResultError } from '../protocol/errors.js';
import { emit, type IdempotencyEvents } from '../protocol/events.js';
import {
  isOver,
  isSettled,
  NO_LEASE,
  type RunningRecord,
  type SettledRecord,
  type StoredRecord,
  toWholeSeconds,
} from '../protocol/record.js';
import type { ClaimAnswer, HolderAnswer, Outcome } from '../protocol/store.js';
import type { Call, Claim } from './types.js';
import { type Change, waitForChange } from './wait.js';

/** A call's requests to its store: bounded by the invocation's end, every failure one kind of error. */

/** Left of an invocation for the answer to leave it, when a store request or a wait must be given up. */
const EXIT_MARGIN_MS = 100;
/** What a store gets when the invocation claims to be over and is not: its context is stale. */
const STALE_CONTEXT_MS = 500;
/** For a read that only saves a write: the claim needs the time more. */
const GLANCE_PATIENCE_MS = 1_000;
/** Somebody waits for what the function threw: that leaves, and a release that is still under way goes on. */
const RELEASE_PATIENCE_MS = 5_000;
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

/** The same, and no longer than `most` milliseconds. */
export const patienceUpTo = (call: Call, most: number): number => {
  const now = call.runtime.clock.now();
  return Math.min(now + most, patienceOf(call, now) ?? Number.POSITIVE_INFINITY);
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

/** Whether a run whose lease is over must be looked at before it is taken over. */
const looksFirst = ({ policy }: Call): boolean =>
  policy.maxAttempts !== undefined || policy.whenOver === 'refuse';

/** A lease from now on, and the end of the record that it is in. */
const leaseOf = (call: Call): Pick<RunningRecord, 'leaseUntil' | 'expiresAt'> => {
  const { policy, runtime, deadline } = call;
  const now = runtime.clock.now();
  const leaseUntil = deadline ?? now + policy.leaseMs;
  const overAt = leaseUntil + policy.clockSkewMs;
  // What a cut-off run leaves matters for a window from its end on; else it is only to be seen that it was.
  const forgetAt = (looksFirst(call) ? overAt : now) + windowOf(call);
  // The TTL never ends a live claim.
  return { leaseUntil, expiresAt: toWholeSeconds(Math.max(overAt, forgetAt)) };
};

/**
 * The record that a claim under the fence writes now.
 *
 * @param attempts which run of the call it is
 */
export const runningRecord = (call: Call, fence: string, attempts: number): RunningRecord => ({
  status: 'running',
  key: call.key,
  fence,
  ...(call.fingerprint === undefined ? {} : { fingerprint: call.fingerprint }),
  ...(call.policy.maxAttempts !== undefined && { attempts }),
  ...leaseOf(call),
});

/** @param over the run to take over from, where one was met */
export const requestClaim = ({ call, record }: Claim, over?: RunningRecord): Promise<ClaimAnswer> => {
  const now = call.runtime.clock.now();
  const moment = {
    now,
    leaseOverAt: now - call.policy.clockSkewMs,
    ...(looksFirst(call) && { takesOver: over?.fence ?? '' }),
  };
  return ask(call, 'claim', () => call.policy.store.claim(record, moment));
};

/** @param until when to give it up, epoch milliseconds */
export const requestSettle = (
  { call, record }: Claim,
  outcome: Outcome,
  until: number,
): Promise<HolderAnswer> =>
  ask(call, 'settle', () => call.policy.store.settle(record.key, record.fence, outcome), until);

/** @param until when to give it up, epoch milliseconds */
export const requestRenewal = ({ call, record }: Claim, until: number): Promise<HolderAnswer> => {
  const { leaseUntil, expiresAt } = leaseOf(call);
  const { store } = call.policy;
  return ask(call, 'renew', () => store.renew(record.key, record.fence, leaseUntil, expiresAt), until);
};

/**
 * What a release leaves where attempts are counted: a record that anyone may take over, and count on.
 *
 * @param attempts the runs that count
 */
const remainsOf = ({ call, record }: Claim, attempts: number): RunningRecord => {
  const { clock, newFence } = call.runtime;
  const expiresAt = toWholeSeconds(clock.now() + windowOf(call));
  return { ...record, fence: newFence(), attempts, leaseUntil: NO_LEASE, expiresAt };
};

/**
 * @param hasRun whether the function has run under the claim
 * @returns what stands in the way, if anything
 */
export const requestRelease = async (claim: Claim, hasRun: boolean): Promise<StoredRecord | undefined> => {
  const { call, record } = claim;
  const attempts = hasRun ? record.attempts : (record.attempts ?? 1) - 1;
  const remains = attempts ? remainsOf(claim, attempts) : undefined;
  const until = patienceUpTo(call, RELEASE_PATIENCE_MS);
  const request = (): Promise<HolderAnswer> => call.policy.store.release(record.key, record.fence, remains);
  const answer = await ask(call, 'release', request, until);
  // Its own remains were left by an earlier sending, whose answer was lost; so it may be with nothing at all.
  return answer.held || answer.existing?.fence === remains?.fence ? undefined : answer.existing;
};

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
 * Looks for an outcome without a claim. What is not found may be there all the same: an eventually consistent read is
 * behind at times. What is found stands: an outcome never changes inside its window.
 *
 * @returns a settled record inside its window; undefined also where the read failed
 */
export const requestGlance = async (call: Call): Promise<SettledRecord | undefined> => {
  const { clock } = call.runtime;
  const until = patienceUpTo(call, GLANCE_PATIENCE_MS);
  const read = (): Promise<StoredRecord | undefined> =>
    call.policy.store.read(call.key, { consistent: false });
  const record = await ask(call, 'read', read, until).catch(() => undefined);
  return isSettled(record) && !isOver(record, clock.now(), 0) ? record : undefined;
};

/**
 * Waits until the call's record is no longer a live running one, or until `until` (epoch ms). Bounded by that alone: a
 * second timer for the same moment might come first, and a wait that is over is no failure of the store.
 */
export const requestChange = (call: Call, until: number): Promise<Change> =>
  reported(call, 'read', () => waitForChange({ ...call.policy, ...call.runtime }, call.key, until));
