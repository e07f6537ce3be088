import { IdempotencyPersistenceLayerError, IdempotencyResultError } from '../protocol/errors.js';
import { emit } from '../protocol/events.js';
import {
  isSettled,
  type SettledRecord,
  type StoredRecord,
  type StoredResult,
  toWholeSeconds,
} from '../protocol/record.js';
import type { HolderAnswer, Outcome } from '../protocol/store.js';
import { discardResult } from './results.js';
import {
  backoff,
  eventOf,
  exitOf,
  patienceUpTo,
  requestClaim,
  requestSettle,
  runningRecord,
  windowOf,
} from './store-requests.js';
import type { Claim } from './types.js';

/**
 * How long a finished effect's settle is tried again: long enough for a failover or a throttled partition,
 * short enough for a caller who waits for the answer.
 */
const SETTLE_PATIENCE_MS = 10_000;

/** Of a call whose result nobody wants to have stored. */
export const KEY_ONLY: StoredResult = Object.freeze({ stored: false, reason: '`storeResult` is false' });

type Status = SettledRecord['status'];

interface Written {
  readonly answer: HolderAnswer;
  readonly outcome: Outcome;
}

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

/** Writes the outcome, again and again if need be, and without the result where the store cannot keep that. */
const write = async (claim: Claim, status: Status, encoded: StoredResult): Promise<Written> => {
  const { call } = claim;
  const { clock } = call.runtime;
  const begunAt = clock.now();
  const giveUpAt = Math.min(begunAt + SETTLE_PATIENCE_MS, exitOf(call));
  // The other half is for a record without its result.
  const giveUpResultAt = begunAt + (giveUpAt - begunAt) / 2;
  let result = encoded;
  for (let attempt = 0; ; ) {
    const outcome = { status, result, expiresAt: toWholeSeconds(clock.now() + windowOf(call)) };
    try {
      const until = patienceUpTo(call, begunAt + SETTLE_PATIENCE_MS - clock.now());
      return { answer: await settleOrRestore(claim, outcome, until), outcome };
    } catch (error) {
      const isFailure = error instanceof IdempotencyPersistenceLayerError;
      const isFinal = isFailure && !error.retryable;
      const losesResult =
        error instanceof IdempotencyResultError ||
        (isFailure && error.isOfResult && (isFinal || clock.now() >= giveUpResultAt));
      if (losesResult && result.stored) {
        result = { stored: false, reason: error.message };
        continue;
      }
      if (isFinal || clock.now() >= giveUpAt) throw error;
      await backoff(call, attempt++, giveUpAt);
    }
  }
};

/** Whether the outcome is the call's from now on. If not, `existing` is what there is instead, if anything. */
export type Kept =
  | { readonly kept: true }
  | { readonly kept: false; readonly existing: StoredRecord | undefined };

/**
 * Makes an outcome the call's.
 *
 * @throws IdempotencyPersistenceLayerError when the store cannot be brought to take it
 */
export const keep = async (claim: Claim, status: Status, encoded: StoredResult): Promise<Kept> => {
  const { call, record } = claim;
  const { answer, outcome } = await write(claim, status, encoded);
  if (!answer.held) {
    const { existing } = answer;
    // Settled under this fence: it was done by an earlier sending, whose answer was lost.
    const isOwn = isSettled(existing) && existing.fence === record.fence;
    if (!isOwn) {
      await discardResult(claim, encoded);
      return { kept: false, existing };
    }
  }
  const { result, expiresAt } = outcome;
  emit('settled', () => ({ ...eventOf(call), expiresAt, failed: status === 'failed' }));
  if (!result.stored && result !== KEY_ONLY)
    emit('resultNotStored', () => ({ ...eventOf(call), reason: result.reason }));
  return { kept: true };
};
