import { describe, expect, it } from '@jest/globals';
import { regressionSeeds } from './regression-seeds.js';
import { type Report, simulate } from './simulator/simulate.js';
import { type ProfileName, profiles } from './simulator/weather.js';

/** `npm run simulate` runs 10,000; these few are for every test run. */
const SEEDS = 300;

const told = ({ seed, violation }: Report): string =>
  violation ? `seed ${seed}: "${violation.check}": ${violation.message}` : '';

describe('the simulator', () => {
  it(`finds no violation in ${SEEDS} seeds, in which every fault occurs`, async () => {
    const occurred = new Set<string>();
    let takeOvers = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const report = await simulate(seed);
      expect(told(report)).toBe('');
      for (const fault of Object.keys(report.faults)) occurred.add(fault);
      takeOvers += report.takeOvers;
    }
    expect([...occurred].sort()).toEqual([
      'answer lost',
      'delayed',
      'deleted by TTL',
      'deleted early',
      'denied',
      'duplicate delivered',
      'host crashed',
      'host frozen',
      'item too large',
      'request lost',
      'store down',
      'throttled',
    ]);
    expect(takeOvers).toBeGreaterThan(0);
  });

  it.each(Object.keys(profiles) as ProfileName[])(
    'finds none in 40 seeds of the profile %s',
    async (profile) => {
      for (let seed = 1_001; seed <= 1_040; seed++) expect(told(await simulate(seed, { profile }))).toBe('');
    },
  );

  it.each(regressionSeeds)(
    'finds none in seed $seed, which once showed: $shows',
    async ({ seed, profile }) => {
      expect(told(await simulate(seed, { profile }))).toBe('');
    },
  );

  it('makes the same world of the same seed, step by step', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const first = await simulate(seed, { trace: true });
      expect(first.trace.length).toBeGreaterThan(20);
      expect((await simulate(seed, { trace: true })).trace).toEqual(first.trace);
      // Watching changes nothing.
      expect(await simulate(seed)).toEqual({ ...first, trace: [] });
    }
  });

  it('makes different worlds of different seeds', async () => {
    const traces = new Set<string>();
    for (let seed = 1; seed <= 20; seed++)
      traces.add((await simulate(seed, { trace: true })).trace.join('\n'));
    expect(traces.size).toBe(20);
  });
});
