import { type Clock, monotonicNow, sleep, within } from '../protocol/clock.js';
import { IdempotencyPersistenceLayerError } from '../protocol/errors.js';
import { isOver, type StoredRecord } from '../protocol/record.js';
import { shared } from '../protocol/shared.js';
import type { PersistenceStore } from '../protocol/store.js';

/** The first read is this early, so that waiting for a run that is about to end takes little time. */
const FIRST_POLL_MS = 50;
const LONGEST_POLL_MS = 1_000;
const POLL_GROWTH = 1.6;
/** A look that hangs is given up for the next. */
const POLL_PATIENCE_MS = 2_000;

export interface WaitSetup {
  readonly store: PersistenceStore;
  readonly clock: Clock;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
  readonly clockSkewMs: number;
  /** Called with what a look failed with, though the wait goes on. */
  readonly failed: (error: unknown) => void;
}

export type Change =
  | { readonly changed: true; readonly record: StoredRecord | undefined }
  /** `failure` is of the last look, where that failed. */
  | { readonly changed: false; readonly failure?: unknown };

interface Poll {
  waiters: number;
  failure?: unknown;
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
  const { store, clock, random, clockSkewMs, failed } = setup;
  const ofStore = pollsOf(store);
  const late = (): Error =>
    new IdempotencyPersistenceLayerError(`The store did not answer the read of ${key} in time.`);
  const watch = async (): Promise<StoredRecord | undefined> => {
    for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * POLL_GROWTH, LONGEST_POLL_MS)) {
      await sleep(clock, pause * (0.5 + random() / 2));
      if (poll.waiters === 0) return undefined;
      try {
        const record = await within(clock, monotonicNow(clock) + POLL_PATIENCE_MS, store.read(key), late);
        if (record?.status !== 'running' || isOver(record, clock.now(), clockSkewMs)) return record;
        poll.failure = undefined;
      } catch (error) {
        if (isLasting(error)) throw error;
        poll.failure = error;
        failed(error);
      }
    }
  };
  const poll: Poll = { waiters: 0, change: watch().finally(() => ofStore.delete(key)) };
  poll.change.catch(() => {}); // Each waiter gets the failure; with none left, nobody needs it.
  ofStore.set(key, poll);
  return poll;
};

/** Whether every look would fail as this one did. */
const isLasting = (error: unknown): boolean =>
  error instanceof IdempotencyPersistenceLayerError && !error.retryable;

/**
 * Waits until the record under the key is no longer a live running one. A look that fails ends no wait, unless no look
 * can succeed.
 *
 * @returns `{ changed: true }` with what is there then (undefined: nothing), or `{ changed: false }` at `until` (monotonic)
 */
export const waitForChange = (setup: WaitSetup, key: string, until: number): Promise<Change> => {
  const poll = pollsOf(setup.store).get(key) ?? startPoll(setup, key);
  poll.waiters++;
  return new Promise<Change>((resolve, reject) => {
    const cancel = setup.clock.after(Math.max(0, until - monotonicNow(setup.clock)), () =>
      resolve({ changed: false, failure: poll.failure }),
    );
    poll.change.then((record) => resolve({ changed: true, record }), reject).finally(cancel);
  }).finally(() => {
    poll.waiters--;
  });
};
