import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  channelName,
  IdempotencyConfig,
  type IdempotencyEventName,
  IdempotencyKeyError,
  IdempotencyPersistenceLayerError,
  IdempotencyValidationError,
  makeIdempotent,
} from '../../src/index.js';
import { DynamoDBPersistenceLayer } from '../../src/stores/dynamodb/sdk-layer.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { createIdempotency, FaultyStore, ManualClock } from '../../src/testing/index.js';
import { contextWith, makeGate, startTable, type TestTable } from './table.js';

let table: TestTable;
beforeAll(async () => {
  table = await startTable();
});
afterEach(() => {
  table.proxy.clear();
  table.proxy.requests.length = 0;
});
afterAll(() => table.close());

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise(setImmediate);
};

it('P7, W14: a replay equals the first return, for every type that JSON loses', async () => {
  const values = {
    u: undefined,
    date: new Date(1_700_000_000_123),
    map: new Map<unknown, unknown>([
      ['a', 1n],
      [{ k: 1 }, new Set([Number.NaN])],
    ]),
    numbers: [-0, Infinity, -Infinity, 2 ** 53 + 2, Number.MAX_VALUE, 1e-320],
    bytes: [Buffer.from('cake'), new Uint16Array([1, 65_535])],
    error: Object.assign(new RangeError('no cake', { cause: new Error('oven') }), { code: 'OVEN' }),
  };
  const bake = async (_order: { id: number }): Promise<typeof values> => values;
  const baked = makeIdempotent(bake, { persistenceStore: table.store(), keyPrefix: 'P7' });
  assert.deepStrictEqual(await baked({ id: 1 }), values);
  assert.deepStrictEqual(await baked({ id: 1 }), values);
});

it('P7: plain JSON is readable JSON in the table', async () => {
  const bake = async (_order: { id: number }) => ({ cake: { layers: [1, 2], icing: null } });
  await makeIdempotent(bake, { persistenceStore: table.store(), keyPrefix: 'P7-json' })({ id: 1 });
  expect(await table.item('P7-json')).toMatchObject({
    data: { S: '{"cake":{"layers":[1,2],"icing":null}}' },
    codec: { S: 'json' },
  });
});

describe('P8: a lease always exists', () => {
  const NOW = 1_700_000_000_000;
  const leaseOf = async (scope: string, context: unknown, config = {}): Promise<number> => {
    const { makeIdempotent: onClock } = createIdempotency({ clock: new ManualClock(NOW) });
    const gate = makeGate();
    const bake = async (_event: { id: number }, _context: unknown): Promise<void> => gate.opened;
    const baked = onClock(bake, { persistenceStore: table.store(), keyPrefix: scope, config });
    const run = baked({ id: 1 }, context);
    await until(async () => (await table.items()).some((item) => item['id']?.S?.startsWith(`${scope}#`)));
    const lease = Number((await table.item(scope))['in_progress_expiration']?.N);
    gate.open();
    await run;
    return lease - NOW;
  };

  it.each([
    ['the remaining time', contextWith(30_000), {}, 30_000],
    [
      'the remaining time, not lease.seconds, where there is a context',
      contextWith(30_000),
      { lease: { seconds: 5 } },
      30_000,
    ],
    ['900 s without a context', undefined, {}, 900_000],
    ['lease.seconds without a context', undefined, { lease: { seconds: 60 } }, 60_000],
    ['a short lease, of zero remaining time', contextWith(0), {}, 1_000],
    ['W23: a short lease, of negative remaining time', contextWith(-5_000), {}, 1_000],
    ['900 s where the context cannot tell', contextWith(Number.NaN), {}, 900_000],
    ['W25: 900 s where the second argument is no context', { step: 1 }, {}, 900_000],
  ])('P8: %s', async (name, context, config, lease) => {
    expect(await leaseOf(`P8-${name}`, context, config)).toBe(lease);
  });

  it('P8: of the registered context, where none is passed', async () => {
    const config = new IdempotencyConfig();
    config.registerLambdaContext(contextWith(20_000));
    expect(await leaseOf('P8-registered', undefined, config)).toBe(20_000);
  });

  it('P8: a crashed run is taken over when its lease and the margin are over, not before', async () => {
    const clock = new ManualClock();
    const { makeIdempotent: onClock } = createIdempotency({ clock });
    const store = new MemoryPersistenceLayer();
    const seen: string[] = [];
    const heard = (): void => void seen.push('takenOver');
    subscribe(channelName('takenOver'), heard);
    const crash = async (_event: { id: number }, _context: unknown): Promise<string> => new Promise(() => {});
    const next = async (_event: { id: number }, _context: unknown): Promise<string> => 'done';
    const options = { keyPrefix: 'P8-crash' };
    void onClock(crash, { persistenceStore: new FaultyStore(store), ...options })(
      { id: 1 },
      contextWith(3_000),
    );
    await clock.advance(3_499);
    const retry = onClock(next, { persistenceStore: store, ...options });
    await expect(retry({ id: 1 }, contextWith(3_000))).rejects.toThrow(/running elsewhere/);
    await clock.advance(1);
    expect(await retry({ id: 1 }, contextWith(3_000))).toBe('done');
    unsubscribe(channelName('takenOver'), heard);
    expect(seen).toEqual(['takenOver']);
  });
});

it('P9: a window shorter than the run does not end its claim, and is counted from the settle', async () => {
  const clock = new ManualClock();
  const { makeIdempotent: onClock } = createIdempotency({ clock });
  const persistenceStore = table.store();
  const gate = makeGate();
  let runs = 0;
  const slow = async (_order: { id: number }): Promise<number> => {
    runs++;
    if (runs === 1) await gate.opened;
    return runs;
  };
  const baked = onClock(slow, { persistenceStore, keyPrefix: 'P9', config: { expiresAfterSeconds: 1 } });
  const first = baked({ id: 1 });
  await until(async () => runs === 1);
  const { expiration, in_progress_expiration: lease } = await table.item('P9');
  expect(Number(expiration?.N) * 1_000).toBeGreaterThanOrEqual(Number(lease?.N));
  await clock.advance(60_000);
  await expect(baked({ id: 1 })).rejects.toThrow(/running elsewhere/);
  gate.open();
  expect(await first).toBe(1);
  await clock.advance(999);
  expect(await baked({ id: 1 })).toBe(1);
  await clock.advance(1);
  expect(await baked({ id: 1 })).toBe(2);
});

describe('P10: missing means missing', () => {
  it('P10: without throwOnNoIdempotencyKey it runs unprotected, stores nothing, and an event says so', async () => {
    const heard: unknown[] = [];
    const listen = (message: unknown): void => void heard.push(message);
    subscribe(channelName('keyMissing'), listen);
    let runs = 0;
    const bake = async (_order: { id?: number }): Promise<number> => ++runs;
    const baked = makeIdempotent(bake, {
      persistenceStore: table.store(),
      keyPrefix: 'P10',
      config: { eventKeyJmesPath: 'id' },
    });
    expect([await baked({}), await baked({})]).toEqual([1, 2]);
    unsubscribe(channelName('keyMissing'), listen);
    expect(heard).toEqual([{ scope: 'P10' }, { scope: 'P10' }]);
    expect(table.proxy.requests).toEqual([]);
  });

  it('P10, W9: with it, an IdempotencyKeyError as itself, and no run', async () => {
    let runs = 0;
    const bake = async (_order: { id?: number }): Promise<number> => ++runs;
    const config = { eventKeyJmesPath: '[id, user]', throwOnNoIdempotencyKey: true };
    const baked = makeIdempotent(bake, { persistenceStore: table.store(), keyPrefix: 'P10-throw', config });
    await expect(baked({ id: 1 })).rejects.toThrow(IdempotencyKeyError);
    expect(runs).toBe(0);
    expect(table.proxy.requests).toEqual([]);
  });
});

describe('P13: another payload under the same key is refused', () => {
  it('P13: while the first still runs, and after; and the first payload still replays', async () => {
    const gate = makeGate();
    let runs = 0;
    const charge = async (order: { id: number; amount: number }): Promise<number> => {
      runs++;
      await gate.opened;
      return order.amount;
    };
    const config = { eventKeyJmesPath: 'id', payloadValidationJmesPath: 'amount' };
    const charged = makeIdempotent(charge, { persistenceStore: table.store(), keyPrefix: 'P13', config });
    const first = charged({ id: 1, amount: 5 });
    await until(() => runs === 1);
    await expect(charged({ id: 1, amount: 6 })).rejects.toThrow(IdempotencyValidationError);
    gate.open();
    expect(await first).toBe(5);
    const refused = charged({ id: 1, amount: 6 });
    await expect(refused).rejects.toMatchObject({
      name: 'IdempotencyValidationError',
      existingRecord: { responseData: 5 },
    });
    expect(await charged({ id: 1, amount: 5 })).toBe(5);
    expect(runs).toBe(1);
  });

  it.each([true, false])('P13: also from the local cache (%s)', async (useLocalCache) => {
    const charge = async (order: { id: number; amount: number }): Promise<number> => order.amount;
    const config = { eventKeyJmesPath: 'id', payloadValidationJmesPath: 'amount', useLocalCache };
    const charged = makeIdempotent(charge, {
      persistenceStore: table.store(),
      keyPrefix: `P13-${useLocalCache}`,
      config,
    });
    await charged({ id: 1, amount: 5 });
    await expect(charged({ id: 1, amount: 6 })).rejects.toThrow(IdempotencyValidationError);
    expect(await charged({ id: 1, amount: 5 })).toBe(5);
  });
});

describe('P14: the store is bounded in time', () => {
  const counted = (options: Parameters<typeof makeIdempotent>[1] & { keyPrefix: string }) => {
    const counter = { runs: 0 };
    const bake = async (_event: unknown, _context?: unknown): Promise<number> => ++counter.runs;
    return { counter, baked: makeIdempotent(bake, options) };
  };

  it.each([
    ['a missing table', 'ResourceNotFoundException', /PutItem on table .* failed.*does not exist/],
    ['a missing permission', 'AccessDeniedException', /grant the function's role dynamodb:PutItem on table/],
    ['throttling', 'ProvisionedThroughputExceededException', /dynamodb:PutItem on table .* throttled/],
    ['an internal error', 'InternalServerError', /dynamodb:PutItem on table/],
  ])(
    'P14: %s is an IdempotencyPersistenceLayerError with its cause, and no run',
    async (_, errorType, message) => {
      const { counter, baked } = counted({ persistenceStore: table.store(), keyPrefix: 'P14' });
      table.proxy.inject({
        operation: 'PutItem',
        kind: 'status',
        errorType,
        times: Number.POSITIVE_INFINITY,
      });
      const failed = await baked({ id: 1 }).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(IdempotencyPersistenceLayerError);
      expect(String(failed)).toMatch(message);
      expect(String(failed)).toContain(table.tableName);
      expect((failed as Error).cause).toMatchObject({ name: errorType });
      expect(counter.runs).toBe(0);
    },
  );

  it('P14: whenStoreFails "run" runs unprotected', async () => {
    const { counter, baked } = counted({
      persistenceStore: table.store(),
      keyPrefix: 'P14-run',
      config: { whenStoreFails: 'run' },
    });
    table.proxy.inject({ kind: 'refuse', times: Number.POSITIVE_INFINITY });
    expect(await baked({ id: 1 })).toBe(1);
    table.proxy.clear();
    table.proxy.inject({
      operation: 'UpdateItem',
      kind: 'status',
      errorType: 'AccessDeniedException',
      times: Number.POSITIVE_INFINITY,
    });
    expect(await baked({ id: 2 })).toBe(2);
    expect(counter.runs).toBe(2);
  });

  it("P14: a store that hangs is given up before the invocation's end", async () => {
    const { counter, baked } = counted({ persistenceStore: table.store(), keyPrefix: 'P14-hang' });
    table.proxy.inject({ kind: 'hang', times: Number.POSITIVE_INFINITY });
    const started = Date.now();
    await expect(baked({ id: 1 }, contextWith(1_200))).rejects.toThrow(
      /did not answer the claim of \S+ in time/,
    );
    // Well before the client, which takes 6 s; to the millisecond, the simulator and tests/core look.
    expect(Date.now() - started).toBeLessThan(4_000);
    expect(counter.runs).toBe(0);
  });

  it('P14: the default client gives up a store that hangs after 3 attempts of 2 s', async () => {
    const persistenceStore = new DynamoDBPersistenceLayer({
      tableName: table.tableName,
      clientConfig: { endpoint: table.proxy.endpoint },
    });
    const { counter, baked } = counted({ persistenceStore, keyPrefix: 'P14-default' });
    table.proxy.inject({ kind: 'hang', times: Number.POSITIVE_INFINITY });
    const started = Date.now();
    await expect(baked({ id: 1 })).rejects.toThrow(IdempotencyPersistenceLayerError);
    expect(table.proxy.requests.filter(({ operation }) => operation === 'PutItem')).toHaveLength(3);
    expect(Date.now() - started).toBeGreaterThan(5_900);
    expect(Date.now() - started).toBeLessThan(15_000);
    expect(counter.runs).toBe(0);
  });

  it('P14: waiting for another run ends before the invocation does', async () => {
    const clock = new ManualClock();
    const { makeIdempotent: onClock } = createIdempotency({ clock });
    const persistenceStore = new MemoryPersistenceLayer();
    const bake = async (_event: { id: number }, _context: unknown): Promise<string> => new Promise(() => {});
    const options = { persistenceStore, keyPrefix: 'P14-wait', config: { inProgress: { waitMs: 60_000 } } };
    const baked = onClock(bake, options);
    void baked({ id: 1 }, contextWith(300_000));
    await clock.advance(10);
    let rejected = false;
    const waiting = baked({ id: 1 }, contextWith(5_000)).catch((error: unknown) => {
      rejected = true;
      return error;
    });
    await clock.advance(4_800);
    expect(rejected).toBe(false);
    await clock.advance(100);
    expect(await waiting).toMatchObject({ name: 'IdempotencyAlreadyInProgressError' });
  });
});

it('P14: a claim whose answers were all lost does not block its key', async () => {
  let runs = 0;
  const bake = async (_order: { id: number }): Promise<number> => ++runs;
  const baked = makeIdempotent(bake, { persistenceStore: table.store(), keyPrefix: 'P14-lost' });
  table.proxy.inject({ operation: 'PutItem', kind: 'lose-answer', times: 3 });
  await expect(baked({ id: 1 })).rejects.toMatchObject({ hasRun: false, retryable: true });
  expect(runs).toBe(0);
  expect(await baked({ id: 1 })).toBe(1);
});

describe('P15: replays are copies', () => {
  it.each([true, false])(
    'P15, W26: a caller that changes its answer changes no other (local cache %s)',
    async (useLocalCache) => {
      const bake = async (_order: { id: number }) => ({
        headers: { 'x-cake': 'lemon' } as Record<string, string>,
      });
      const baked = makeIdempotent(bake, {
        persistenceStore: table.store(),
        keyPrefix: `P15-${useLocalCache}`,
        config: {
          useLocalCache,
          responseHook: (response, record) => {
            Object.assign((response as { headers: object }).headers, {
              hooked: record.idempotencyKey.length,
            });
            return response;
          },
        },
      });
      (await baked({ id: 1 })).headers['x-cake'] = 'changed';
      for (let replay = 0; replay < 3; replay++) {
        const answer = await baked({ id: 1 });
        expect(answer.headers).toEqual({ 'x-cake': 'lemon', hooked: `P15-${useLocalCache}#`.length + 43 });
        answer.headers['x-cake'] = 'changed';
      }
    },
  );

  it('P15: running records are never cached', async () => {
    const gate = makeGate();
    const bake = async (_order: { id: number }): Promise<string> => {
      await gate.opened;
      return 'cake';
    };
    const config = { useLocalCache: true };
    const baked = makeIdempotent(bake, { persistenceStore: table.store(), keyPrefix: 'P15-running', config });
    const other = makeIdempotent(bake, { persistenceStore: table.store(), keyPrefix: 'P15-running', config });
    const first = baked({ id: 1 });
    await until(async () => (await table.items()).some((item) => item['id']?.S?.startsWith('P15-running#')));
    await expect(other({ id: 1 })).rejects.toThrow(/running elsewhere/);
    gate.open();
    await first;
    expect(await other({ id: 1 })).toBe('cake');
  });
});

it('P16: no payload, key material or result in events and errors, and no payload or key in the table', async () => {
  const secret = 'card-4242424242424242';
  const told: unknown[] = [];
  const listen = (message: unknown, name: string | symbol): void => void told.push([name, message]);
  const names: IdempotencyEventName[] = [
    'claimed',
    'takenOver',
    'replayed',
    'busy',
    'conflict',
    'settled',
    'released',
    'leaseLost',
    'keyMissing',
    'resultNotStored',
    'storeFailed',
  ];
  for (const name of names) subscribe(channelName(name), listen);
  const gate = makeGate();
  const charge = async (order: { card: string; amount: number }): Promise<unknown> => {
    if (order.amount === 1) throw new Error('declined');
    if (order.amount === 2) return { [secret]: () => secret };
    await gate.opened;
    return { charged: order.card };
  };
  const config = {
    eventKeyJmesPath: 'card',
    payloadValidationJmesPath: 'amount',
    throwOnNoIdempotencyKey: true,
  };
  const charged = makeIdempotent(charge, { persistenceStore: table.store(), keyPrefix: 'P16', config });
  const fail = async (order: object): Promise<void> => {
    told.push(
      await charged(order as never).then(
        () => [],
        (error: unknown) => [error, String(error)],
      ),
    );
  };
  await fail({ card: secret, amount: 1 });
  const running = charged({ card: secret, amount: 5 });
  await until(async () => (await table.items()).some((item) => item['id']?.S?.startsWith('P16#')));
  await fail({ card: secret, amount: 5 });
  await fail({ card: secret, amount: 6 });
  gate.open();
  await running;
  await fail({ card: secret, amount: 6 });
  await fail({ card: { deep: BigInt(1), secret: Promise.resolve(secret) } });
  await charged({ card: `${secret}-2`, amount: 2 });
  await fail({ card: `${secret}-2`, amount: 2 });
  table.proxy.inject({ kind: 'refuse', times: Number.POSITIVE_INFINITY });
  await fail({ card: `${secret}-3`, amount: 2 });
  for (const name of names) unsubscribe(channelName(name), listen);

  expect(told.length).toBeGreaterThan(15);
  expect(inspect(told, { depth: 12, maxStringLength: null })).not.toContain('4242');
  const items = (await table.items()).filter((item) => item['id']?.S?.startsWith('P16#'));
  expect(items).toHaveLength(2);
  for (const { data: _, ...rest } of items) expect(JSON.stringify(rest)).not.toContain('4242');
});

describe('inProgress: { waitMs }', () => {
  const waiting = (clock: ManualClock) => {
    const { makeIdempotent: onClock } = createIdempotency({ clock });
    const gate = makeGate();
    const counter = { runs: 0 };
    const persistenceStore = new FaultyStore(new MemoryPersistenceLayer());
    const bake = async (_order: { id: number }): Promise<string> => {
      const run = ++counter.runs;
      await gate.opened;
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
