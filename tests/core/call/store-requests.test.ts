import { describe, expect, it } from '@jest/globals';
import type { PersistenceStore } from '../../../src/core/protocol/store.js';
import { IdempotencyPersistenceLayerError } from '../../../src/index.js';
import { MemoryPersistenceLayer } from '../../../src/stores/memory.js';
import { createIdempotency, FaultyStore, ManualClock } from '../../../src/testing/index.js';

/** Of an invocation that does not tell its end: what a caller waits for must leave all the same. */

const config = { eventKey: () => 'order-1', lease: { seconds: 10 } } as const;

const setUp = () => {
  const clock = new ManualClock();
  const store = new FaultyStore(new MemoryPersistenceLayer());
  return { clock, store, ...createIdempotency({ clock }) };
};

/** What became of a promise so far. */
const stateOf = (promise: Promise<unknown>): Promise<unknown> =>
  Promise.race([promise.catch((error: unknown) => error), Promise.resolve('pending')]);

describe('a store that hangs, where no invocation tells its end', () => {
  it('P5: keeps what the function threw for 5 s at most', async () => {
    const { clock, store, makeIdempotent } = setUp();
    const outOfFlour = new Error('out of flour');
    const bake = async (): Promise<never> => {
      throw outOfFlour;
    };
    const baked = makeIdempotent(bake, { persistenceStore: store, config });
    store.inject({ operation: 'release', kind: 'hang' });
    const answer = baked();
    const rejected = expect(answer).rejects.toBe(outOfFlour);
    await clock.advance(4_999);
    expect(await stateOf(answer)).toBe('pending');
    await clock.advance(1);
    await rejected;
  });

  it('P6: is given up 10 s after the function returned, and the error says that it has run', async () => {
    const { clock, store, makeIdempotent } = setUp();
    const baked = makeIdempotent(async function bake() {}, { persistenceStore: store, config });
    store.inject({ operation: 'settle', kind: 'hang' });
    const answer = baked();
    const rejected = expect(answer).rejects.toMatchObject({
      name: 'IdempotencyPersistenceLayerError',
      hasRun: true,
    });
    await clock.advance(9_999);
    expect(await stateOf(answer)).toBe('pending');
    await clock.advance(1);
    await rejected;
  });
});

describe("with whenStoreFails 'run'", () => {
  it('a claim whose answer was lost blocks nobody: nothing runs under it', async () => {
    const { store, makeIdempotent } = setUp();
    let runs = 0;
    const bake = async (): Promise<number> => ++runs;
    const baked = makeIdempotent(bake, {
      persistenceStore: store,
      config: { ...config, whenStoreFails: 'run' },
    });
    store.inject({ operation: 'claim', kind: 'lose answer' });
    expect(await baked()).toBe(1);
    expect(store.requests).toEqual(['claim', 'release']);
    expect(await baked()).toBe(2);
    expect(await baked()).toBe(2);
  });

  it.each(['run', 'throw'] as const)(
    "P4: a stale run does not answer with its own where another's is stored, and only not to be had now: %s",
    async (whenStoreFails) => {
      const { clock, store, makeIdempotent } = setUp();
      let fails = false;
      const codec = {
        encode: (value: unknown) => ({ codec: 'mine', data: String(value) }),
        decode: ({ data }: { data?: string | Uint8Array }) => {
          if (fails) throw new IdempotencyPersistenceLayerError('The codec is down.');
          return data;
        },
      };
      const gate: (() => void)[] = [];
      let runs = 0;
      const pay = async (): Promise<string> => {
        const run = ++runs;
        if (run === 1) await new Promise<void>((resolve) => gate.push(resolve));
        return `payment ${run}`;
      };
      const paid = makeIdempotent(pay, {
        persistenceStore: store,
        config: { ...config, whenStoreFails, codec },
      });
      const first = paid();
      await clock.advance(10_500);
      expect(await paid()).toBe('payment 2');
      fails = true;
      const rejected = expect(first).rejects.toMatchObject({
        name: 'IdempotencyPersistenceLayerError',
        message: 'The codec is down.',
      });
      gate[0]?.();
      await rejected;
      fails = false;
      expect(await paid()).toBe('payment 2');
      expect(runs).toBe(2);
    },
  );
});

describe('a store that is slow, and many callers at once', () => {
  /** Every request takes some turns of the event loop, another number each time. */
  const slow = (store: PersistenceStore): PersistenceStore => {
    let seed = 1;
    const turns = async (): Promise<void> => {
      seed = (seed * 48_271) % 2_147_483_647;
      for (let turn = seed % 7; turn >= 0; turn--) await new Promise(setImmediate);
    };
    const around = <Args extends unknown[], Answer>(ask: (...args: Args) => Promise<Answer>) => {
      return async (...args: Args): Promise<Answer> => {
        await turns();
        const answer = await ask(...args);
        await turns();
        return answer;
      };
    };
    return {
      claim: around((record, moment) => store.claim(record, moment)),
      settle: around((key, fence, outcome) => store.settle(key, fence, outcome)),
      renew: around((key, fence, leaseUntil, expiresAt) => store.renew(key, fence, leaseUntil, expiresAt)),
      release: around((key, fence, remains) => store.release(key, fence, remains)),
      read: around((key) => store.read(key)),
    };
  };

  it('of whom some wait while others fail, contradicts nobody', async () => {
    const clock = new ManualClock();
    const { makeIdempotent } = createIdempotency({ clock });
    const bake = async (): Promise<never> => {
      throw new Error('out of flour');
    };
    const baked = makeIdempotent(bake, {
      persistenceStore: slow(new MemoryPersistenceLayer()),
      config: { ...config, maxAttempts: 100, inProgress: { waitMs: 60_000 } },
    });
    const calls = Promise.allSettled(Array.from({ length: 40 }, () => baked()));
    let done = false;
    void calls.then(() => {
      done = true;
    });
    while (!done) await clock.advance(50);
    const reasons = (await calls).map((call) => (call.status === 'rejected' ? call.reason.message : 'ran'));
    expect(new Set(reasons)).toEqual(new Set(['out of flour']));
  });
});
