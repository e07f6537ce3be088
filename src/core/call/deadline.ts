import { within } from '../protocol/clock.js';
import { patienceOf } from './store-requests.js';
import type { Call } from './types.js';

/** Work that is not a store's (a codec's, a predicate's), in the time that its call has. */

/** Milliseconds; infinite where no invocation tells its end. */
export const timeLeft = (call: Call): number => {
  const now = call.runtime.clock.now();
  return (patienceOf(call, now) ?? Number.POSITIVE_INFINITY) - now;
};

/** `most` milliseconds, or half of what is left: what follows, a settle or a release, needs its share. */
export const shareOf = (call: Call, most: number): number => Math.min(most, timeLeft(call) / 2);

/** The work's answer, or `late()` thrown after so long; the work may throw at once. */
export const bounded = <T>(
  { runtime }: Call,
  ms: number,
  work: () => T,
  late: () => Error,
): Promise<Awaited<T>> => {
  const { clock } = runtime;
  const until = Number.isFinite(ms) ? clock.now() + ms : undefined;
  return within(clock, until, (async () => work())() as Promise<Awaited<T>>, late);
};
