import { monotonicNow } from '../protocol/clock.js';
import { IdempotencyLeaseLostError, IdempotencyPersistenceLayerError } from '../protocol/errors.js';
import { emit, eventOf } from '../protocol/events.js';
import {
  conflicts,
  isSettled,
  type SettledRecord,
  type StoredRecord,
  type StoredResult,
} from '../protocol/record.js';
import { exitOf, PATIENCE_MS } from './deadline.js';
import { windowEndOf } from './lease.js';
import { isFinalError, isOutcome } from './predicates.js';
import { replay } from './replay.js';
import { discardResult, encodeResult, encodeThrown, KEY_ONLY } from './results.js';
import { requestRelease } from './store-requests.js';
import type { Call, Claim } from './types.js';
import { write } from './write.js';

/** How a claim ends: settled with a result or a final error, or released. */

/**
 * Settles the claim with the function's result, or releases it if `shouldStoreResult` returns false.
 *
 * @returns the result, or the outcome with which another claim has settled the call meanwhile
 * @throws the final error with which another claim has settled the call meanwhile
 * @throws IdempotencyLeaseLostError if another run of the call is in progress
 * @throws IdempotencyPersistenceLayerError if the outcome could not be stored, unless `whenStoreFails` is 'run'; or
 *   if the outcome of another claim could not be fetched
 */
export async function settle(claim: Claim, value: unknown): Promise<unknown> {
  const { call } = claim;
  let ending: Ending;
  try {
    ending = await end(claim, value);
  } catch (error) {
    if (!(error instanceof IdempotencyPersistenceLayerError)) throw error;
    if (call.policy.whenStoreFails === 'run') return value;
    throw notStoredError(call, error);
  } finally {
    // Not earlier: the settle may be retried for longer than a short lease lasts.
    claim.renewal?.stop();
  }
  if (ending.kind === 'settled') return value;
  if (isOutcomeOf(call, ending.existing)) return replay(ending.existing, call);
  if (ending.kind === 'released') return value;
  throw leaseLostError(call);
}

/** How a claim ended. `existing` is the record found in its place, if any. */
type Ending =
  | { readonly kind: 'settled' }
  | { readonly kind: 'released' | 'lost'; readonly existing: StoredRecord | undefined };

const end = async (claim: Claim, value: unknown): Promise<Ending> => {
  const { call } = claim;
  if (!(await isOutcome(call, value))) return { kind: 'released', existing: await release(claim) };
  const result = call.policy.storeResult ? await encodeResult(claim, value) : KEY_ONLY;
  return settleWithRetry(claim, 'done', result);
};

/**
 * Ends the claim of a function that threw: a final error becomes the outcome, any other error releases the claim, so that a
 * retry can run at once. Never throws: the function's error matters more.
 */
export async function fail(claim: Claim, thrown: unknown): Promise<void> {
  if (!(await isFinalError(claim.call, thrown))) {
    await release(claim);
    return;
  }
  try {
    await settleWithRetry(claim, 'failed', await encodeThrown(claim, thrown));
  } catch {
    // Reported as `storeFailed`. The record stays until its lease expires; then the next claim takes over.
  } finally {
    claim.renewal?.stop();
  }
}

/**
 * Stores the call's outcome, with retries.
 *
 * @throws IdempotencyPersistenceLayerError if it could not be stored
 */
const settleWithRetry = async (
  claim: Claim,
  status: SettledRecord['status'],
  encoded: StoredResult,
): Promise<Ending> => {
  const { call, record } = claim;
  const firstWindowEnd = windowEndOf(call);
  const { answer, outcome } = await write(claim, status, encoded);
  // Settled under this fence: an earlier request did it, and its answer was lost.
  const isOwn = answer.held || (isSettled(answer.existing) && answer.existing.fence === record.fence);
  if (!isOwn && !isNextWindow(claim, answer.existing, firstWindowEnd)) {
    await discardResult(claim, encoded, status);
    reportLost(claim);
    return { kind: 'lost', existing: answer.existing };
  }
  const { result, expiresAt } = outcome;
  emit('settled', () => ({ ...eventOf(call), expiresAt, failed: status === 'failed' }));
  if (!result.stored && result !== KEY_ONLY)
    emit('resultNotStored', () => ({ ...eventOf(call), reason: result.reason }));
  return { kind: 'settled' };
};

/**
 * Whether an earlier request of the settle was applied, but its answer was lost and its window has ended since. A claim
 * that got the key by then, while the lease still prevented a take-over, can only have replaced a settled record.
 */
const isNextWindow = (
  { call, record }: Claim,
  existing: StoredRecord | undefined,
  firstWindowEnd: number,
): boolean =>
  existing?.claimedAt !== undefined &&
  existing.claimedAt >= firstWindowEnd &&
  existing.claimedAt < record.leaseUntil + call.policy.clockSkewMs;

/**
 * Gives up the claim, so that a retry can run at once. Never throws: the reason for the release matters more.
 *
 * @returns the record found in its place, if the claim was lost
 */
const release = async (claim: Claim): Promise<StoredRecord | undefined> => {
  claim.renewal?.stop();
  try {
    const existing = await requestRelease(claim, true);
    if (existing) reportLost(claim);
    else emit('released', () => eventOf(claim.call));
    return existing;
  } catch {
    // Reported as `storeFailed`. The record stays until its lease expires; then the next claim takes over.
    return undefined;
  }
};

/**
 * Releases a claim whose request failed. It may have been stored, and nothing runs under it, so it must not block its key
 * until its lease expires. One short attempt, if there is time. No run ends here, so `released` is not emitted.
 */
export async function abandon(claim: Claim): Promise<void> {
  const { call } = claim;
  const now = monotonicNow(call.runtime.clock);
  const until = Math.min(now + PATIENCE_MS.abandon, exitOf(call));
  if (until > now) await requestRelease(claim, false, until).catch(() => {});
}

/** Emits `leaseLost` once per claim: its renewal may have noticed first. */
const reportLost = ({ call, renewal }: Claim): void => {
  if (!renewal?.isLost()) emit('leaseLost', () => eventOf(call));
};

/** Whether a run that lost its lease can answer with the record that it found. */
const isOutcomeOf = (call: Call, existing: StoredRecord | undefined): existing is SettledRecord =>
  isSettled(existing) && !conflicts(existing, call.fingerprint);

const leaseLostError = ({ key }: Call): Error =>
  new IdempotencyLeaseLostError(
    `This run of ${key} outlived its lease and another claim has taken over; its outcome does not count. Give the function more time, or a longer \`lease.seconds\`.`,
  );

/** The outcome of a function that has run could not be stored. */
const notStoredError = (
  { policy }: Call,
  { message, cause, retryable }: IdempotencyPersistenceLayerError,
): Error => {
  const next =
    policy.whenOver === 'refuse'
      ? "it does not run again until its record is gone, because `lease.whenOver` is 'refuse'"
      : 'a retry after its lease has expired runs it again';
  return new IdempotencyPersistenceLayerError(
    `The function has run, but its outcome could not be stored; ${next}. ${message}`,
    { cause, retryable, hasRun: true },
  );
};
