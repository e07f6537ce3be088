import { subscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from '@jest/globals';
import { channelName } from '../../../src/index.js';
import { MemoryPersistenceLayer } from '../../../src/stores/memory.js';
import { createIdempotency, ManualClock } from '../../../src/testing/index.js';
import { contextWith } from '../../support/contexts.js';

const told: string[] = [];
const listen = (event: unknown): void => {
  told.push(String((event as { error: Error }).error.message));
};
subscribe(channelName('hookFailed'), listen);
afterEach(() => {
  told.length = 0;
});

const never = (): Promise<boolean> => new Promise(() => {});

describe('a predicate that never answers', () => {
  it.each([
    ['where no invocation tells its end: 10 s', undefined, 10_000],
    ['with 8 s left: half of them, less the time that an answer takes to leave', contextWith(8_000), 3_950],
  ])('decides nothing, %s', async (_, context, ms) => {
    const clock = new ManualClock();
    const store = new MemoryPersistenceLayer();
    const outOfFlour = new Error('out of flour');
    let runs = 0;
    const bake = async (order: { id: number }, _context: unknown): Promise<string> => {
      runs++;
      if (order.id === 1) throw outOfFlour;
      return 'cake';
    };
    const baked = createIdempotency({ clock }).makeIdempotent(bake, {
      persistenceStore: store,
      config: { shouldStoreError: never, shouldStoreResult: never },
    });
    const outcomeOf = async (call: Promise<unknown>): Promise<unknown> => {
      let outcome: unknown = 'pending';
      const ended = call.then(
        (value) => {
          outcome = value;
        },
        (error: unknown) => {
          outcome = error;
        },
      );
      await clock.advance(ms - 1);
      expect(outcome).toBe('pending');
      await clock.advance(1);
      await ended;
      return outcome;
    };
    expect(await outcomeOf(baked({ id: 1 }, context))).toBe(outOfFlour);
    expect(await outcomeOf(baked({ id: 2 }, context))).toBe('cake');
    expect(told).toEqual(['`shouldStoreError` took too long', '`shouldStoreResult` took too long']);
    // The error freed its key, and the result is stored.
    expect(await outcomeOf(baked({ id: 1 }, context))).toBe(outOfFlour);
    expect(await baked({ id: 2 }, context)).toBe('cake');
    expect(runs).toBe(3);
  });
});
