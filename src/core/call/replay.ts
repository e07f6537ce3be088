import { IdempotencyResultError } from '../protocol/errors.js';
import { isSettled, type SettledRecord, type StoredRecord } from '../protocol/record.js';
import { IdempotencyRecord } from '../protocol/record-view.js';
import { decodeForError, decodeResult } from './results.js';
import type { Call } from './types.js';

const unreadable = (record: SettledRecord, existingRecord: IdempotencyRecord, cause: Error): Error => {
  const missing =
    record.status === 'failed'
      ? `has failed for good and was not run again, but its error is not to be had: ${cause.message}.`
      : `is finished and was not run again, but its result is not to be had: ${cause.message}. A \`responseHook\` can answer such replays.`;
  return new IdempotencyResultError(`${record.key} ${missing}`, {
    existingRecord,
    ...(cause.cause !== undefined && { cause: cause.cause }),
  });
};

/** What the function threw. */
const failureOf = async (record: SettledRecord, call: Call): Promise<unknown> =>
  rebuild(await decodeResult(call, record), call);

const rebuild = (description: unknown, { policy }: Call): unknown =>
  policy.thrownErrors.rebuild(description, policy.errorClasses);

/** Throws again what the first run threw; no hook comes in between. */
const replayFailure = async (record: SettledRecord, call: Call): Promise<never> => {
  let failure: unknown;
  try {
    failure = await failureOf(record, call);
  } catch (error) {
    if (!(error instanceof IdempotencyResultError)) throw error;
    throw unreadable(record, new IdempotencyRecord(record, undefined, () => call.runtime.clock.now()), error);
  }
  throw failure;
};

/**
 * The answer of a settled record: a fresh copy of the result, changed by the hook if there is one.
 *
 * @throws what the function threw, built anew, where the record is of a failure
 * @throws IdempotencyResultError when no result was stored or it cannot be read, unless the hook answers
 * @throws IdempotencyPersistenceLayerError when it could not be fetched this time
 */
export const replay = async (record: SettledRecord, call: Call): Promise<unknown> => {
  if (record.status === 'failed') return replayFailure(record, call);
  const { responseHook, storeResult } = call.policy;
  const now = (): number => call.runtime.clock.now();
  let response: unknown;
  let failure: Error | undefined;
  try {
    // Who stores no results expects none.
    if (record.result.stored || storeResult) response = await decodeResult(call, record);
  } catch (error) {
    if (!(error instanceof IdempotencyResultError)) throw error;
    failure = unreadable(record, new IdempotencyRecord(record, undefined, now), error);
  }
  if (responseHook) {
    const answer = await responseHook(response, new IdempotencyRecord(record, response, now));
    // Without a result, a hook that only adds to it returns nothing: that is no answer.
    if (!failure || answer !== undefined) return answer;
  }
  if (failure) throw failure;
  return response;
};

const rebuildIfPossible = (stored: unknown, call: Call): unknown => {
  try {
    return rebuild(stored, call);
  } catch {
    return undefined;
  }
};

/** The record as errors show it, with its result where that is at hand. */
export const viewOf = async (record: StoredRecord, call: Call): Promise<IdempotencyRecord> => {
  const stored = isSettled(record) ? await decodeForError(call, record) : undefined;
  const outcome = record.status === 'failed' ? rebuildIfPossible(stored, call) : stored;
  return new IdempotencyRecord(record, outcome, () => call.runtime.clock.now());
};
