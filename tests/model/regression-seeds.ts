import type { ProfileName } from './simulator/weather.js';

/** A seed that once failed. What it showed is also planted as a bug, for draws may change and with them what a seed does. */
export interface RegressionSeed {
  readonly seed: number;
  readonly profile: ProfileName;
  readonly shows: string;
}

export const regressionSeeds: readonly RegressionSeed[] = [
  { seed: 14, profile: 'standard', shows: 'a vanished record taken for a lost lease' },
  { seed: 16, profile: 'standard', shows: 'a run that begins on a lease that is over' },
  { seed: 33, profile: 'calm', shows: 'a wait that ends as a failure of the store' },
  { seed: 58, profile: 'standard', shows: 'a vanished record that is restored only once' },
];
