import { emit, eventOf, type IdempotencyEvents } from '../protocol/events.js';
import { PATIENCE_MS, shareOfTime, withTimeLimit } from './deadline.js';
import type { Call } from './types.js';

/** What the user's predicates say of an outcome. One that throws, or takes too long, never ends a call. */

/** Whether an error is an outcome. A predicate that throws keeps nobody from a retry. */
export const isFinalError = async (call: Call, thrown: unknown): Promise<boolean> => {
  const { shouldStoreError } = call.policy;
  if (!shouldStoreError) return false;
  return askPredicate(call, 'shouldStoreError', () => shouldStoreError(thrown), false);
};

/** Whether a result is an outcome. A predicate that throws lets no finished effect run again. */
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
