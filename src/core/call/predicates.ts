import { emit, eventOf, type IdempotencyEvents } from '../protocol/events.js';
import { PATIENCE_MS, shareOfTime, withTimeLimit } from './deadline.js';
import type { Call } from './types.js';

/** Calls the user's predicates. One that throws or takes too long is ignored, and never fails the call. */

/** Whether an error is an outcome. If the predicate throws, it is not: a retry must be able to run. */
export const isFinalError = async (call: Call, thrown: unknown): Promise<boolean> => {
  const { shouldStoreError } = call.policy;
  if (!shouldStoreError) return false;
  return askPredicate(call, 'shouldStoreError', () => shouldStoreError(thrown), false);
};

/** Whether a result is an outcome. If the predicate throws, it is: a finished effect must not run again. */
export const isOutcome = async (call: Call, value: unknown): Promise<boolean> => {
  const { shouldStoreResult } = call.policy;
  if (!shouldStoreResult) return true;
  return askPredicate(call, 'shouldStoreResult', () => shouldStoreResult(value), true);
};

const askPredicate = async (
  call: Call,
  hook: IdempotencyEvents['hookFailed']['hook'],
  predicate: () => boolean | Promise<boolean>,
  otherwise: boolean,
): Promise<boolean> => {
  const late = (): Error => new Error(`\`${hook}\` took too long`);
  try {
    return Boolean(await withTimeLimit(call, shareOfTime(call, PATIENCE_MS.predicate), predicate, late));
  } catch (error) {
    emit('hookFailed', () => ({ ...eventOf(call), hook, error }));
    return otherwise;
  }
};
