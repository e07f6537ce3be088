import { describe, expect, it } from '@jest/globals';
import type { PersistenceStore } from '../../../src/core/protocol/store.js';
import { MemoryPersistenceLayer } from '../../../src/stores/memory.js';
import { createIdempotency, FaultyStore, ManualClock } from '../../../src/testing/index.js';

/** What the simulator found first (tests/model): answers that come too late, and records that vanish. */

const config = { eventKey: () => 'order-1', lease: { seconds: 10 } };

/** A store with one method changed. */
const over = (store: PersistenceStore, changes: Partial<PersistenceStore>): PersistenceStore => ({
  claim: (record, moment) => store.claim(record, moment),
  settle: (key, fence, outcome) => store.settle(key, fence, outcome),
  renew: (key, fence, leaseUntil, expiresAt) => store.renew(key, fence, leaseUntil, expiresAt),
  release: (key, fence) => store.release(key, fence),
  read: (key) => store.read(key),
  ...changes,
});

/** Remembers the key and fence of the last claim, and can take its record away. */
const watched = (behind: PersistenceStore) => {
  const last = { key: '', fence: '' };
  const store = over(behind, {
    claim(record, moment) {
      Object.assign(last, { key: record.key, fence: record.fence });
      return behind.claim(record, moment);
    },
  });
  return { store, last, takeAway: () => behind.release(last.key, last.fence) };
};

describe('a record that vanished during the run', () => {
  it('is written anew, however often the claim for it fails within the patience of a settle', async () => {
    const clock = new ManualClock();
    const memory = new MemoryPersistenceLayer();
    const { store, last, takeAway } = watched(memory);
    const faulty = new FaultyStore(store);
    const bake = async (): Promise<string> => {
      await takeAway();
      faulty.inject({ operation: 'claim', kind: 'lose request', times: 3 });
      return 'cake';
    };
    const baked = createIdempotency({ clock }).makeIdempotent(bake, {
      persistenceStore: faulty,
      config,
      keyPrefix: 'vanished',
    });
    const answer = baked();
    await clock.advance(10_000);
    expect(await answer).toBe('cake');
    expect(await memory.read(last.key)).toMatchObject({ status: 'done', result: { data: '"cake"' } });
  });

  it('and vanished again before the settle, is no lost lease: it is tried again', async () => {
    const clock = new ManualClock();
    const memory = new MemoryPersistenceLayer();
    const { store, last, takeAway } = watched(memory);
    let settles = 0;
    const vanishing = over(store, {
      async settle(key, fence, outcome) {
        if (++settles <= 2) await takeAway();
        return memory.settle(key, fence, outcome);
      },
    });
    const bake = async (): Promise<string> => 'cake';
    const baked = createIdempotency({ clock }).makeIdempotent(bake, {
      persistenceStore: vanishing,
      config,
      keyPrefix: 'deleted twice',
    });
    const answer = baked();
    await clock.advance(10_000);
    expect(await answer).toBe('cake');
    expect(settles).toBeGreaterThan(2);
    expect(await memory.read(last.key)).toMatchObject({ status: 'done', result: { data: '"cake"' } });
  });

  it('is given up with hasRun at the end of that patience', async () => {
    const clock = new ManualClock();
    const store = new MemoryPersistenceLayer();
    const bake = async (): Promise<string> => 'cake';
    const baked = createIdempotency({ clock }).makeIdempotent(bake, {
      persistenceStore: over(store, { settle: async () => ({ held: false }) }),
      config,
      keyPrefix: 'never',
    });
    const rejected = expect(baked()).rejects.toMatchObject({
      name: 'IdempotencyPersistenceLayerError',
      hasRun: true,
      message: expect.stringMatching(/deleted twice/),
    });
    await clock.advance(12_000);
    await rejected;
  });
});
