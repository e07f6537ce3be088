import { describe, expect, it } from '@jest/globals';
import { exitOf, giveUpAt, shareOfTime, timeLeft, withTimeLimit } from '../../../src/core/call/deadline.js';
import { aCall } from '../../support/calls.js';

const NEVER = Number.POSITIVE_INFINITY;

describe('a request is given up', () => {
  it.each([
    ['never, without an invocation that ends', {}, NEVER, NEVER],
    ['after its patience', {}, 5_000, 5_000],
    ['in time for the answer to leave', { deadline: 1_003_000 }, NEVER, 2_900],
    ['after its patience, where that is sooner', { deadline: 1_003_000 }, 1_000, 1_000],
    ['at the very end, in the last moments', { deadline: 1_000_050 }, NEVER, 50],
    ['after half a second, where the context is stale', { deadline: 999_000 }, NEVER, 500],
  ])('%s', (_, changes, atMostMs, at) => {
    expect(giveUpAt(aCall(changes), atMostMs)).toBe(at);
  });
});

it('the answer leaves 100 ms before the end of the invocation', () => {
  expect(exitOf({ endsAt: 3_000 })).toBe(2_900);
  expect(exitOf({ endsAt: undefined })).toBe(NEVER);
});

it.each([
  [{}, 10_000, NEVER, 10_000],
  [{ deadline: 1_003_100 }, 10_000, 3_000, 1_500],
  [{ deadline: 1_003_100 }, 1_000, 3_000, 1_000],
])('of %j, work of %d ms: %d ms are left, and it gets %d', (changes, atMostMs, left, share) => {
  expect(timeLeft(aCall(changes))).toBe(left);
  expect(shareOfTime(aCall(changes), atMostMs)).toBe(share);
});

describe('a time limit', () => {
  const late = (): Error => new Error('late');

  it('ends work that takes longer', async () => {
    const call = aCall({});
    const answer = withTimeLimit(call, 100, () => new Promise(() => {}), late).catch(
      ({ message }) => message,
    );
    await call.runtime.clock.advance(100);
    expect(await answer).toBe('late');
  });

  it('makes a rejection of what the work throws at once', async () => {
    const failure = new Error('no oven');
    const work = (): never => {
      throw failure;
    };
    await expect(withTimeLimit(aCall({}), 100, work, late)).rejects.toBe(failure);
  });
});
