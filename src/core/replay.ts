import { IdempotencyResultError } from './errors.js';
import type { SettledRecord, StoredRecord } from './record.js';
import { IdempotencyRecord } from './record-view.js';
import { decodeAtHand, decodeResult } from './result.js';
import type { Call } from './types.js';

const unreadable = (record: SettledRecord, existingRecord: IdempotencyRecord, cause: Error): Error =>
  new IdempotencyResultError(
    `${record.key} is finished and was not run again, but its result is not to be had: ${cause.message}. A \`responseHook\` can answer such replays.`,
    { existingRecord, ...(cause.cause !== undefined && { cause: cause.cause }) },
  );

/**
 * The answer of a settled record: a fresh copy of the result, changed by the hook if there is one.
 *
 * @throws IdempotencyResultError when no result was stored or it cannot be read, unless the hook answers
 * @throws IdempotencyPersistenceLayerError when it could not be fetched this time
 */
export const replay = async (record: SettledRecord, call: Call): Promise<unknown> => {
  const { responseHook } = call.policy;
  const now = (): number => call.runtime.clock.now();
  let response: unknown;
  let failure: Error | undefined;
  try {
    response = await decodeResult(call, record);
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

/** The record as errors show it, with its result where that is at hand. */
export const viewOf = async (record: StoredRecord, call: Call): Promise<IdempotencyRecord> => {
  const response = record.status === 'done' ? await decodeAtHand(call, record) : undefined;
  return new IdempotencyRecord(record, response, () => call.runtime.clock.now());
};
