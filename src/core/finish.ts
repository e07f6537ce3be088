import { within } from './clock.js';
import {
  IdempotencyLeaseLostError,
  IdempotencyPersistenceLayerError,
  IdempotencyResultError,
} from './errors.js';
import { emit } from './events.js';
import { conflicts, type StoredRecord, type StoredResult, toWholeSeconds } from './record.js';
import { replay } from './replay.js';
import {
  backoff,
  eventOf,
  exitOf,
  requestClaim,
  requestRelease,
  requestSettle,
  runningRecord,
  windowOf,
} from './requests.js';
import { discardResult, encodeResult } from './result.js';
import type { HolderAnswer, Outcome } from './store.js';
import type { Claim } from './types.js';

/**
 * How long a finished effect's settle is tried again: long enough for a failover or a throttled partition,
 * short enough for a caller who waits for the answer.
 */
const SETTLE_PATIENCE_MS = 10_000;

/** For a release that may help nobody: the claim has just failed, and its caller waits for the error. */
const ABANDON_PATIENCE_MS = 1_000;

interface Written {
  readonly answer: HolderAnswer;
  readonly outcome: Outcome;
}

/** Writes the outcome, again and again if need be, and without the result where the store cannot keep that. */
const write = async (claim: Claim, encoded: StoredResult): Promise<Written> => {
  const { call } = claim;
  const { clock } = call.runtime;
  const giveUpAt = Math.min(clock.now() + SETTLE_PATIENCE_MS, exitOf(call));
  let result = encoded;
  for (let attempt = 0; ; ) {
    const outcome = { result, expiresAt: toWholeSeconds(clock.now() + windowOf(call)) };
    try {
      return { answer: await requestSettle(claim, outcome), outcome };
    } catch (error) {
      if (error instanceof IdempotencyResultError && result.stored) {
        result = { stored: false, reason: error.message };
        continue;
      }
      const isFinal = error instanceof IdempotencyPersistenceLayerError && !error.retryable;
      if (isFinal || clock.now() >= giveUpAt) throw error;
      await backoff(call, attempt++, giveUpAt);
    }
  }
};

/**
 * A record that vanished (an early TTL deletion, an operator's hand) is claimed anew by its own fence and settled:
 * the effect is done, and only a record keeps it from being repeated.
 */
const restore = async (claim: Claim, vanished: Written): Promise<Written> => {
  const { fence } = claim.record;
  const answer = await requestClaim({ call: claim.call, record: runningRecord(claim.call, fence) });
  if (answer.claimed || answer.existing?.fence === fence) return write(claim, vanished.outcome.result);
  return { ...vanished, answer: { held: false, ...(answer.existing && { existing: answer.existing }) } };
};

/** Once per claim: its renewal may have found out first. */
const tellLost = ({ call, renewal }: Claim): void => {
  if (!renewal?.isLost()) emit('leaseLost', () => eventOf(call));
};

const lost = async (claim: Claim, existing: StoredRecord | undefined): Promise<unknown> => {
  const { call } = claim;
  tellLost(claim);
  if (existing?.status === 'done' && !conflicts(existing, call.fingerprint)) {
    return replay(existing, call);
  }
  throw new IdempotencyLeaseLostError(
    `This run of ${call.key} outlived its lease and another claim has taken over; its outcome was not stored. Give the function more time, or a longer \`lease.seconds\`.`,
  );
};

const conclude = async (claim: Claim, value: unknown): Promise<unknown> => {
  const { call, record } = claim;
  const encoded = await encodeResult(claim, value);
  let written = await write(claim, encoded);
  if (!written.answer.held && !written.answer.existing) written = await restore(claim, written);
  const { answer, outcome } = written;
  if (!answer.held) {
    // Settled under this fence: it was done by an earlier sending, whose answer was lost.
    const isOwn = answer.existing?.status === 'done' && answer.existing.fence === record.fence;
    if (!isOwn) {
      await discardResult(claim, encoded);
      return lost(claim, answer.existing);
    }
  }
  const { result, expiresAt } = outcome;
  emit('settled', () => ({ ...eventOf(call), expiresAt }));
  if (!result.stored) emit('resultNotStored', () => ({ ...eventOf(call), reason: result.reason }));
  return value;
};

/**
 * Settles the claim with the function's result.
 *
 * @returns the result; or, where another claim settled the call meanwhile, that outcome
 * @throws IdempotencyLeaseLostError when another run of the call is under way
 * @throws IdempotencyPersistenceLayerError when the outcome could not be stored, unless `whenStoreFails` is 'run'
 */
export const settle = async (claim: Claim, value: unknown): Promise<unknown> => {
  try {
    return await conclude(claim, value);
  } catch (error) {
    if (!(error instanceof IdempotencyPersistenceLayerError)) throw error;
    if (claim.call.policy.whenStoreFails === 'run') return value;
    throw new IdempotencyPersistenceLayerError(
      `The function has run, but its outcome could not be stored; a retry after its lease would run it again. ${error.message}`,
      { cause: error.cause, retryable: error.retryable, hasRun: true },
    );
  } finally {
    // Not before: the settle may be tried for longer than a short lease lasts.
    claim.renewal?.stop();
  }
};

/** Gives the claim up, so that a retry may run at once. Never throws: the error that led here matters more. */
export const release = async (claim: Claim): Promise<void> => {
  claim.renewal?.stop();
  try {
    const answer = await requestRelease(claim);
    // Nothing there is as good as released: an earlier sending may have done it.
    if (answer.held || !answer.existing) emit('released', () => eventOf(claim.call));
    else tellLost(claim);
  } catch {
    // Told as `storeFailed`. The record stays until its lease is over, then the next claim takes over.
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
  await within(clock, until, release(claim), late).catch(() => {});
};
