import { within } from './clock.js';
import { emit, type IdempotencyEvents } from './events.js';
import { eventOf, patienceOf } from './requests.js';
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
  const { clock } = call.runtime;
  const now = clock.now();
  // What follows, a settle or a release, needs its share.
  const left = ((patienceOf(call, now) ?? Number.POSITIVE_INFINITY) - now) / 2;
  const late = (): Error => new Error(`\`${hook}\` took too long`);
  try {
    const asking = (async () => ask())();
    return Boolean(await within(clock, now + Math.min(HOOK_PATIENCE_MS, left), asking, late));
  } catch (error) {
    emit('hookFailed', () => ({ ...eventOf(call), hook, error }));
    return whenItThrows;
  }
};
