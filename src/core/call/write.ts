import { monotonicNow, sleep } from '../protocol/clock.js';
import { IdempotencyPersistenceLayerError, IdempotencyResultError } from '../protocol/errors.js';
import { isReleased, type SettledRecord, type StoredRecord, type StoredResult } from '../protocol/record.js';
import type { HolderAnswer, Outcome } from '../protocol/store.js';
import { exitOf, giveUpAt, PATIENCE_MS } from './deadline.js';
import { runningRecord, windowEndOf } from './lease.js';
import { requestClaim, requestSettle } from './store-requests.js';
import type { Claim } from './types.js';

/** How an outcome gets into the store: with retries, but few requests. */

/** The most requests of one settle, with the retries of the store's client: a throttled table needs fewer requests, not more. */
const MAX_REQUESTS = 8;

/** The share of the remaining time that passes before the last try. Each pause is twice as long as the one before. */
const LAST_PAUSE = 0.75;

export interface Written {
  readonly answer: HolderAnswer;
  readonly outcome: Outcome;
}

/**
 * Writes the outcome, without the result if the store cannot hold that.
 *
 * @throws IdempotencyPersistenceLayerError if it could not be stored
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
    // The second half is for the record without its result.
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

/** What failed, and whether another try may succeed. */
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
 * A record that disappeared (deleted early by TTL, or by an operator), or that a later run released, is claimed again under
 * this claim's fence and settled: the effect has happened, and only a record prevents a repetition.
 */
const settleOrRestore = async (claim: Claim, outcome: Outcome, until: number): Promise<HolderAnswer> => {
  const { call, record } = claim;
  const answer = await requestSettle(claim, outcome, until);
  if (answer.held || isTaken(answer.existing)) return answer;
  const { fence } = record;
  // Runs of other claims since then count.
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
  throw new IdempotencyPersistenceLayerError(
    `The record of ${call.key} was deleted twice while its outcome was being stored.`,
    { requests: 2 },
  );
};

/** Whether another claim holds the call, or it is settled. */
const isTaken = (existing: StoredRecord | undefined): boolean =>
  existing !== undefined && !isReleased(existing);
