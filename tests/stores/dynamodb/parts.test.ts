import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from '@jest/globals';
import { channelName, IdempotencyResultError, IdempotencyValidationError } from '../../../src/index.js';
import { createIdempotency, ManualClock } from '../../../src/testing/index.js';
import { useFaultTable } from '../../support/fault-table.js';
import { makeGate } from '../../support/gates.js';
import { noise } from '../../support/noise.js';
import type { RawItem } from '../../support/tables.js';

const table = useFaultTable();
/** What a test that fails must leave as well. */
const atEnd: (() => void)[] = [];
afterEach(() => {
  for (const end of atEnd.splice(0)) end();
});

/** Past 7.5 KB when compressed, and in two parts. */
const LARGE = noise(12_000);
const TWO_PARTS = noise(600_000);

const setUp = (scope: string, result: () => unknown, { useLocalCache = false, maxAttempts = 3 } = {}) => {
  const clock = new ManualClock();
  let runs = 0;
  const list = createIdempotency({ clock }).makeIdempotent(
    async (_: { id: number; note?: string }) => {
      runs++;
      return result();
    },
    {
      persistenceStore: table.store({}, maxAttempts),
      keyPrefix: scope,
      config: {
        eventKeyJmesPath: 'id',
        payloadValidationJmesPath: 'note',
        lease: { seconds: 10 },
        useLocalCache,
      },
    },
  );
  return { clock, list, runs: () => runs };
};

const itemsOf = async (scope: string): Promise<{ record: RawItem | undefined; parts: RawItem[] }> => {
  const items = (await table.items()).filter(({ id }) => id?.S?.startsWith(`${scope}#`));
  const parts = items.filter(({ status }) => !status);
  return {
    record: items.find(({ status }) => status),
    parts: parts.sort((a, b) => String(a['id']?.S).localeCompare(String(b['id']?.S))),
  };
};

/** The operations that were sent meanwhile. */
const sentBy = async (work: () => Promise<unknown>): Promise<string[]> => {
  table.proxy.requests.length = 0;
  await work();
  return table.proxy.requests.map(({ operation }) => operation);
};

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Lets time pass whenever the store has failed, as the retries in between took; to the end of the test. */
const advanceOnFailure = (clock: ManualClock, ms: number): void => {
  const pass = (): void => {
    void clock.advance(ms);
  };
  subscribe(channelName('storeFailed'), pass);
  atEnd.push(() => unsubscribe(channelName('storeFailed'), pass));
};

describe('a large result', () => {
  it('lies in items beside its record, under its fence, and ends with it', async () => {
    const { list } = setUp('layout', () => TWO_PARTS);
    await list({ id: 1 });
    const { record, parts } = await itemsOf('layout');
    const { id, fence, expiration } = record ?? {};
    expect(record).toEqual({
      id: { S: expect.stringMatching(/^layout#[\w-]{43}$/) },
      status: { S: 'COMPLETED' },
      expiration: { N: '1700003600' },
      in_progress_expiration: { N: '1700000010000' },
      validation: { S: expect.stringMatching(/^[\w-]{43}$/) },
      fence: { S: expect.stringMatching(/^[\w-]{36}$/) },
      claimed_at: { N: '1700000000000' },
      settled_at: { N: '1700000000000' },
      codec: { S: 'json+br+parts' },
      parts: {
        M: { count: { N: '2' }, sha256: { S: expect.stringMatching(/^[\w-]{43}$/) }, text: { BOOL: false } },
      },
    });
    expect(parts).toEqual(
      [1, 2].map((number) => ({
        id: { S: `${id?.S}/${fence?.S}/${number}` },
        expiration,
        data: { B: expect.anything() },
      })),
    );
    expect(parts[0]?.['data']?.B?.length).toBe(399_360);
  });

  it('costs one request more, and so does its replay', async () => {
    const { list, runs } = setUp('requests', () => LARGE);
    expect(await sentBy(() => list({ id: 1 }))).toEqual(['PutItem', 'PutItem', 'UpdateItem']);
    expect(await sentBy(async () => expect(await list({ id: 1 })).toBe(LARGE))).toEqual([
      'PutItem',
      'GetItem',
    ]);
    expect(runs()).toBe(1);
  });

  it('begins past 7.5 KB', async () => {
    const store = table.store();
    const settle = async (fence: string, length: number) => {
      const record = {
        status: 'running',
        key: 'limit#x',
        fence,
        leaseUntil: 1_000,
        expiresAt: 1_000,
      } as const;
      await store.claim(record, { now: 2_000_000, leaseOverAt: 2_000_000 });
      const result = { stored: true, codec: 'json', data: 'x'.repeat(length) } as const;
      await store.settle('limit#x', fence, { result, expiresAt: 2_000_000 });
      return (await itemsOf('limit')).parts.length;
    };
    expect(await settle('a', 7_680)).toBe(0);
    expect(await settle('b', 7_681)).toBe(1);
  });

  it('is not read for a conflict', async () => {
    const { list } = setUp('conflict', () => LARGE);
    await list({ id: 1, note: 'a' });
    const sent = await sentBy(async () => {
      expect(await failureOf(list({ id: 1, note: 'b' }))).toBeInstanceOf(IdempotencyValidationError);
    });
    expect(sent).toEqual(['PutItem']);
  });

  it('is read once where there is a local cache', async () => {
    const writer = setUp('cached', () => LARGE, { useLocalCache: true });
    await writer.list({ id: 1 });
    expect(await sentBy(() => writer.list({ id: 1 }))).toEqual([]);
    const reader = setUp('cached', () => LARGE, { useLocalCache: true });
    expect(await sentBy(() => reader.list({ id: 1 }))).toEqual(['PutItem', 'GetItem']);
    expect(await sentBy(async () => expect(await reader.list({ id: 1 })).toBe(LARGE))).toEqual([]);
  });

  it('of a new window replaces the one before', async () => {
    let result = LARGE;
    const { clock, list, runs } = setUp('window', () => result);
    await list({ id: 1 });
    await clock.advance(3_600_000);
    result = `${LARGE}!`;
    expect(await list({ id: 1 })).toBe(`${LARGE}!`);
    expect(await list({ id: 1 })).toBe(`${LARGE}!`);
    expect(runs()).toBe(2);
  });
});

describe('parts that are not what was written: IdempotencyResultError with the reason, and no run', () => {
  it.each([
    ['one is missing', 'part 2 of 2 of the stored result is missing'],
    ['one has lost its data', 'part 1 of 2 of the stored result is missing'],
    ['one was changed', 'the stored result is damaged: the checksum of its parts does not match'],
    ['one was cut', 'the stored result is damaged: the checksum of its parts does not match'],
    ['they changed places', 'the stored result is damaged: the checksum of its parts does not match'],
  ])('%s', async (damage, reason) => {
    const { list, runs } = setUp(damage, () => TWO_PARTS);
    await list({ id: 1 });
    const { parts } = await itemsOf(damage);
    const [first, second] = parts as [RawItem, RawItem];
    const bytes = Buffer.from(first['data']?.B ?? []);
    switch (damage) {
      case 'one is missing':
        await table.remove(second);
        break;
      case 'one has lost its data':
        await table.put({ id: first['id'] ?? { S: '' } });
        break;
      case 'one was changed':
        bytes[1_000] = (bytes[1_000] ?? 0) ^ 1;
        await table.put({ ...first, data: { B: bytes } });
        break;
      case 'one was cut':
        await table.put({ ...first, data: { B: bytes.subarray(1) } });
        break;
      default:
        await table.put({ ...first, id: second['id'] ?? { S: '' } });
        await table.put({ ...second, id: first['id'] ?? { S: '' } });
    }
    const failure = await failureOf(list({ id: 1 }));
    expect(failure).toBeInstanceOf(IdempotencyResultError);
    expect(String(failure)).toContain(reason);
    expect(runs()).toBe(1);
  });

  it('the record has lost where they are', async () => {
    const { list, runs } = setUp('pointer', () => LARGE);
    await list({ id: 1 });
    const { record } = await itemsOf('pointer');
    const { parts: _, ...rest } = record ?? {};
    await table.put(rest);
    const failure = await failureOf(list({ id: 1 }));
    expect(failure).toBeInstanceOf(IdempotencyResultError);
    expect(String(failure)).toContain('codec `json+br+parts`, which the current codec cannot read');
    expect(runs()).toBe(1);
  });
});

describe('a store that fails', () => {
  it('while a part is written: the settle is tried again', async () => {
    const { list, runs, clock } = setUp('write', () => LARGE, { maxAttempts: 1 });
    table.proxy.inject({
      operation: 'PutItem',
      kind: 'status',
      errorType: 'ThrottlingException',
      after: 1,
    });
    advanceOnFailure(clock, 1_000);
    expect(await list({ id: 1 })).toBe(LARGE);
    expect(await list({ id: 1 })).toBe(LARGE);
    expect(runs()).toBe(1);
  });

  it.each([
    ['for good', 'AccessDeniedException', 'Access was denied'],
    ['until half of the time is over', 'ThrottlingException', 'was throttled'],
  ])(
    'P6, while parts are written, %s: the record is settled without them',
    async (name, errorType, reason) => {
      const { list, runs, clock } = setUp(name, () => LARGE, { maxAttempts: 1 });
      const times = Number.POSITIVE_INFINITY;
      table.proxy.inject({ operation: 'PutItem', kind: 'status', errorType, after: 1, times });
      advanceOnFailure(clock, 3_000);
      expect(await list({ id: 1 })).toBe(LARGE);
      table.proxy.clear();
      const failure = await failureOf(list({ id: 1 }));
      expect(failure).toBeInstanceOf(IdempotencyResultError);
      expect(String(failure)).toContain(reason);
      expect((await itemsOf(name)).record?.['status']).toEqual({ S: 'COMPLETED' });
      expect(runs()).toBe(1);
    },
  );

  it('while a part is read: a retryable error, no run, and the outcome later', async () => {
    const { list, runs } = setUp('read', () => LARGE);
    await list({ id: 1 });
    table.proxy.inject({ operation: 'GetItem', kind: 'drop-request', times: 3 });
    expect(await failureOf(list({ id: 1 }))).toMatchObject({
      name: 'IdempotencyPersistenceLayerError',
      retryable: true,
      hasRun: false,
      message: expect.stringContaining('dynamodb:GetItem'),
    });
    expect(await list({ id: 1 })).toBe(LARGE);
    expect(runs()).toBe(1);
  });

  it('and loses the answer of the settle: the parts stay', async () => {
    const { list, runs } = setUp('answer', () => LARGE);
    table.proxy.inject({ operation: 'UpdateItem', kind: 'lose-answer' });
    expect(await list({ id: 1 })).toBe(LARGE);
    expect((await itemsOf('answer')).parts).toHaveLength(1);
    expect(await list({ id: 1 })).toBe(LARGE);
    expect(runs()).toBe(1);
  });
});

describe('a run with a large result', () => {
  const slow = (scope: string) => {
    const gate = makeGate();
    let begun = 0;
    const call = setUp(scope, async () => {
      const run = ++begun;
      if (run === 1) await gate.promise;
      return `${LARGE}${run}`;
    });
    return { ...call, gate, begun: () => begun };
  };
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise(setImmediate);
  };

  it('that lost its claim returns the other outcome, and deletes its own parts', async () => {
    const { list, clock, gate, begun } = slow('lost');
    const first = list({ id: 1 });
    await until(() => begun() === 1);
    await clock.advance(10_500);
    expect(await list({ id: 1 })).toBe(`${LARGE}2`);
    gate.open();
    const sent = await sentBy(async () => expect(await first).toBe(`${LARGE}2`));
    expect(sent).toEqual(['PutItem', 'UpdateItem', 'DeleteItem', 'GetItem']);
    const { record, parts } = await itemsOf('lost');
    expect(parts.map(({ id }) => id?.S)).toEqual([`${record?.['id']?.S}/${record?.['fence']?.S}/1`]);
  });

  it('whose record vanished is written anew', async () => {
    const { list, gate, begun, runs } = slow('vanished');
    const first = list({ id: 1 });
    await until(() => begun() === 1);
    const { record } = await itemsOf('vanished');
    await table.remove(record);
    gate.open();
    expect(await first).toBe(`${LARGE}1`);
    expect(await list({ id: 1 })).toBe(`${LARGE}1`);
    expect(runs()).toBe(1);
  });
});
