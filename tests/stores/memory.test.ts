import { describe, expect, it } from '@jest/globals';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { itKeepsTheContract } from './contract.js';

describe('MemoryPersistenceLayer', () => {
  itKeepsTheContract(() => new MemoryPersistenceLayer(), {
    'limit of 4 MB': 'memory has no limit of its own',
  });

  it('P15: keeps bytes of its own, of a Buffer too', async () => {
    const store = new MemoryPersistenceLayer();
    const data = Buffer.from([1, 2]);
    const record = { status: 'running', key: 'k', fence: 'f', leaseUntil: 1_000, expiresAt: 1_000 } as const;
    await store.claim(record, { now: 0, leaseOverAt: 0 });
    await store.settle('k', 'f', { result: { stored: true, codec: 'mine', data }, expiresAt: 1_000 });
    data.fill(9);
    expect(await store.read('k')).toMatchObject({ result: { data: new Uint8Array([1, 2]) } });
  });

  it('forgets records past their time, whatever came before them: no more than twice the live ones stay', async () => {
    const store = new MemoryPersistenceLayer();
    const claim = (key: string, now: number, expiresAt: number) =>
      store.claim(
        { status: 'running', key, fence: 'f', leaseUntil: expiresAt, expiresAt },
        { now, leaseOverAt: now },
      );
    await claim('live', 0, 9_000_000);
    for (let index = 0; index < 1_000; index++) await claim(`old-${index}`, index, index + 10);
    const left: string[] = [];
    for (let index = 0; index < 1_000; index++)
      if (await store.read(`old-${index}`)) left.push(`old-${index}`);
    expect(left.length).toBeLessThan(25);
    expect(left.slice(-10)).toEqual(Array.from({ length: 10 }, (_, index) => `old-${990 + index}`));
    expect(await store.read('live')).toBeDefined();
  });

  it('forgets a record at its very end', async () => {
    const store = new MemoryPersistenceLayer();
    const record = (key: string) =>
      ({ status: 'running', key, fence: 'f', leaseUntil: 2_000, expiresAt: 2_000 }) as const;
    await store.claim(record('old'), { now: 0, leaseOverAt: 0 });
    await store.claim(record('new'), { now: 2_000, leaseOverAt: 2_000 });
    expect(await store.read('old')).toBeUndefined();
  });

  it('tells what a claim displaced, and only that', async () => {
    const store = new MemoryPersistenceLayer();
    const record = (fence: string, leaseUntil: number) =>
      ({ status: 'running', key: 'k', fence, leaseUntil, expiresAt: 9_000 }) as const;
    expect(await store.claim(record('a', 1_000), { now: 0, leaseOverAt: 0 })).toStrictEqual({
      claimed: true,
    });
    expect(await store.claim(record('b', 2_000), { now: 1_000, leaseOverAt: 1_000 })).toStrictEqual({
      claimed: true,
      replaced: record('a', 1_000),
    });
  });
});
