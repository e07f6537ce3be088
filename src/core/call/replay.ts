import { IdempotencyResultError } from '../protocol/errors.js';
import { isSettled, type SettledRecord, type StoredRecord } from '../protocol/record.js';
import { IdempotencyRecord } from '../protocol/record-view.js';
import { decodeForError, decodeResult } from './results.js';
import type { Call } from './types.js';

const unreadableError = (record: SettledRecord, existingRecord: IdempotencyRecord, cause: Error): Error => {
  const missing =
    record.status === 'failed'
      ? `has failed with a final error and was not run again, but that error cannot be restored: ${cause.message}.`
      : `is finished and was not run again, but its result cannot be restored: ${cause.message}. A \`responseHook\` can answer such replays.`;
  return new IdempotencyResultError(`${record.key} ${missing}`, {
    existingRecord,
    ...(cause.cause !== undefined && { cause: cause.cause }),
  });
};

/** The error of the first run. */
const failureOf = async (record: SettledRecord, call: Call): Promise<unknown> =>
  rebuild(await decodeResult(call, record), call);

const rebuild = (description: unknown, { policy }: Call): unknown =>
  policy.thrownErrors.rebuild(description, policy.errorClasses);

/** Throws the first run's error again. The hook is not called. */
const replayFailure = async (record: SettledRecord, call: Call): Promise<never> => {
  let failure: unknown;
  try {
    failure = await failureOf(record, call);
  } catch (error) {
    if (!(error instanceof IdempotencyResultError)) throw error;
    throw unreadableError(
      record,
      new IdempotencyRecord(record, undefined, () => call.runtime.clock.now()),
      error,
    );
  }
  throw failure;
};

/**
 * The answer from a settled record: a fresh copy of the result, changed by the hook if there is one.
 *
 * @throws the function's error, rebuilt, if the outcome is an error
 * @throws IdempotencyResultError if no result was stored or it cannot be read, unless the hook answers
 * @throws IdempotencyPersistenceLayerError if it could not be fetched this time
 */
export const replay = async (record: SettledRecord, call: Call): Promise<unknown> => {
  if (record.status === 'failed') return replayFailure(record, call);
  const { responseHook, storeResult } = call.policy;
  const now = (): number => call.runtime.clock.now();
  let response: unknown;
  let failure: Error | undefined;
  try {
    // With `storeResult: false`, no result is expected.
    if (record.result.stored || storeResult) response = await decodeResult(call, record);
  } catch (error) {
    if (!(error instanceof IdempotencyResultError)) throw error;
    failure = unreadableError(record, new IdempotencyRecord(record, undefined, now), error);
  }
  if (responseHook) {
    const answer = await responseHook(response, new IdempotencyRecord(record, response, now));
    // Without a result, a hook that only adds to it returns undefined: that is not an answer.
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

/** The record as errors show it, with its result if that needs no request. */
export const viewOf = async (record: StoredRecord, call: Call): Promise<IdempotencyRecord> => {
  const stored = isSettled(record) ? await decodeForError(call, record) : undefined;
  const outcome = record.status === 'failed' ? rebuildIfPossible(stored, call) : stored;
  return new IdempotencyRecord(record, outcome, () => call.runtime.clock.now());
};
