import { describe, expect, it } from '@jest/globals';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { createIdempotency, FaultyStore, ManualClock } from '../../src/testing/index.js';
import { makeGate } from '../support/gates.js';

describe('P4: a run that another took over and gave up', () => {
  it.each([3, undefined])('settles the call, and nothing runs again: maxAttempts %s', async (maxAttempts) => {
    const clock = new ManualClock();
    const gate = makeGate();
    let runs = 0;
    const pay = async (_order: { id: number }): Promise<string> => {
      const run = ++runs;
      if (run === 1) await gate.promise;
      if (run === 2) throw new Error('declined');
      return `payment ${run}`;
    };
    const paid = createIdempotency({ clock }).makeIdempotent(pay, {
      persistenceStore: new MemoryPersistenceLayer(),
      keyPrefix: 'payments',
      config: { lease: { seconds: 10 }, ...(maxAttempts !== undefined && { maxAttempts }) },
    });
    const first = paid({ id: 1 });
    await clock.advance(10_500);
    await expect(paid({ id: 1 })).rejects.toThrow('declined');
    gate.open();
    expect(await first).toBe('payment 1');
    expect(await paid({ id: 1 })).toBe('payment 1');
    expect(runs).toBe(2);
  });

  it('whose attempts count on', async () => {
    const clock = new ManualClock();
    const gate = makeGate();
    const persistenceStore = new MemoryPersistenceLayer();
    let runs = 0;
    const { makeIdempotent } = createIdempotency({ clock });
    const pay = async (_order: { id: number }): Promise<string> => {
      if (++runs > 1) throw new Error('declined');
      await gate.promise;
      return 'paid';
    };
    const paid = makeIdempotent(pay, {
      persistenceStore,
      keyPrefix: 'counted',
      config: { maxAttempts: 3, responseHook: (response, record) => [response, record.attempts] },
    });
    const first = paid({ id: 1 });
    await clock.advance(900_500);
    await expect(paid({ id: 1 })).rejects.toThrow('declined');
    gate.open();
    expect(await first).toBe('paid');
    expect(await paid({ id: 1 })).toEqual(['paid', 2]);
  });
});

describe('P4: a settle whose answer was lost', () => {
  const windowOver = async (claimsAgain: boolean) => {
    const clock = new ManualClock();
    const persistenceStore = new FaultyStore(new MemoryPersistenceLayer());
    const gate = makeGate();
    let runs = 0;
    const pay = async (_order: { id: number }): Promise<string> => {
      const run = ++runs;
      if (run === 2) await gate.promise;
      return `payment ${run}`;
    };
    const paid = createIdempotency({ clock }).makeIdempotent(pay, {
      persistenceStore,
      keyPrefix: 'windows',
      config: { expiresAfterSeconds: 1, lease: { seconds: 60 } },
    });
    persistenceStore.inject({ operation: 'settle', kind: 'lose answer' });
    persistenceStore.inject({ operation: 'settle', kind: 'lose request', times: 5 });
    const first = paid({ id: 1 });
    await clock.advance(1_500);
    const second = claimsAgain ? paid({ id: 1 }) : undefined;
    await clock.advance(10_000);
    gate.open();
    return { first, second };
  };

  it('and whose window another has claimed since: its run is told its outcome, which was stored', async () => {
    const { first, second } = await windowOver(true);
    expect(await first).toBe('payment 1');
    expect(await second).toBe('payment 2');
  });

  it('and whose window is over: likewise', async () => {
    expect(await (await windowOver(false)).first).toBe('payment 1');
  });
});
