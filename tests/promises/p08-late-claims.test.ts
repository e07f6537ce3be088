import { describe, expect, it } from '@jest/globals';
import type { ClaimAnswer } from '../../src/index.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { createIdempotency, FaultyStore, ManualClock } from '../../src/testing/index.js';
import { contextWith } from '../support/contexts.js';

describe('P8: no run begins on a lease that is over', () => {
  it.each(['throw', 'run'] as const)(
    'P8: a claim answered after its lease never runs: whenStoreFails %s',
    async (whenStoreFails) => {
      const clock = new ManualClock();
      class Slow extends MemoryPersistenceLayer {
        override async claim(...claim: Parameters<MemoryPersistenceLayer['claim']>): Promise<ClaimAnswer> {
          const answer = await super.claim(...claim);
          await new Promise<void>((resolve) => clock.after(10_000, resolve));
          return answer;
        }
      }
      let runs = 0;
      const bake = async (_order: { id: number }): Promise<number> => ++runs;
      const baked = createIdempotency({ clock }).makeIdempotent(bake, {
        persistenceStore: new Slow(),
        keyPrefix: 'late',
        config: { whenStoreFails, lease: { seconds: 10 } },
      });
      const rejected = expect(baked({ id: 1 })).rejects.toMatchObject({
        name: 'IdempotencyPersistenceLayerError',
        hasRun: false,
        message: expect.stringMatching(/after its lease had expired/),
      });
      await clock.advance(10_000);
      await rejected;
      expect(runs).toBe(0);
    },
  );

  it.each([
    [300, 200],
    [50, 50],
  ])('P8: of %d ms that are left, a store that hangs gets %d', async (leftMs, waitedMs) => {
    const clock = new ManualClock();
    const persistenceStore = new FaultyStore(new MemoryPersistenceLayer());
    persistenceStore.inject({ operation: 'claim', kind: 'hang' });
    const bake = async (_order: { id: number }, _context: unknown): Promise<void> => {};
    const baked = createIdempotency({ clock }).makeIdempotent(bake, { persistenceStore, keyPrefix: 'hang' });
    let failedAt: number | undefined;
    const startedAt = clock.now();
    baked({ id: 1 }, contextWith(leftMs)).catch(() => {
      failedAt = clock.now() - startedAt;
    });
    await clock.advance(2_000);
    expect(failedAt).toBe(waitedMs);
  });
});
