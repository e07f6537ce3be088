import { describeThrown } from '../codecs/thrown-errors.js';
import { within } from '../protocol/clock.js';
import { IdempotencyLeaseLostError, IdempotencyPersistenceLayerError } from '../protocol/errors.js';
import { emit } from '../protocol/events.js';
import {
  conflicts,
  isSettled,
  type SettledRecord,
  type StoredRecord,
  type StoredResult,
} from '../protocol/record.js';
import { KEY_ONLY, keep } from './keep.js';
import { askHook } from './predicates.js';
import { replay } from './replay.js';
import { encodeResult } from './results.js';
import { eventOf, exitOf, requestRelease } from './store-requests.js';
import type { Call, Claim } from './types.js';

/** How a claim ends: settled with a result or a final error, or released. */

/** For a release that may help nobody: the claim has just failed, and its caller waits for the error. */
const ABANDON_PATIENCE_MS = 1_000;

/** Once per claim: its renewal may have found out first. */
const tellLost = ({ call, renewal }: Claim): void => {
  if (!renewal?.isLost()) emit('leaseLost', () => eventOf(call));
};

/** Whether a run that lost its lease may answer with what it finds. */
const isOutcomeOf = (call: Call, existing: StoredRecord | undefined): existing is SettledRecord =>
  isSettled(existing) && !conflicts(existing, call.fingerprint);

const lost = async (claim: Claim, existing: StoredRecord | undefined): Promise<unknown> => {
  const { call } = claim;
  tellLost(claim);
  if (isOutcomeOf(call, existing)) return replay(existing, call);
  throw new IdempotencyLeaseLostError(
    `This run of ${call.key} outlived its lease and another claim has taken over; its outcome was not stored. Give the function more time, or a longer \`lease.seconds\`.`,
  );
};

/** Brings the outcome to the store. @returns what the caller gets, which may have to be fetched */
const conclude = async (claim: Claim, value: unknown): Promise<() => unknown> => {
  const { call } = claim;
  if (!(await isKept(call, value))) {
    const existing = await release(claim);
    return () => (isOutcomeOf(call, existing) ? replay(existing, call) : value);
  }
  const result = call.policy.storeResult ? await encodeResult(claim, value) : KEY_ONLY;
  const kept = await keep(claim, 'done', result);
  return () => (kept.kept ? value : lost(claim, kept.existing));
};

/** The store would not take the outcome of a function that has run. */
const unsettled = (
  { call }: Claim,
  { message, cause, retryable }: IdempotencyPersistenceLayerError,
): Error => {
  const next =
    call.policy.whenOver === 'refuse'
      ? "no retry runs it again before its record is gone, as `lease.whenOver` is 'refuse'"
      : 'a retry after its lease would run it again';
  return new IdempotencyPersistenceLayerError(
    `The function has run, but its outcome could not be stored; ${next}. ${message}`,
    { cause, retryable, hasRun: true },
  );
};

/**
 * Settles the claim with the function's result, or releases it where `shouldStoreResult` says so.
 *
 * @returns the result; or, where another claim settled the call meanwhile, that outcome
 * @throws what another claim's run threw for good meanwhile
 * @throws IdempotencyLeaseLostError when another run of the call is under way
 * @throws IdempotencyPersistenceLayerError when the outcome could not be stored, unless `whenStoreFails` is 'run'; or
 *   when that of another claim could not be fetched
 */
export const settle = async (claim: Claim, value: unknown): Promise<unknown> => {
  let answer: () => unknown;
  try {
    answer = await conclude(claim, value);
  } catch (error) {
    if (!(error instanceof IdempotencyPersistenceLayerError)) throw error;
    if (claim.call.policy.whenStoreFails === 'run') return value;
    throw unsettled(claim, error);
  } finally {
    // Not before: the settle may be tried for longer than a short lease lasts.
    claim.renewal?.stop();
  }
  return answer();
};

const encodeThrown = async (claim: Claim, thrown: unknown): Promise<StoredResult> => {
  try {
    return await encodeResult(claim, await describeThrown(thrown), 'failure');
  } catch {
    return { stored: false, reason: 'its members could not be read' };
  }
};

/** A predicate that throws keeps nobody from a retry. */
const isFinal = async (call: Call, thrown: unknown): Promise<boolean> => {
  const { shouldStoreError } = call.policy;
  if (!shouldStoreError) return false;
  return askHook(call, 'shouldStoreError', () => shouldStoreError(thrown), false);
};

/** A predicate that throws lets no finished effect run again. */
const isKept = async (call: Call, value: unknown): Promise<boolean> => {
  const { shouldStoreResult } = call.policy;
  if (!shouldStoreResult) return true;
  return askHook(call, 'shouldStoreResult', () => shouldStoreResult(value), true);
};

/**
 * Ends the claim of a function that threw: a final error is its outcome, any other releases it, so that a retry may
 * run at once. Never throws: what the function threw matters more.
 */
export const fail = async (claim: Claim, thrown: unknown): Promise<void> => {
  if (!(await isFinal(claim.call, thrown))) {
    await release(claim);
    return;
  }
  try {
    const { kept } = await keep(claim, 'failed', await encodeThrown(claim, thrown));
    if (!kept) tellLost(claim);
  } catch {
    // Told as `storeFailed`. The record stays until its lease is over, then the next claim takes over.
  } finally {
    claim.renewal?.stop();
  }
};

/**
 * Gives the claim up, so that a retry may run at once. Never throws: what led here matters more.
 *
 * @returns what is there instead, where the claim was lost
 */
const release = async (claim: Claim, hasRun = true): Promise<StoredRecord | undefined> => {
  claim.renewal?.stop();
  try {
    const existing = await requestRelease(claim, hasRun);
    if (existing) tellLost(claim);
    else emit('released', () => eventOf(claim.call));
    return existing;
  } catch {
    // Told as `storeFailed`. The record stays until its lease is over, then the next claim takes over.
    return undefined;
  }
};

/**
 * A claim that failed may have been applied, its answers lost: nobody runs under it, so it must not block its key
 * until its lease is over. Tried once and briefly, while there is time.
 */
export const abandon = async (claim: Claim): Promise<void> => {
  const { call } = claim;
  const { clock } = call.runtime;
  const until = Math.min(clock.now() + ABANDON_PATIENCE_MS, exitOf(call));
  if (until <= clock.now()) return;
  const late = (): Error => new Error('the release of a failed claim took too long');
  await within(clock, until, release(claim, false), late).catch(() => {});
};
