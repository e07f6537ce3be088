import { within } from '../protocol/clock.js';
import {
  IdempotencyLeaseLostError,
  IdempotencyPersistenceLayerError,
  IdempotencyResultError,
} from '../protocol/errors.js';
import { emit, eventOf } from '../protocol/events.js';
import {
  conflicts,
  isSettled,
  type SettledRecord,
  type StoredRecord,
  type StoredResult,
} from '../protocol/record.js';
import type { HolderAnswer, Outcome } from '../protocol/store.js';
import { backoff } from './backoff.js';
import { exitOf, giveUpAt, PATIENCE_MS } from './deadline.js';
import { runningRecord, windowEndOf } from './lease.js';
import { isFinalError, isOutcome } from './predicates.js';
import { replay } from './replay.js';
import { discardResult, encodeResult, encodeThrown, KEY_ONLY } from './results.js';
import { requestClaim, requestRelease, requestSettle } from './store-requests.js';
import type { Call, Claim } from './types.js';

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
  const { answer, outcome } = await write(claim, status, encoded);
  // Settled under this fence: an earlier sending did it, and its answer was lost.
  const isOwn = answer.held || (isSettled(answer.existing) && answer.existing.fence === record.fence);
  if (!isOwn) {
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

interface Written {
  readonly answer: HolderAnswer;
  readonly outcome: Outcome;
}

/** Writes the outcome, again and again if need be, and without the result where the store cannot keep that. */
const write = async (
  claim: Claim,
  status: SettledRecord['status'],
  encoded: StoredResult,
): Promise<Written> => {
  const { call } = claim;
  const { clock } = call.runtime;
  const begunAt = clock.now();
  const retryUntil = Math.min(begunAt + PATIENCE_MS.settle, exitOf(call));
  // The other half is for a record without its result.
  const retryResultUntil = begunAt + (retryUntil - begunAt) / 2;
  let result = encoded;
  for (let attempt = 0; ; ) {
    const outcome = { status, result, expiresAt: windowEndOf(call) };
    try {
      const until = giveUpAt(call, begunAt + PATIENCE_MS.settle - clock.now());
      return { answer: await settleOrRestore(claim, outcome, until), outcome };
    } catch (error) {
      const isFailure = error instanceof IdempotencyPersistenceLayerError;
      const isFinal = isFailure && !error.retryable;
      const losesResult =
        error instanceof IdempotencyResultError ||
        (isFailure && error.isOfResult && (isFinal || clock.now() >= retryResultUntil));
      if (losesResult && result.stored) {
        result = { stored: false, reason: error.message };
        continue;
      }
      if (isFinal || clock.now() >= retryUntil) throw error;
      await backoff(call, attempt++, retryUntil);
    }
  }
};

/**
 * A record that vanished (an early TTL deletion, an operator's hand) is claimed anew by its own fence and settled:
 * the effect is done, and only a record keeps it from being repeated.
 */
const settleOrRestore = async (claim: Claim, outcome: Outcome, until: number): Promise<HolderAnswer> => {
  const { call, record } = claim;
  const answer = await requestSettle(claim, outcome, until);
  if (answer.held || answer.existing) return answer;
  const { fence, attempts = 1 } = record;
  const anew = await requestClaim({ ...claim, record: runningRecord(call, fence, attempts) });
  if (!anew.claimed && anew.existing && anew.existing.fence !== fence) {
    return { held: false, existing: anew.existing };
  }
  const restored = await requestSettle(claim, outcome, until);
  if (restored.held || restored.existing) return restored;
  throw new IdempotencyPersistenceLayerError(`The record of ${call.key} vanished twice.`);
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
 * until its lease is over. Tried once and briefly, while there is time.
 */
export async function abandon(claim: Claim): Promise<void> {
  const { call } = claim;
  const { clock } = call.runtime;
  const until = Math.min(clock.now() + PATIENCE_MS.abandon, exitOf(call));
  if (until <= clock.now()) return;
  const late = (): Error => new Error('the release of a failed claim took too long');
  await within(clock, until, release(claim, false), late).catch(() => {});
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
    `This run of ${key} outlived its lease and another claim has taken over; its outcome was not stored. Give the function more time, or a longer \`lease.seconds\`.`,
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
