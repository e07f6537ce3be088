import { monotonicNow, sleep } from '../protocol/clock.js';
import { IdempotencyPersistenceLayerError, IdempotencyResultError } from '../protocol/errors.js';
import { isReleased, type SettledRecord, type StoredRecord, type StoredResult } from '../protocol/record.js';
import type { HolderAnswer, Outcome } from '../protocol/store.js';
import { exitOf, giveUpAt, PATIENCE_MS } from './deadline.js';
import { runningRecord, windowEndOf } from './lease.js';
import { requestClaim, requestSettle } from './store-requests.js';
import type { Claim } from './types.js';

/** How an outcome gets into the store: tried again and again if need be, but with few requests. */

/** Of one settle, with those that the store's client sends again: a table that throttles needs fewer, not more. */
const MAX_REQUESTS = 8;

/** Of the time that is left, the share that passes before the last try; each pause before that one is half as long. */
const LAST_PAUSE = 0.75;

export interface Written {
  readonly answer: HolderAnswer;
  readonly outcome: Outcome;
}

/**
 * Writes the outcome, and without the result where the store cannot keep that.
 *
 * @throws IdempotencyPersistenceLayerError when the store cannot be brought to take it
 */
export const write = async (
  claim: Claim,
  status: SettledRecord['status'],
  encoded: StoredResult,
): Promise<Written> => {
  const { call } = claim;
  const { clock, random } = call.runtime;
  const begunAt = monotonicNow(clock);
  const retryUntil = Math.min(begunAt + PATIENCE_MS.settle, exitOf(call));
  const ends = {
    record: retryUntil,
    // The other half is for a record without its result.
    result: begunAt + (retryUntil - begunAt) / 2,
  };
  const sent = { record: 0, result: 0 };
  let result = encoded;
  for (;;) {
    const outcome = { status, result, expiresAt: windowEndOf(call), settledAt: clock.now() };
    try {
      const until = giveUpAt(call, begunAt + PATIENCE_MS.settle - monotonicNow(clock));
      return { answer: await settleOrRestore(claim, outcome, until), outcome };
    } catch (error) {
      const { of, mayPass, requests } = failureOf(error);
      sent[of] += requests;
      const triesLeft = Math.floor((MAX_REQUESTS - sent[of]) / requests);
      const left = ends[of] - monotonicNow(clock);
      if (mayPass && triesLeft > 0 && left > 0) {
        const pause = left * LAST_PAUSE * 2 ** (1 - triesLeft);
        await sleep(clock, pause * (0.5 + random() / 2));
      } else if (of === 'result' && result.stored) {
        result = { stored: false, reason: (error as Error).message };
      } else {
        throw error;
      }
    }
  }
};

/** What a try failed of, and whether another may do better. */
interface Failure {
  readonly of: 'record' | 'result';
  readonly mayPass: boolean;
  readonly requests: number;
}

const failureOf = (error: unknown): Failure => {
  if (error instanceof IdempotencyResultError) return { of: 'result', mayPass: false, requests: 1 };
  const { isOfResult, retryable, requests } = error as IdempotencyPersistenceLayerError;
  return { of: isOfResult ? 'result' : 'record', mayPass: retryable, requests };
};

/**
 * A record that vanished (an early TTL deletion, an operator's hand), or that a later run gave up, is claimed anew by the
 * claim's own fence and settled: the effect is done, and only a record keeps it from being repeated.
 */
const settleOrRestore = async (claim: Claim, outcome: Outcome, until: number): Promise<HolderAnswer> => {
  const { call, record } = claim;
  const answer = await requestSettle(claim, outcome, until);
  if (answer.held || isTaken(answer.existing)) return answer;
  const { fence } = record;
  // The runs of others since then count.
  const { attempts = 1 } = answer.existing ?? record;
  const anew = await requestClaim(
    { ...claim, record: runningRecord(call, fence, attempts) },
    answer.existing,
  );
  if (!anew.claimed && anew.existing && anew.existing.fence !== fence && isTaken(anew.existing)) {
    return { held: false, existing: anew.existing };
  }
  const restored = await requestSettle(claim, outcome, until);
  if (restored.held || isTaken(restored.existing)) return restored;
  throw new IdempotencyPersistenceLayerError(`The record of ${call.key} vanished twice.`, { requests: 2 });
};

/** Whether somebody else runs the call or has settled it, or an earlier sending has. */
const isTaken = (existing: StoredRecord | undefined): boolean =>
  existing !== undefined && !isReleased(existing);
