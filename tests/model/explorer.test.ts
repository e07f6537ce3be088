import { describe, expect, it } from '@jest/globals';
import { exploreAll } from './explorer/breadth-first.js';
import { exploreModel, SMALL } from './explorer/model.js';

describe('the exhaustive model', () => {
  it('holds in every state within small bounds', () => {
    const bounds = { ...SMALL, leaseTicks: 1, windowTicks: 1, ticks: 2 };
    expect(exploreModel(bounds)).toEqual({ states: 69_652, transitions: 193_060 });
  }, 120_000);

  it('says the shortest way to a state that breaks an invariant', () => {
    // A counter of two digits that must never show 1 and 2.
    const next = ([left, right]: readonly [number, number]) =>
      [
        ['left', [left + 1, right]],
        ['right', [left, right + 1]],
      ] as const;
    const exploration = exploreAll<readonly [number, number]>({
      initial: [[0, 0]],
      next: (state) => next(state).filter(([, [left, right]]) => left + right <= 4),
      keyOf: String,
      roundOf: () => 0,
      broken: ([left, right]) => (left === 1 && right === 2 ? 'not 1 and 2' : undefined),
    });
    expect(exploration.counterexample?.invariant).toBe('not 1 and 2');
    expect(exploration.counterexample?.path).toHaveLength(4);
  });
});
