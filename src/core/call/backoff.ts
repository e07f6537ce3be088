import { monotonicNow, sleep } from '../protocol/clock.js';
import type { Call } from './types.js';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** Full jitter: callers that failed together do not retry together. Never sleeps past `until` (monotonic). */
export const backoff = (
  { runtime: { clock, random } }: Pick<Call, 'runtime'>,
  attempt: number,
  until: number,
): Promise<void> => {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS) * random();
  return sleep(clock, Math.max(0, Math.min(pause, until - monotonicNow(clock))));
};
