import type { IdempotencyConfigOptions } from '../../src/index.js';
import type { ManualClock } from '../../src/testing/index.js';
import type { SpyStore } from '../support/spy-store.js';
import type { Call, Run } from './fronts.js';

/** What scenarios are written with. */

/** What a scenario plays with; fresh for each. */
export interface Bench {
  readonly store: SpyStore;
  readonly clock: ManualClock;
  /** What a duplicate of a run that has just begun is told. */
  readonly retryAfterMs: number;
  make(run: Run, config?: IdempotencyConfigOptions): Call;
}

export interface Scenario {
  readonly name: string;
  /** Default: every store. */
  readonly only?: 'dynalite';
  play(bench: Bench): Promise<void>;
}

export const scenario = (name: string, play: Scenario['play'], only?: 'dynalite'): Scenario => ({
  name,
  play,
  ...(only && { only }),
});

/** A function that counts its runs and answers each with the next of the given values. */
export const answering = (...values: unknown[]): { run: Run; runs: () => number } => {
  let runs = 0;
  return { run: () => values[runs++], runs: () => runs };
};

/** Lets time pass, ten milliseconds at a time, until the promise is settled: requests take real time between. */
export const passTimeUntil = async <T>(clock: ManualClock, promise: Promise<T>): Promise<T> => {
  let isSettled = false;
  const note = (): void => {
    isSettled = true;
  };
  promise.then(note, note);
  while (!isSettled) await clock.advance(10);
  return promise;
};

export const ORDER = { orderId: 'o-1', cake: 'lemon', amount: 42 };
