import { describe, expect, it } from '@jest/globals';
import type { RunningRecord, SettledRecord } from '../../src/core/protocol/record.js';
import { localCache } from '../../src/stores/local-cache.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { FaultyStore, ManualClock } from '../../src/testing/index.js';
import { itKeepsTheContract } from './contract.js';

const NOW = 1_700_000_000_000;
const at = (now: number) => ({ now, leaseOverAt: now });
const running = (key: string, fence = 'a'): RunningRecord => ({
  status: 'running',
  key,
  fence,
  fingerprint: 'f',
  leaseUntil: NOW + 1_000,
  expiresAt: NOW + 60_000,
});
const outcome = { result: { stored: true, codec: 'json', data: '1' }, expiresAt: NOW + 60_000 } as const;

const setUp = (maxRecords: number) => {
  const clock = new ManualClock(NOW);
  const memory = new MemoryPersistenceLayer();
  const behind = new FaultyStore(memory);
  const store = localCache(behind, { maxRecords, clock });
  const settle = async (key: string): Promise<void> => {
    await store.claim(running(key), at(NOW));
    await store.settle(key, 'a', outcome);
    behind.requests.length = 0;
  };
  return { clock, memory, behind, store, settle };
};

describe('cached', () => {
  itKeepsTheContract(
    () => localCache(new MemoryPersistenceLayer(), { maxRecords: 10, clock: new ManualClock(NOW) }),
    {
      'limit of 4 MB': 'memory, which is behind it, has no limit of its own',
    },
  );

  it('answers from what was settled here, with its fingerprint, without a request', async () => {
    const { store, behind, settle } = setUp(10);
    await settle('k');
    expect(await store.claim(running('k', 'b'), at(NOW))).toMatchObject({
      claimed: false,
      existing: { status: 'done', fence: 'a', fingerprint: 'f', result: outcome.result },
    });
    expect((await store.read('k'))?.status).toBe('done');
    expect(behind.requests).toEqual([]);
  });

  it.each([
    ['a Buffer', Buffer.from([1, 2])],
    ['a Uint8Array', new Uint8Array([1, 2])],
  ])('P15: hands out bytes of its own, and keeps its own, of %s', async (_, data) => {
    const { store } = setUp(10);
    const bytesOf = async (): Promise<Uint8Array> => {
      const { existing } = (await store.claim(running('k', 'b'), at(NOW))) as { existing?: SettledRecord };
      return (existing?.result.stored && existing.result.data) as Uint8Array;
    };
    await store.claim(running('k'), at(NOW));
    const result = { stored: true, codec: 'mine', data } as const;
    await store.settle('k', 'a', { ...outcome, result });
    data.fill(9);
    (await bytesOf()).fill(8);
    expect([...(await bytesOf())]).toEqual([1, 2]);
  });

  it('keeps no data of more than 400 KB', async () => {
    const { store, behind } = setUp(10);
    const settleWith = async (key: string, length: number): Promise<string[]> => {
      await store.claim(running(key), at(NOW));
      const result = { stored: true, codec: 'json', data: 'x'.repeat(length) } as const;
      await store.settle(key, 'a', { ...outcome, result });
      behind.requests.length = 0;
      await store.claim(running(key, 'b'), at(NOW));
      return behind.requests;
    };
    expect(await settleWith('small', 409_600)).toEqual([]);
    expect(await settleWith('large', 409_601)).toEqual(['claim']);
  });

  it('answers from what was seen settled by another process, from the second time on', async () => {
    const { store, behind, memory } = setUp(10);
    await memory.claim(running('k'), at(NOW));
    await memory.settle('k', 'a', outcome);
    await store.claim(running('k', 'b'), at(NOW));
    await store.claim(running('k', 'c'), at(NOW));
    expect(behind.requests).toEqual(['claim']);
  });

  it('asks the store again at the end of the window', async () => {
    const { store, behind, clock, settle } = setUp(10);
    await settle('k');
    await clock.advance(60_000);
    expect((await store.read('k'))?.status).toBe('done');
    expect((await store.claim(running('k', 'b'), at(NOW + 60_000))).claimed).toBe(true);
    expect(behind.requests).toEqual(['read', 'claim']);
  });

  it('keeps no more than its bound: the least recently used goes first', async () => {
    const { store, behind, settle } = setUp(2);
    await settle('one');
    await settle('two');
    await store.read('one');
    await settle('three');
    await store.read('one');
    await store.read('three');
    expect(behind.requests).toEqual([]);
    await store.read('two');
    expect(behind.requests).toEqual(['read']);
  });

  it('P15: never answers from a running record, also one of its own', async () => {
    const { store, behind } = setUp(10);
    await store.claim(running('k'), at(NOW));
    await store.claim(running('k', 'b'), at(NOW));
    await store.read('k');
    expect(behind.requests).toEqual(['claim', 'claim', 'read']);
  });

  it('keeps nothing of a settle that was refused but the outcome that refused it', async () => {
    const { store, memory, behind } = setUp(10);
    await store.claim(running('k'), at(NOW));
    await memory.claim(running('k', 'b'), at(NOW + 1_000));
    await memory.settle('k', 'b', { ...outcome, result: { stored: true, codec: 'json', data: '2' } });
    expect((await store.settle('k', 'a', outcome)).held).toBe(false);
    expect(await store.claim(running('k', 'c'), at(NOW))).toMatchObject({
      existing: { fence: 'b', result: { data: '2' } },
    });
    expect(behind.requests).toEqual(['claim', 'settle']);
  });

  it('keeps nothing of a settle whose claim it has forgotten: the fingerprint would be missing', async () => {
    const { store, behind } = setUp(1);
    await store.claim(running('one'), at(NOW));
    await store.claim(running('two', 'b'), at(NOW));
    expect(await store.settle('one', 'a', outcome)).toEqual({ held: true });
    expect(await store.read('one')).toMatchObject({ status: 'done', fingerprint: 'f' });
    expect(behind.requests).toEqual(['claim', 'claim', 'settle', 'read']);
  });

  describe('of a store that keeps large data beside its records', () => {
    const parts = { count: 1, sha256: 'digest', isText: true };
    const inParts: SettledRecord = {
      status: 'done',
      key: 'k',
      fence: 'a',
      expiresAt: NOW + 60_000,
      result: { stored: true, codec: 'mine', parts },
    };
    const setUpParts = () => {
      const { memory, clock } = setUp(10);
      const read: string[] = [];
      const behind = Object.assign(memory, {
        readParts: async ({ fence }: SettledRecord) => {
          read.push(fence);
          return `data of ${fence}`;
        },
      });
      const store = localCache(behind, { maxRecords: 10, clock });
      const settle = async (fence: string, now: number): Promise<SettledRecord> => {
        const end = { leaseUntil: now + 1_000, expiresAt: now + 60_000 };
        await store.claim({ ...running('k', fence), ...end }, at(now));
        await store.settle('k', fence, { result: inParts.result, expiresAt: end.expiresAt });
        return (await store.read('k')) as SettledRecord;
      };
      return { store, read, settle, clock };
    };

    it('keeps what was read once with its record, and its codec', async () => {
      const { store, settle, read } = setUpParts();
      const record = await settle('a', NOW);
      expect(await store.readParts?.(record)).toBe('data of a');
      expect(await store.claim(running('k', 'b'), at(NOW))).toMatchObject({
        existing: { fence: 'a', result: { stored: true, codec: 'mine', data: 'data of a' } },
      });
      expect(read).toEqual(['a']);
    });

    it('keeps it with no other record: one that came since has data of its own', async () => {
      const { store, settle, clock } = setUpParts();
      const record = await settle('a', NOW);
      await clock.advance(60_000);
      await settle('b', NOW + 60_000);
      expect(await store.readParts?.(record)).toBe('data of a');
      expect(await store.read('k')).toMatchObject({ fence: 'b', result: { codec: 'mine', parts } });
    });

    it('keeps none of a record that it does not know', async () => {
      const { store } = setUpParts();
      expect(await store.readParts?.(inParts)).toBe('data of a');
      expect(await store.read('k')).toBeUndefined();
    });

    it('and of one that keeps none: neither does it', () => {
      expect(setUp(10).store).not.toHaveProperty('readParts');
    });
  });
});
