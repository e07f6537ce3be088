import type { RunningRecord } from '../../src/core/protocol/record.js';
import type { ClaimMoment, Outcome, PersistenceStore } from '../../src/core/protocol/store.js';

/** Bugs that a store could have, planted around a sound one: the torture is worth what it finds of them. */

const FAR_MS = 1_000_000_000;

const fenceInForce = async (store: PersistenceStore, key: string, fence: string): Promise<string> => {
  const record = await store.read(key);
  return record?.status === 'running' ? record.fence : fence;
};

const claiming = (
  store: PersistenceStore,
  change: (moment: ClaimMoment) => ClaimMoment,
): PersistenceStore => ({
  claim: (record: RunningRecord, moment: ClaimMoment) => store.claim(record, change(moment)),
  settle: (key, fence, outcome) => store.settle(key, fence, outcome),
  renew: (key, fence, leaseUntil, expiresAt) => store.renew(key, fence, leaseUntil, expiresAt),
  release: (key, fence) => store.release(key, fence),
  read: (key) => store.read(key),
});

const bugs: Readonly<Record<string, (store: PersistenceStore) => PersistenceStore>> = {
  'claim-ignores-lease': (store) =>
    claiming(store, (moment) => ({ ...moment, leaseOverAt: moment.now + FAR_MS })),
  'claim-ignores-skew': (store) => claiming(store, (moment) => ({ ...moment, leaseOverAt: moment.now })),
  'claim-ignores-window': (store) => claiming(store, (moment) => ({ ...moment, now: moment.now + FAR_MS })),
  'lease-without-end': (store) => ({
    ...claiming(store, (moment) => moment),
    claim: (record: RunningRecord, moment: ClaimMoment) =>
      store.claim({ ...record, leaseUntil: record.leaseUntil + FAR_MS }, moment),
  }),
  'settle-without-fence': (store) => ({
    ...claiming(store, (moment) => moment),
    settle: async (key: string, fence: string, outcome: Outcome) =>
      store.settle(key, await fenceInForce(store, key, fence), outcome),
  }),
  'release-without-fence': (store) => ({
    ...claiming(store, (moment) => moment),
    release: async (key: string, fence: string) => store.release(key, await fenceInForce(store, key, fence)),
  }),
};

export const plantedBugs: readonly string[] = Object.keys(bugs);

/** @throws for a bug that is not in the list */
export const plant = (name: string | undefined, store: PersistenceStore): PersistenceStore => {
  if (name === undefined) return store;
  const bug = bugs[name];
  if (!bug) throw new Error(`There is no bug "${name}" to plant; there are ${plantedBugs.join(', ')}.`);
  return bug(store);
};
