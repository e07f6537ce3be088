import { describe, expect, it } from '@jest/globals';
import { waitForChange } from '../../../src/core/call/wait.js';
import { IdempotencyPersistenceLayerError } from '../../../src/core/protocol/errors.js';
import type { StoredRecord } from '../../../src/core/protocol/record.js';
import type { PersistenceStore } from '../../../src/core/protocol/store.js';
import { ManualClock } from '../../../src/testing/index.js';

const NOW = 1_000_000;

const running = (leaseUntil = NOW + 60_000): StoredRecord => ({
  status: 'running',
  key: 'k',
  fence: 'f',
  leaseUntil,
  expiresAt: NOW + 3_600_000,
});
const done: StoredRecord = {
  status: 'done',
  key: 'k',
  fence: 'f',
  expiresAt: NOW + 3_600_000,
  result: { stored: true, codec: 'json', data: '1' },
};

/** A store whose reads answer what `answer` returns; the waits see it at times since the start, in milliseconds. */
const setUp = (answer: (at: number) => StoredRecord | undefined) => {
  const clock = new ManualClock(NOW);
  const reads: number[] = [];
  const store = {
    read: async () => {
      const at = clock.now() - NOW;
      reads.push(Math.round(at));
      return answer(at);
    },
  } as unknown as PersistenceStore;
  const setup = { store, clock, random: () => 1, clockSkewMs: 500, failed: () => {} };
  const ended: [unknown, number][] = [];
  const wait = (ms: number, key = 'k'): void => {
    const end = (outcome: unknown): void => void ended.push([outcome, Math.round(clock.now() - NOW)]);
    waitForChange(setup, key, NOW + ms).then(end, end);
  };
  return { clock, reads, ended, wait };
};

describe('a wait', () => {
  it('reads after 50 ms, and then less and less often, at most once a second', async () => {
    const { clock, reads, wait } = setUp(() => running());
    wait(10_000);
    await clock.advance(4_000);
    expect(reads).toEqual([50, 130, 258, 463, 790, 1_315, 2_154, 3_154]);
  });

  it.each<[string, StoredRecord | undefined]>([
    ['is settled', done],
    ['is gone', undefined],
    ['has expired, with the clock skew', running(NOW - 500)],
  ])('ends when the record %s', async (_, record) => {
    const { clock, ended, wait } = setUp((at) => (at < 100 ? running() : record));
    wait(10_000);
    await clock.advance(1_000);
    expect(ended).toEqual([[{ changed: true, record }, 130]]);
  });

  it('goes on while the lease is within the clock skew', async () => {
    const { clock, ended, wait } = setUp(() => running(NOW + 10));
    wait(10_000);
    await clock.advance(500);
    expect(ended).toEqual([]);
    await clock.advance(500);
    expect(ended).toEqual([[{ changed: true, record: running(NOW + 10) }, 790]]);
  });

  it('ends at its time without a change', async () => {
    const { clock, ended, wait } = setUp(() => running());
    wait(200);
    await clock.advance(1_000);
    expect(ended).toMatchObject([[{ changed: false }, 200]]);
  });

  it('rejects if no read can succeed', async () => {
    const failure = new IdempotencyPersistenceLayerError('no table', { retryable: false });
    const { clock, ended, wait } = setUp(() => {
      throw failure;
    });
    wait(10_000);
    await clock.advance(100);
    expect(ended).toEqual([[failure, 50]]);
  });
});

describe('several waits', () => {
  it('for one key share their reads, and each ends at its own time', async () => {
    const { clock, reads, ended, wait } = setUp((at) => (at < 400 ? running() : done));
    wait(10_000);
    wait(300);
    await clock.advance(1_000);
    expect(reads).toEqual([50, 130, 258, 463]);
    expect(ended.map(([, at]) => at)).toEqual([300, 463]);
  });

  it('for two keys read for themselves', async () => {
    const { clock, reads, wait } = setUp(() => running());
    wait(10_000, 'k');
    wait(10_000, 'l');
    await clock.advance(60);
    expect(reads).toEqual([50, 50]);
  });

  it('leave no reads behind', async () => {
    const { clock, reads, wait } = setUp(() => running());
    wait(100);
    await clock.advance(10_000);
    expect(reads).toEqual([50]);
  });
});
