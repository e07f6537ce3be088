import { emit, type IdempotencyEvents } from '../protocol/events.js';
import { bounded, shareOf } from './deadline.js';
import { eventOf } from './store-requests.js';
import type { Call } from './types.js';

/** The outcome waits for it, and so does the caller. */
const HOOK_PATIENCE_MS = 10_000;

/**
 * What a user's predicate says of an outcome. One that throws, or takes too long, is told of and decides nothing: it
 * never ends a call.
 */
export const askHook = async (
  call: Call,
  hook: IdempotencyEvents['hookFailed']['hook'],
  ask: () => boolean | Promise<boolean>,
  whenItThrows: boolean,
): Promise<boolean> => {
  const late = (): Error => new Error(`\`${hook}\` took too long`);
  try {
    return Boolean(await bounded(call, shareOf(call, HOOK_PATIENCE_MS), ask, late));
  } catch (error) {
    emit('hookFailed', () => ({ ...eventOf(call), hook, error }));
    return whenItThrows;
  }
};
