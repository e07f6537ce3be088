import { describe, expect, it } from '@jest/globals';
import { begin } from '../../../src/core/call/call.js';
import { resolveOptions } from '../../../src/core/config/resolve.js';
import type { Clock } from '../../../src/core/protocol/clock.js';
import { sleep } from '../../../src/core/protocol/clock.js';
import type { PersistenceStore } from '../../../src/core/protocol/store.js';
import { nodeHost } from '../../../src/fronts/host.js';
import { IdempotencyAlreadyInProgressError } from '../../../src/index.js';
import { MemoryPersistenceLayer } from '../../../src/stores/memory.js';
import { createIdempotency, ManualClock } from '../../../src/testing/index.js';
import { contextWith } from '../../support/contexts.js';
import { makeGate } from '../../support/gates.js';

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

describe('a claim that is answered after its own lease', () => {
  const setUp = (
    changes: (memory: MemoryPersistenceLayer, clock: ManualClock) => Partial<PersistenceStore>,
  ) => {
    const clock = new ManualClock();
    const memory = new MemoryPersistenceLayer();
    const { store, last } = watched(over(memory, changes(memory, clock)));
    let runs = 0;
    const bake = async (): Promise<number> => ++runs;
    const { makeIdempotent } = createIdempotency({ clock });
    const baked = makeIdempotent(bake, { persistenceStore: store, config, keyPrefix: 'late' });
    return { clock, memory, last, baked, runs: () => runs };
  };

  it.each([
    [
      'of a store that is slow',
      (memory: MemoryPersistenceLayer, clock: ManualClock): Partial<PersistenceStore> => ({
        async claim(record, moment) {
          const answer = await memory.claim(record, moment);
          await sleep(clock, 10_000);
          return answer;
        },
      }),
    ],
    [
      'of a client that sent it again, and meets its own record',
      (memory: MemoryPersistenceLayer, clock: ManualClock): Partial<PersistenceStore> => ({
        async claim(record, moment) {
          await memory.claim(record, moment);
          await sleep(clock, 10_000);
          return memory.claim(record, moment);
        },
      }),
    ],
  ])('%s: nothing runs, and the key is free', async (_name, changes) => {
    const { clock, memory, last, baked, runs } = setUp(changes);
    const answer = baked();
    const rejected = expect(answer).rejects.toMatchObject({
      name: 'IdempotencyPersistenceLayerError',
      hasRun: false,
      retryable: true,
      message: expect.stringMatching(/after its lease had expired\. Nothing ran/),
    });
    await clock.advance(10_000);
    await rejected;
    expect(runs()).toBe(0);
    expect(await memory.read(last.key)).toBeUndefined();
  });

  it('runs when the answer comes within the lease', async () => {
    const { clock, baked, runs } = setUp((memory, time) => ({
      async claim(record, moment) {
        const answer = await memory.claim(record, moment);
        await sleep(time, 9_999);
        return answer;
      },
    }));
    const answer = baked();
    await clock.advance(9_999);
    expect(await answer).toBe(1);
    expect(runs()).toBe(1);
  });
});

describe('a wait for another run', () => {
  it('that ends with the invocation is rejected as in progress, whichever timer comes first', async () => {
    const manual = new ManualClock();
    let timers = 0;
    // Of timers for one moment the last that was set comes first, as can happen with those of Node.
    const clock: Clock = {
      now: () => Math.ceil(manual.now()),
      after: (ms, callback) => manual.after(ms - ++timers / 1_000, callback),
    };
    const gate = makeGate();
    const { makeIdempotent: onClock } = createIdempotency({ clock });
    const bake = async (_event: object, _context: unknown): Promise<string> => {
      await gate.promise;
      return 'cake';
    };
    const baked = onClock(bake, {
      persistenceStore: new MemoryPersistenceLayer(),
      config: { eventKey: () => 'order-1', inProgress: { waitMs: 60_000 } },
    });
    const first = baked({}, contextWith(30_000));
    const second = baked({}, contextWith(2_000));
    const rejected = expect(second).rejects.toThrow(IdempotencyAlreadyInProgressError);
    await manual.advance(2_000);
    await rejected;
    gate.open();
    expect(await first).toBe('cake');
  });
});

describe('a store that contradicts itself', () => {
  it('is given up before the invocation ends', async () => {
    const clock = new ManualClock(1_000_000);
    const { store } = watched(new MemoryPersistenceLayer());
    const contradicting = over(store, {
      claim: async ({ expiresAt: _, ...record }) => ({
        claimed: false,
        existing: { ...record, fence: 'other', leaseUntil: 0, expiresAt: 0 },
      }),
    });
    const begun = begin({
      key: 'key',
      scope: 'scope',
      fingerprint: undefined,
      source: undefined,
      windowSeconds: 60,
      deadline: 1_001_000,
      endsAt: 1_000,
      requestId: undefined,
      runtime: { clock, newFence: () => 'own', random: () => 1 },
      policy: resolveOptions('the test', { persistenceStore: contradicting }, nodeHost).policy,
    });
    // Unbounded, its pauses would take 200 + 400 + 800 + 1,000 + 1,000 ms.
    const rejected = expect(begun).rejects.toThrow(/refused 6 claims/);
    await clock.advance(900);
    await rejected;
  });
});
