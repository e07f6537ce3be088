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

describe('a wait for another run', () => {
  const aWait = () => {
    const clock = new ManualClock();
    const gate = makeGate();
    const persistenceStore = new FaultyStore(new MemoryPersistenceLayer());
    const bake = async (_order: { id: number }): Promise<string> => {
      await gate.promise;
      return 'cake';
    };
    const baked = createIdempotency({ clock }).makeIdempotent(bake, {
      persistenceStore,
      keyPrefix: 'patient',
      config: { inProgress: { waitMs: 5_000 } },
    });
    return { clock, gate, persistenceStore, baked };
  };

  it.each(['lose request', 'hang'] as const)('goes on when a look fails: %s', async (kind) => {
    const { clock, gate, persistenceStore, baked } = aWait();
    const first = baked({ id: 1 });
    await clock.advance(1);
    persistenceStore.inject({ operation: 'read', kind });
    const second = baked({ id: 1 });
    await clock.advance(500);
    gate.open();
    expect(await first).toBe('cake');
    await clock.advance(4_000);
    expect(await second).toBe('cake');
  });

  it('that never got to look is rejected as busy at its end, with the last failure as the cause', async () => {
    const { clock, persistenceStore, baked } = aWait();
    void baked({ id: 1 });
    await clock.advance(1);
    persistenceStore.inject({ operation: 'read', kind: 'lose request', times: Number.POSITIVE_INFINITY });
    const second = baked({ id: 1 }).catch((error: unknown) => error);
    await clock.advance(5_000);
    expect(await second).toMatchObject({
      name: 'IdempotencyAlreadyInProgressError',
      cause: { name: 'IdempotencyPersistenceLayerError', message: 'The read failed: lose request.' },
    });
  });

  it('ends after its time, though the clock is set back an hour meanwhile', async () => {
    const { clock, baked } = aWait();
    void baked({ id: 1 });
    await clock.advance(1);
    let rejected = false;
    baked({ id: 1 }).catch(() => {
      rejected = true;
    });
    await clock.advance(2_500);
    clock.step(-3_600_000);
    await clock.advance(2_499);
    expect(rejected).toBe(false);
    await clock.advance(1);
    expect(rejected).toBe(true);
  });
});
