import { expect, it } from '@jest/globals';
import { backoff } from '../../../src/core/call/backoff.js';
import { aCall } from '../../support/calls.js';

it.each([
  ['the first', 0, 1, Number.POSITIVE_INFINITY, 50],
  ['the second', 1, 1, Number.POSITIVE_INFINITY, 100],
  ['the fourth, half of it by jitter', 3, 0.5, Number.POSITIVE_INFINITY, 200],
  ['the tenth: a second at most', 9, 1, Number.POSITIVE_INFINITY, 1_000],
  ['one that would sleep past the end', 3, 1, 30, 30],
  ['one after the end', 3, 1, -1_000, 0],
])('%s pause', async (_, attempt, random, until, pauseMs) => {
  const call = aCall({ random });
  const { clock } = call.runtime;
  let wokenAt: number | undefined;
  void backoff(call, attempt, until).then(() => {
    wokenAt = clock.now();
  });
  if (pauseMs > 0) {
    await clock.advance(pauseMs - 1);
    expect(wokenAt).toBeUndefined();
  }
  await clock.advance(pauseMs > 0 ? 1 : 0);
  expect(wokenAt).toBe(1_000_000 + pauseMs);
});
