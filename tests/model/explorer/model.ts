import { isOver } from '../../../src/core/protocol/record.js';
import { nextStates } from './actions.js';
import { type Exploration, exploreAll } from './breadth-first.js';
import { keyOf } from './key.js';
import { type Bounds, clockOf, hostOf, initialStates, type State, TICK_MS } from './state.js';

/** What must hold in every state, by the names that the simulator's checks have where they are the same. */
export const invariants: Readonly<Record<string, (state: State, bounds: Bounds) => boolean>> = {
  'a write is one that may be': ({ wrong }) => wrong === undefined,

  'a run loses its record only after its lease': (state, { hasDeletions }) =>
    hasDeletions ||
    state.runs.every(({ fence, end, leaseUntil }) => {
      if (end !== 'open' || state.record?.fence === fence) return true;
      return leaseUntil <= clockOf(state, hostOf(state, fence));
    }),

  'one effect per key while no lease and no window ran out': ({ tick, runs }, bounds) =>
    bounds.hasDeletions ||
    tick >= Math.min(bounds.leaseTicks, bounds.windowTicks) - bounds.skewTicks ||
    runs.filter(({ end }) => end !== 'threw').length <= 1,

  'an answer is a stored outcome': ({ hosts, runs }) =>
    hosts.every(
      ({ ending }) =>
        ending?.kind !== 'value' || runs.some(({ fence, end }) => fence === ending.of && end === 'settled'),
    ),

  'a conflict never replays, and is told as one': ({ hosts }) =>
    hosts.every(({ ending, fingerprint }) => {
      if (ending?.kind === 'busy') return ending.by.fingerprint === fingerprint;
      if (ending?.kind !== 'value') return true;
      return hosts.find(({ name }) => ending.of.startsWith(name))?.fingerprint === fingerprint;
    }),

  'busy means that another runs': ({ hosts }) =>
    hosts.every(({ ending, fence }) => ending?.kind !== 'busy' || ending.by.fence !== fence),

  'a running record ends': ({ record }, { skewTicks }) => {
    if (record?.status !== 'running') return true;
    const margin = skewTicks * TICK_MS;
    return isOver(record, record.leaseUntil + margin, margin);
  },
};

const brokenInvariant = (state: State, bounds: Bounds): string | undefined => {
  const broken = Object.entries(invariants).find(([, holds]) => !holds(state, bounds));
  return broken && (state.wrong ?? broken[0]);
};

/** Sees every state within the bounds. */
export const exploreModel = (bounds: Bounds): Exploration =>
  exploreAll({
    initial: initialStates(bounds),
    next: (state) => nextStates(state, bounds),
    keyOf: (state) => keyOf(state, bounds),
    roundOf: ({ tick }) => tick,
    broken: (state) => brokenInvariant(state, bounds),
  });

/** Small enough for every test run. */
export const SMALL: Bounds = {
  ticks: 3,
  leaseTicks: 2,
  windowTicks: 2,
  skewTicks: 1,
  calls: [1, 1],
  renewals: 0,
  faults: 1,
  hasDeletions: false,
};

/** What `npm run explore` sees: each fault alone, with every pause and every skew. */
export const quickRuns: Readonly<Record<string, Bounds>> = {
  'one fault, no renewal': { ...SMALL, ticks: 4 },
  'one renewal, no fault': { ...SMALL, ticks: 4, renewals: 1, faults: 0 },
  'one fault or deletion': { ...SMALL, ticks: 4, hasDeletions: true },
};

/** Some minutes and a gigabyte. */
export const deepRuns: Readonly<Record<string, Bounds>> = {
  'one fault, one renewal': { ...SMALL, renewals: 1 },
  'two faults': { ...SMALL, faults: 2 },
  'one fault, a second call of one host': { ...SMALL, ticks: 4, calls: [1, 2] },
};
