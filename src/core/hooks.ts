import { emit, type IdempotencyEvents } from './events.js';
import { eventOf } from './requests.js';
import type { Call } from './types.js';

/** What a user's predicate says of an outcome; one that throws is told of, and decides nothing: it never ends a call. */
export const askHook = async (
  call: Call,
  hook: IdempotencyEvents['hookFailed']['hook'],
  ask: () => boolean | Promise<boolean>,
  whenItThrows: boolean,
): Promise<boolean> => {
  try {
    return Boolean(await ask());
  } catch (error) {
    emit('hookFailed', () => ({ ...eventOf(call), hook, error }));
    return whenItThrows;
  }
};
