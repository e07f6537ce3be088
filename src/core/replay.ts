import type { Clock } from './clock.js';
import type { ResultCodec } from './codec.js';
import { IdempotencyResultError } from './errors.js';
import type { SettledRecord, StoredRecord } from './record.js';
import { IdempotencyRecord } from './record-view.js';

/** Called on replay with the stored result and its record; what it returns is the answer. */
export type ResponseHook = (response: unknown, record: IdempotencyRecord) => unknown;

interface ReplayPolicy {
  readonly codec: ResultCodec;
  readonly responseHook?: ResponseHook | undefined;
}

const decode = async (record: SettledRecord, codec: ResultCodec): Promise<unknown> => {
  const { result } = record;
  if (!result.stored) throw new Error(`when it finished, ${result.reason}`);
  return codec.decode(result);
};

const unreadable = (record: SettledRecord, existingRecord: IdempotencyRecord, cause: unknown): Error =>
  new IdempotencyResultError(
    `${record.key} is finished and was not run again, but its result is not to be had: ${(cause as Error).message}. A \`responseHook\` can answer such replays.`,
    { existingRecord },
  );

/**
 * The answer of a settled record: a fresh copy of the result, changed by the hook if there is one.
 *
 * @throws IdempotencyResultError when no result was stored or it cannot be read, unless the hook answers
 */
export const replay = async (
  record: SettledRecord,
  { codec, responseHook }: ReplayPolicy,
  clock: Clock,
): Promise<unknown> => {
  const now = (): number => clock.now();
  let response: unknown;
  let failure: Error | undefined;
  try {
    response = await decode(record, codec);
  } catch (cause) {
    failure = unreadable(record, new IdempotencyRecord(record, undefined, now), cause);
  }
  if (responseHook) {
    const answer = await responseHook(response, new IdempotencyRecord(record, response, now));
    // Without a result, a hook that only adds to it returns nothing: that is no answer.
    if (!failure || answer !== undefined) return answer;
  }
  if (failure) throw failure;
  return response;
};

/** The record as errors show it. */
export const viewOf = async (
  record: StoredRecord,
  { codec }: ReplayPolicy,
  clock: Clock,
): Promise<IdempotencyRecord> => {
  const response = record.status === 'done' ? await decode(record, codec).catch(() => undefined) : undefined;
  return new IdempotencyRecord(record, response, () => clock.now());
};
