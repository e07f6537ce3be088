import { type Clock, sleep } from '../protocol/clock.js';
import { isOver, type StoredRecord } from '../protocol/record.js';
import { shared } from '../protocol/shared.js';
import type { PersistenceStore } from '../protocol/store.js';

/** The first read is this early, so that waiting for a run that is about to end takes little time. */
const FIRST_POLL_MS = 50;
const LONGEST_POLL_MS = 1_000;
const POLL_GROWTH = 1.6;

export interface WaitSetup {
  readonly store: PersistenceStore;
  readonly clock: Clock;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  readonly clockSkewMs: number;
}

export type Change =
  | { readonly changed: true; readonly record: StoredRecord | undefined }
  | { readonly changed: false };

interface Poll {
  waiters: number;
  readonly change: Promise<StoredRecord | undefined>;
}

/** One poll per store and key in a process, however many callers wait, and in however many copies of this library. */
const polls = shared('polls/1', () => new WeakMap<PersistenceStore, Map<string, Poll>>());

const pollsOf = (store: PersistenceStore): Map<string, Poll> => {
  const known = polls.get(store) ?? new Map<string, Poll>();
  polls.set(store, known);
  return known;
};

const startPoll = (setup: WaitSetup, key: string): Poll => {
  const { store, clock, random, clockSkewMs } = setup;
  const ofStore = pollsOf(store);
  const look = async (): Promise<StoredRecord | undefined> => {
    for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * POLL_GROWTH, LONGEST_POLL_MS)) {
      await sleep(clock, pause * (0.5 + random() / 2));
      if (poll.waiters === 0) return undefined;
      const record = await store.read(key);
      if (record?.status !== 'running' || isOver(record, clock.now(), clockSkewMs)) return record;
    }
  };
  const poll: Poll = { waiters: 0, change: look().finally(() => ofStore.delete(key)) };
  poll.change.catch(() => {}); // Each waiter gets the failure; without waiters, it must not be unhandled.
  ofStore.set(key, poll);
  return poll;
};

/**
 * Waits until the record under the key is no longer a live running one.
 *
 * @returns `{ changed: true }` with the record found then (undefined: none), or `{ changed: false }` at `until` (epoch ms)
 */
export const waitForChange = (setup: WaitSetup, key: string, until: number): Promise<Change> => {
  const poll = pollsOf(setup.store).get(key) ?? startPoll(setup, key);
  poll.waiters++;
  return new Promise<Change>((resolve, reject) => {
    const cancel = setup.clock.after(Math.max(0, until - setup.clock.now()), () =>
      resolve({ changed: false }),
    );
    poll.change.then((record) => resolve({ changed: true, record }), reject).finally(cancel);
  }).finally(() => {
    poll.waiters--;
  });
};
