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
 * Settles the claim with the function's result, or releases it where `shouldStoreResult` says so.
 *
 * @returns the result; or, where another claim settled the call meanwhile, that outcome
 * @throws what another claim's run threw for good meanwhile
 * @throws IdempotencyLeaseLostError when another run of the call is under way
 * @throws IdempotencyPersistenceLayerError when the outcome could not be stored, unless `whenStoreFails` is 'run'; or
 *   when that of another claim could not be fetched
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
    // Not before: the settle may be retried for longer than a short lease lasts.
    claim.renewal?.stop();
  }
  if (ending.kind === 'settled') return value;
  if (isOutcomeOf(call, ending.existing)) return replay(ending.existing, call);
  if (ending.kind === 'released') return value;
  throw leaseLostError(call);
}

/** What became of a claim. `existing` is what is there instead, if anything. */
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
 * Ends the claim of a function that threw: a final error is its outcome, any other releases it, so that a retry may
 * run at once. Never throws: what the function threw matters more.
 */
export async function fail(claim: Claim, thrown: unknown): Promise<void> {
  if (!(await isFinalError(claim.call, thrown))) {
    await release(claim);
    return;
  }
  try {
    await settleWithRetry(claim, 'failed', await encodeThrown(claim, thrown));
  } catch {
    // Reported as `storeFailed`. The record stays until its lease is over, then the next claim takes over.
  } finally {
    claim.renewal?.stop();
  }
}

/**
 * Makes an outcome the call's.
 *
 * @throws IdempotencyPersistenceLayerError when the store cannot be brought to take it
 */
const settleWithRetry = async (
  claim: Claim,
  status: SettledRecord['status'],
  encoded: StoredResult,
): Promise<Ending> => {
  const { call, record } = claim;
  const firstWindowEnd = windowEndOf(call);
  const { answer, outcome } = await write(claim, status, encoded);
  // Settled under this fence: an earlier sending did it, and its answer was lost.
  const isOwn = answer.held || (isSettled(answer.existing) && answer.existing.fence === record.fence);
  if (!isOwn && !isNextWindow(claim, answer.existing, firstWindowEnd)) {
    await discardResult(claim, encoded);
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
 * Whether an earlier sending of the settle was applied, its answer lost, and its window is over since: who claimed the
 * key by then, while the lease still barred it from a take-over, met a settled record.
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
 * Gives the claim up, so that a retry may run at once. Never throws: what led here matters more.
 *
 * @returns what is there instead, where the claim was lost
 */
const release = async (claim: Claim): Promise<StoredRecord | undefined> => {
  claim.renewal?.stop();
  try {
    const existing = await requestRelease(claim, true);
    if (existing) reportLost(claim);
    else emit('released', () => eventOf(claim.call));
    return existing;
  } catch {
    // Reported as `storeFailed`. The record stays until its lease is over, then the next claim takes over.
    return undefined;
  }
};

/**
 * A claim that failed may have been applied, its answers lost: nobody runs under it, so it must not block its key
 * until its lease is over. Tried once and briefly, while there is time. No run ends with it: no event but a failure's.
 */
export async function abandon(claim: Claim): Promise<void> {
  const { call } = claim;
  const now = monotonicNow(call.runtime.clock);
  const until = Math.min(now + PATIENCE_MS.abandon, exitOf(call));
  if (until > now) await requestRelease(claim, false, until).catch(() => {});
}

/** Once per claim: its renewal may have found out first. */
const reportLost = ({ call, renewal }: Claim): void => {
  if (!renewal?.isLost()) emit('leaseLost', () => eventOf(call));
};

/** Whether a run that lost its lease may answer with what it finds. */
const isOutcomeOf = (call: Call, existing: StoredRecord | undefined): existing is SettledRecord =>
  isSettled(existing) && !conflicts(existing, call.fingerprint);

const leaseLostError = ({ key }: Call): Error =>
  new IdempotencyLeaseLostError(
    `This run of ${key} outlived its lease and another claim has taken over; its outcome does not count. Give the function more time, or a longer \`lease.seconds\`.`,
  );

/** The store would not take the outcome of a function that has run. */
const notStoredError = (
  { policy }: Call,
  { message, cause, retryable }: IdempotencyPersistenceLayerError,
): Error => {
  const next =
    policy.whenOver === 'refuse'
      ? "no retry runs it again before its record is gone, as `lease.whenOver` is 'refuse'"
      : 'a retry after its lease would run it again';
  return new IdempotencyPersistenceLayerError(
    `The function has run, but its outcome could not be stored; ${next}. ${message}`,
    { cause, retryable, hasRun: true },
  );
};
