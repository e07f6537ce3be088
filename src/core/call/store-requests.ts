import { within } from '../protocol/clock.js';
import { IdempotencyPersistenceLayerError, IdempotencyResultError } from '../protocol/errors.js';
import { emit, eventOf, type IdempotencyEvents } from '../protocol/events.js';
import { isOver, isSettled, type SettledRecord, type StoredRecord } from '../protocol/record.js';
import type { ClaimAnswer, HolderAnswer, Outcome } from '../protocol/store.js';
import { giveUpAt, PATIENCE_MS } from './deadline.js';
import { claimMoment, leaseOf, releasedRecord } from './lease.js';
import type { Call, Claim } from './types.js';
import { type Change, waitForChange } from './wait.js';

/** A call's requests to its store: limited by the invocation's end, and every failure becomes one kind of error. */

type Operation = IdempotencyEvents['storeFailed']['operation'];

/** @param over the run to take over, if there is one */
export const requestClaim = (
  { call, record }: Claim,
  over?: Pick<StoredRecord, 'fence'>,
): Promise<ClaimAnswer> => ask(call, 'claim', () => call.policy.store.claim(record, claimMoment(call, over)));

/** @param until when to give up; monotonic, as everywhere here */
export const requestSettle = (
  { call, record }: Claim,
  outcome: Outcome,
  until: number,
): Promise<HolderAnswer> =>
  ask(call, 'settle', () => call.policy.store.settle(record.key, record.fence, outcome), until);

export const requestRenewal = ({ call, record }: Claim, until: number): Promise<HolderAnswer> => {
  const { leaseUntil, expiresAt } = leaseOf(call);
  const { store } = call.policy;
  return ask(call, 'renew', () => store.renew(record.key, record.fence, leaseUntil, expiresAt), until);
};

/**
 * @param hasRun whether the function has run under the claim
 * @returns what stands in the way, if anything
 */
export const requestRelease = async (
  { call, record }: Claim,
  hasRun: boolean,
  until: number = giveUpAt(call, PATIENCE_MS.release),
): Promise<StoredRecord | undefined> => {
  const attempts = hasRun ? record.attempts : (record.attempts ?? 1) - 1;
  const remains = attempts ? releasedRecord(call, record, attempts) : undefined;
  const request = (): Promise<HolderAnswer> => call.policy.store.release(record.key, record.fence, remains);
  const answer = await ask(call, 'release', request, until);
  // An earlier request, whose answer was lost, may have left this record, or none.
  return answer.held || answer.existing?.fence === remains?.fence ? undefined : answer.existing;
};

/** Reads the parts of a result, which are stored beside the record. */
export const requestParts = (call: Call, record: SettledRecord): Promise<string | Uint8Array> => {
  const { store } = call.policy;
  if (!store.readParts) {
    throw new IdempotencyResultError('it is stored in parts, which the current store cannot read');
  }
  return ask(call, 'read', store.readParts.bind(store, record));
};

/**
 * Looks for an outcome without a claim. An eventually consistent read can be stale, so a missing outcome proves
 * nothing. A found one is valid: an outcome never changes inside its window.
 *
 * @returns a settled record inside its window; undefined also if the read failed
 */
export const requestOutcome = async (call: Call): Promise<SettledRecord | undefined> => {
  const read = (): Promise<StoredRecord | undefined> =>
    call.policy.store.read(call.key, { consistent: false });
  const until = giveUpAt(call, PATIENCE_MS.readFirst);
  const record = await ask(call, 'read', read, until).catch(() => undefined);
  return isSettled(record) && !isOver(record, call.runtime.clock.now(), 0) ? record : undefined;
};

/**
 * Waits until the call's record is no longer a live running one, or until `until`. That is the only time limit: a second
 * timer for the same moment might fire first, and the end of a wait is not a failure of the store.
 */
export const requestChange = (call: Call, until: number): Promise<Change> => {
  const failed = (error: unknown): void => void reportedFailure(call, 'read', error);
  return reportFailure(call, 'read', () =>
    waitForChange({ ...call.policy, ...call.runtime, failed }, call.key, until),
  );
};

const ask = <T>(
  call: Call,
  operation: Operation,
  request: () => Promise<T>,
  until: number = giveUpAt(call),
): Promise<T> => {
  const late = (): Error =>
    new IdempotencyPersistenceLayerError(`The store did not answer the ${operation} of ${call.key} in time.`);
  return reportFailure(call, operation, () => within(call.runtime.clock, until, request(), late));
};

/** The request's answer. A failure is emitted as `storeFailed`, and becomes an error of this library. */
const reportFailure = async <T>(call: Call, operation: Operation, request: () => Promise<T>): Promise<T> => {
  try {
    return await request();
  } catch (error) {
    if (error instanceof IdempotencyResultError) throw error;
    throw reportedFailure(call, operation, error);
  }
};

const reportedFailure = (call: Call, operation: Operation, error: unknown): Error => {
  const failure =
    error instanceof IdempotencyPersistenceLayerError
      ? error
      : new IdempotencyPersistenceLayerError(`The store failed to ${operation} ${call.key}.`, {
          cause: error,
        });
  emit('storeFailed', () => ({ ...eventOf(call), operation, error: failure }));
  return failure;
};
