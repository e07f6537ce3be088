import { describe, expect, it } from '@jest/globals';
import { sleep, within } from '../../../src/core/protocol/clock.js';
import { ManualClock } from '../../../src/testing/index.js';
import { makeGate } from '../../support/gates.js';

const late = (): Error => new Error('late');

describe('sleep', () => {
  it('ends after its time, not before', async () => {
    const clock = new ManualClock(1_000);
    const woken: number[] = [];
    void sleep(clock, 50).then(() => woken.push(clock.now()));
    await clock.advance(49);
    expect(woken).toEqual([]);
    await clock.advance(1);
    expect(woken).toEqual([1_050]);
  });
});

describe('within', () => {
  it('gives the answer that comes in time', async () => {
    const clock = new ManualClock(1_000);
    const work = makeGate<string>();
    const answer = within(clock, 100, work.promise, late);
    await clock.advance(99);
    work.open('cake');
    expect(await answer).toBe('cake');
  });

  it('fails as the work fails', async () => {
    const failure = new Error('no oven');
    const work = Promise.reject(failure);
    await expect(within(new ManualClock(1_000), 100, work, late)).rejects.toBe(failure);
  });

  it.each([
    ['at its end', 100, 100],
    ['at once, where its end is over', -100, 0],
  ])('is late %s', async (_, until, after) => {
    const clock = new ManualClock(1_000);
    const answer = within(clock, until, new Promise(() => {}), late).catch((error: Error) => error.message);
    await clock.advance(after);
    expect(await answer).toBe('late');
  });

  it('without an end waits for the work', async () => {
    const work = Promise.resolve('cake');
    expect(within(new ManualClock(), Number.POSITIVE_INFINITY, work, late)).toBe(work);
  });
});
