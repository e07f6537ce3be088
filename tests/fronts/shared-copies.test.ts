import { describe, expect, it, jest } from '@jest/globals';
import type * as Library from '../../src/index.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';

/** As a process has it that loads both the ESM and the CJS build, or two bundles. */
const anotherCopy = async (): Promise<typeof Library> => {
  jest.resetModules();
  return import('../../src/index.js');
};

const one = await anotherCopy();
const other = await anotherCopy();

const contextWith = (remainingMs: number) =>
  ({ functionName: 'fn', getRemainingTimeInMillis: () => remainingMs }) as never;

describe('P15: two copies of the library in one process', () => {
  it('are two', () => {
    expect(one.makeIdempotent).not.toBe(other.makeIdempotent);
  });

  it('an inner function wrapped by one finds the invocation of the handler wrapped by the other', async () => {
    const persistenceStore = new MemoryPersistenceLayer();
    const keys: unknown[] = [];
    const charge = other.makeIdempotent(
      async (_order: { id: number }) => {
        keys.push(one.currentIdempotency()?.scope);
        return 'charged';
      },
      { persistenceStore, keyPrefix: 'charge' },
    );
    const handler = one.makeIdempotent(
      async (order: { id: number }, _context: unknown) => {
        keys.push(other.currentIdempotency()?.scope);
        await charge(order);
        return 'done';
      },
      { persistenceStore, keyPrefix: 'handler' },
    );
    await handler({ id: 1 }, contextWith(5_000));
    expect(keys).toEqual(['handler', 'charge']);
    const { key } = await one.identify({ id: 1 }, { keyPrefix: 'charge' });
    expect(await persistenceStore.read(key ?? '')).toMatchObject({ status: 'done' });
  });

  it('two functions under one scope are refused, whichever copies wrapped them', async () => {
    const persistenceStore = new MemoryPersistenceLayer();
    const options = { persistenceStore, keyPrefix: 'shop' };
    const first = one.makeIdempotent(async (_id: number) => 'first', options);
    const second = other.makeIdempotent(async (_id: number) => 'second', options);
    expect(await first(1)).toBe('first');
    await expect(second(1)).rejects.toThrow(/Two different functions use the scope "shop"/);
  });

  it('the same function under one scope is one function', async () => {
    const persistenceStore = new MemoryPersistenceLayer();
    const charge = async (_id: number): Promise<string> => 'charged';
    const options = { persistenceStore, keyPrefix: 'same' };
    expect(await one.makeIdempotent(charge, options)(1)).toBe('charged');
    expect(await other.makeIdempotent(charge, options)(1)).toBe('charged');
  });

  it('duplicates of both wait by one poll', async () => {
    const memory = new MemoryPersistenceLayer();
    let reads = 0;
    const persistenceStore = Object.assign(Object.create(memory) as MemoryPersistenceLayer, {
      claim: memory.claim.bind(memory),
      settle: memory.settle.bind(memory),
      release: memory.release.bind(memory),
      read: async (key: string) => {
        reads++;
        return memory.read(key);
      },
    });
    let finish: (value: string) => void = () => {};
    const isDone = new Promise<string>((resolve) => {
      finish = resolve;
    });
    const slow = async (_id: number): Promise<string> => isDone;
    const options = { persistenceStore, keyPrefix: 'slow', config: { inProgress: { waitMs: 5_000 } } };
    const [ofOne, ofOther] = [one.makeIdempotent(slow, options), other.makeIdempotent(slow, options)];
    const calls = [ofOne(1), ofOne(1), ofOther(1), ofOther(1), ofOther(1)];
    await new Promise((resolve) => setTimeout(resolve, 20));
    finish('done');
    expect(await Promise.all(calls)).toEqual(['done', 'done', 'done', 'done', 'done']);
    expect(reads).toBe(1);
  });
});
