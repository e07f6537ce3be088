import { describe, expect, it } from '@jest/globals';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { createIdempotency, FaultyStore, ManualClock } from '../../src/testing/index.js';
import { makeGate } from '../support/gates.js';

describe('inProgress: { waitMs }', () => {
  const waiting = (clock: ManualClock) => {
    const { makeIdempotent: onClock } = createIdempotency({ clock });
    const gate = makeGate();
    const counter = { runs: 0 };
    const persistenceStore = new FaultyStore(new MemoryPersistenceLayer());
    const bake = async (_order: { id: number }): Promise<string> => {
      const run = ++counter.runs;
      await gate.promise;
      if (run === 1 && failsFirst.now) throw new Error('burnt');
      return `cake ${run}`;
    };
    const failsFirst = { now: false };
    const baked = onClock(bake, {
      persistenceStore,
      keyPrefix: 'wait',
      config: { inProgress: { waitMs: 5_000 }, lease: { seconds: 10 } },
    });
    return { gate, counter, baked, failsFirst, persistenceStore };
  };

  it("returns the first run's outcome", async () => {
    const clock = new ManualClock();
    const { gate, baked, counter, persistenceStore } = waiting(clock);
    const first = baked({ id: 1 });
    await clock.advance(1);
    const second = baked({ id: 1 });
    await clock.advance(1_000);
    gate.open();
    expect(await first).toBe('cake 1');
    await clock.advance(1_000);
    expect(await second).toBe('cake 1');
    expect(counter.runs).toBe(1);
    expect(persistenceStore.requests.filter((request) => request === 'claim')).toHaveLength(2);
  });

  it('is rejected when the wait is over', async () => {
    const clock = new ManualClock();
    const { baked } = waiting(clock);
    void baked({ id: 1 });
    await clock.advance(1);
    const second = baked({ id: 1 }).catch((error: unknown) => error);
    await clock.advance(5_000);
    expect(await second).toMatchObject({ name: 'IdempotencyAlreadyInProgressError', retryAfterMs: 5_499 });
  });

  it('runs when the first run fails: one of those who wait, and the others get its outcome', async () => {
    const clock = new ManualClock();
    const { gate, baked, counter, failsFirst } = waiting(clock);
    failsFirst.now = true;
    const first = baked({ id: 1 }).catch((error: Error) => error.message);
    await clock.advance(1);
    const others = [baked({ id: 1 }), baked({ id: 1 }), baked({ id: 1 })];
    await clock.advance(100);
    gate.open();
    expect(await first).toBe('burnt');
    await clock.advance(4_000);
    expect(await Promise.all(others)).toEqual(['cake 2', 'cake 2', 'cake 2']);
    expect(counter.runs).toBe(2);
  });

  it('takes over when the lease ends during the wait', async () => {
    const clock = new ManualClock();
    const { gate, baked, counter } = waiting(clock);
    void baked({ id: 1 }).catch(() => {});
    await clock.advance(8_000);
    const second = baked({ id: 1 });
    await clock.advance(4_000);
    gate.open();
    await clock.advance(1);
    expect(await second).toBe('cake 2');
    expect(counter.runs).toBe(2);
  });
});
