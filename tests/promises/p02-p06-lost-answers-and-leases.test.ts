import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { IdempotencyLeaseLostError, IdempotencyResultError, makeIdempotent } from '../../src/index.js';
import { createIdempotency, ManualClock } from '../../src/testing/index.js';
import { noise } from '../support/noise.js';
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

const sent = (operation: string): number =>
  table.proxy.requests.filter((request) => request.operation === operation).length;

describe('P2: identity is fixed at the claim', () => {
  it('P2, W4: a handler that changes its event changes nothing', async () => {
    let runs = 0;
    const handler = makeIdempotent(
      async function bake(event: { order: { id: number; state?: string } }): Promise<number> {
        event.order.state = 'baked';
        event.order.id = 99;
        return ++runs;
      },
      { persistenceStore: table.store(), keyPrefix: 'P2', config: { payloadValidationJmesPath: 'order' } },
    );
    expect(await handler({ order: { id: 1 } })).toBe(1);
    expect(await handler({ order: { id: 1 } })).toBe(1);
    expect(runs).toBe(1);
    expect((await table.item('P2'))['status']).toEqual({ S: 'COMPLETED' });
  });
});

describe('P3: a claim whose answer was lost is won', () => {
  it.each(['lose-answer', 'cut-answer', 'hang-after-apply'] as const)('P3, W11: %s', async (kind) => {
    let runs = 0;
    const charge = async (order: { id: string }): Promise<string> => `${order.id}-${++runs}`;
    const charged = makeIdempotent(charge, { persistenceStore: table.store(), keyPrefix: `P3-${kind}` });
    table.proxy.inject({ operation: 'PutItem', kind });
    expect(await charged({ id: 'a' })).toBe('a-1');
    expect(sent('PutItem')).toBe(2);
    expect(await charged({ id: 'a' })).toBe('a-1');
    expect(runs).toBe(1);
  });

  it('P3: of a take-over too', async () => {
    const clock = new ManualClock();
    const { makeIdempotent: onClock } = createIdempotency({ clock });
    const answers: string[] = [];
    const running = makeGate();
    const never = makeGate();
    const crash = async (): Promise<string> => {
      running.open();
      await never.opened;
      return 'crashed';
    };
    const options = { keyPrefix: 'P3-take-over', config: { lease: { seconds: 10 }, eventKey: () => 'k' } };
    const crashed = onClock(crash, { persistenceStore: table.store(), ...options })();
    await running.opened;
    await clock.advance(10_500);
    table.proxy.inject({ operation: 'PutItem', kind: 'lose-answer' });
    const next = async (): Promise<string> => 'taken over';
    answers.push(await onClock(next, { persistenceStore: table.store(), ...options })());
    expect(answers).toEqual(['taken over']);
    never.open();
    expect(await crashed).toBe('taken over');
  });

  it('P3: one request claims, one settles, one replays', async () => {
    const bake = async (): Promise<string> => 'cake';
    const baked = makeIdempotent(bake, {
      persistenceStore: table.store(),
      keyPrefix: 'P3-cost',
      config: { eventKey: () => 1 },
    });
    await baked();
    expect(table.proxy.requests.map(({ operation }) => operation)).toEqual(['PutItem', 'UpdateItem']);
    await baked();
    // dynalite, taught, returns the item of a refused put: no read is needed.
    expect(table.proxy.requests.map(({ operation }) => operation)).toEqual([
      'PutItem',
      'UpdateItem',
      'PutItem',
    ]);
  });
});

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise(setImmediate);
};

/** Two hosts on one table and one clock: the first is held inside its run past its lease, then the second calls. */
const outliveLease = async (scope: string, config: { readonly payloadValidationJmesPath?: string } = {}) => {
  const clock = new ManualClock();
  const { makeIdempotent: onClock } = createIdempotency({ clock });
  const held = makeGate();
  const second = makeGate();
  const running = makeGate();
  const runs: string[] = [];
  const options = { keyPrefix: scope, config: { lease: { seconds: 10 }, eventKeyJmesPath: 'id', ...config } };
  const onHost = <Result>(run: (order: { id: number; amount?: number }) => Promise<Result>) =>
    onClock(run, { persistenceStore: table.store(), ...options });
  const stale = onHost(async (): Promise<string> => {
    runs.push('stale');
    running.open();
    await held.opened;
    return 'stale';
  });
  const staleThrows = onHost(async (): Promise<string> => {
    runs.push('stale');
    running.open();
    await held.opened;
    throw new RangeError('stale');
  });
  const fresh = onHost(async (): Promise<string> => {
    runs.push('fresh');
    await second.opened;
    return 'fresh';
  });
  const third = onHost(async (): Promise<string> => {
    runs.push('third');
    return 'third';
  });
  const startFresh = async (order = { id: 1 }): Promise<{ readonly fresh: Promise<string> }> => {
    await running.opened;
    await clock.advance(10_500);
    const result = fresh(order);
    await until(async () => runs.includes('fresh'));
    return { fresh: result };
  };
  return { clock, held, second, runs, stale, staleThrows, fresh, third, startFresh };
};

describe('P4: only the holder acts', () => {
  it('P4, W10: a stale run that finishes late gets the stored outcome, and changes nothing', async () => {
    const { held, second, runs, stale, third, startFresh } = await outliveLease('P4-late');
    const late = stale({ id: 1 });
    const { fresh } = await startFresh();
    second.open();
    expect(await fresh).toBe('fresh');
    held.open();
    expect(await late).toBe('fresh');
    expect(await third({ id: 1 })).toBe('fresh');
    expect(runs).toEqual(['stale', 'fresh']);
    expect((await table.item('P4-late'))['data']).toEqual({ S: '"fresh"' });
  });

  it('P4, W10: a stale run that finishes while another runs throws IdempotencyLeaseLostError, and the other settles', async () => {
    const { held, second, runs, stale, third, startFresh } = await outliveLease('P4-both');
    const late = stale({ id: 1 });
    const { fresh } = await startFresh();
    held.open();
    await expect(late).rejects.toThrow(IdempotencyLeaseLostError);
    await expect(third({ id: 1 })).rejects.toThrow(/running elsewhere/);
    second.open();
    expect(await fresh).toBe('fresh');
    expect(await third({ id: 1 })).toBe('fresh');
    expect(runs).toEqual(['stale', 'fresh']);
  });

  it('P4, W10: a stale run that throws late frees nothing', async () => {
    const { held, second, runs, staleThrows, third, startFresh } = await outliveLease('P4-throws');
    const late = staleThrows({ id: 1 });
    const { fresh } = await startFresh();
    held.open();
    await expect(late).rejects.toThrow(new RangeError('stale'));
    await expect(third({ id: 1 })).rejects.toThrow(/running elsewhere/);
    second.open();
    expect(await fresh).toBe('fresh');
    expect(runs).toEqual(['stale', 'fresh']);
  });

  it('P4: a stale run never gets the outcome of another payload', async () => {
    const { held, second, stale, startFresh } = await outliveLease('P4-payload', {
      payloadValidationJmesPath: 'amount',
    });
    const late = stale({ id: 1, amount: 5 });
    const { fresh } = await startFresh({ id: 1, amount: 999 } as never);
    second.open();
    await fresh;
    held.open();
    await expect(late).rejects.toThrow(IdempotencyLeaseLostError);
  });

  it('P4: inside the lease and the margin for skew, nobody takes over', async () => {
    const { clock, held, stale, third, runs } = await outliveLease('P4-margin');
    const first = stale({ id: 1 });
    await until(async () => runs.includes('stale'));
    await clock.advance(10_499);
    await expect(third({ id: 1 })).rejects.toMatchObject({ retryAfterMs: 1 });
    held.open();
    expect(await first).toBe('stale');
    expect(await third({ id: 1 })).toBe('stale');
  });
});

describe("P5: the user's error is the user's", () => {
  it.each([
    ['an Error', new TypeError('mine')],
    ['a plain object', { statusCode: 409 }],
    ['a text', 'mine'],
    ['undefined', undefined],
    [
      'W17: an error that is named as one of ours',
      Object.assign(new Error('x'), { name: 'IdempotencyInconsistentStateError' }),
    ],
  ])('P5, W15, W16: %s leaves as the same object, while the store fails', async (name, thrown) => {
    let runs = 0;
    const fail = async (): Promise<never> => {
      runs++;
      throw thrown;
    };
    const failing = makeIdempotent(fail, {
      persistenceStore: table.store(),
      keyPrefix: `P5-${name}`,
      config: { eventKey: () => 1 },
    });
    table.proxy.inject({ operation: 'DeleteItem', kind: 'status', times: Number.POSITIVE_INFINITY });
    const caught = await failing().then(
      () => 'no error',
      (error: unknown) => ({ error }),
    );
    expect(caught).toEqual({ error: thrown });
    expect((caught as { error: unknown }).error).toBe(thrown);
    expect(runs).toBe(1);
  });

  it('P5: after an error the key is free, and the next call runs', async () => {
    let runs = 0;
    const flaky = async (): Promise<number> => {
      if (++runs === 1) throw new Error('first');
      return runs;
    };
    const wrapped = makeIdempotent(flaky, {
      persistenceStore: table.store(),
      keyPrefix: 'P5-free',
      config: { eventKey: () => 1 },
    });
    await expect(wrapped()).rejects.toThrow('first');
    expect(await table.items()).not.toContainEqual(
      expect.objectContaining({ id: { S: expect.stringContaining('P5-free') } }),
    );
    expect(await wrapped()).toBe(2);
  });

  it('P5: a lost answer to the release is no other error', async () => {
    const fail = async (): Promise<never> => {
      throw new Error('mine');
    };
    const failing = makeIdempotent(fail, {
      persistenceStore: table.store(),
      keyPrefix: 'P5-lost',
      config: { eventKey: () => 1 },
    });
    table.proxy.inject({ operation: 'DeleteItem', kind: 'lose-answer' });
    await expect(failing()).rejects.toThrow('mine');
  });
});

describe('P6: a finished effect is never left in progress', () => {
  const counted = (scope: string, result: () => unknown = () => 'cake') => {
    const counter = { runs: 0 };
    const bake = async (_order: { id: number }): Promise<unknown> => {
      counter.runs++;
      return result();
    };
    const baked = makeIdempotent(bake, { persistenceStore: table.store(), keyPrefix: scope });
    return { counter, baked };
  };

  it.each(['lose-answer', 'cut-answer', 'hang-after-apply', 'drop-request'] as const)(
    'P6: the settle survives %s',
    async (kind) => {
      const { counter, baked } = counted(`P6-${kind}`);
      table.proxy.inject({ operation: 'UpdateItem', kind });
      expect(await baked({ id: 1 })).toBe('cake');
      expect(await baked({ id: 1 })).toBe('cake');
      expect(counter.runs).toBe(1);
    },
  );

  it('P6: the settle outlasts an outage that outlasts the SDK', async () => {
    const { counter, baked } = counted('P6-outage');
    table.proxy.inject({ operation: 'UpdateItem', kind: 'status', times: 7 });
    expect(await baked({ id: 1 })).toBe('cake');
    expect(sent('UpdateItem')).toBe(8);
    expect(await baked({ id: 1 })).toBe('cake');
    expect(counter.runs).toBe(1);
  });

  it('P6: the settle is tried within the remaining time, and a failure says that the function has run', async () => {
    let runs = 0;
    const handler = makeIdempotent(
      async function bake(_event: { id: number }, _context: unknown): Promise<string> {
        runs++;
        return 'cake';
      },
      { persistenceStore: table.store(), keyPrefix: 'P6-deadline' },
    );
    table.proxy.inject({ operation: 'UpdateItem', kind: 'status', times: Number.POSITIVE_INFINITY });
    const started = Date.now();
    await expect(handler({ id: 1 }, contextWith(1_500))).rejects.toMatchObject({
      name: 'IdempotencyPersistenceLayerError',
      hasRun: true,
      message: expect.stringMatching(/has run, but its outcome could not be stored/),
    });
    expect(Date.now() - started).toBeLessThan(5_000);
    await expect(handler({ id: 1 }, contextWith(1_500))).rejects.toThrow(/running elsewhere/);
    expect(runs).toBe(1);
  });

  class Money {
    cents = 1;
  }

  it.each([
    ['W13: larger than 4 MB when compressed', () => noise(6_000_000)],
    ['W12: an instance of a class', () => new Money()],
    ['W12: a function', () => () => 1],
  ])(
    'P6, %s: the first caller gets the result, a replay says what is wrong, and nothing runs again',
    async (name, result) => {
      const { counter, baked } = counted(`P6-${name}`, result);
      expect(typeof (await baked({ id: 1 }))).toBe(typeof result());
      await expect(baked({ id: 1 })).rejects.toThrow(IdempotencyResultError);
      expect((await table.item(`P6-${name}`))['status']).toEqual({ S: 'COMPLETED' });
      expect(counter.runs).toBe(1);
    },
  );

  it('P6: a responseHook may answer for a result that was not stored', async () => {
    const bake = async (): Promise<unknown> => new Money();
    const baked = makeIdempotent(bake, {
      persistenceStore: table.store(),
      keyPrefix: 'P6-hook',
      config: {
        eventKey: () => 1,
        responseHook: (response, record) =>
          record.isResultStored ? response : { status: record.getStatus() },
      },
    });
    await baked();
    expect(await baked()).toEqual({ status: 'COMPLETED' });
  });

  it('P6: a record that vanished during the run is written anew', async () => {
    const gate = makeGate();
    let runs = 0;
    const slow = async (_order: { id: number }): Promise<string> => {
      runs++;
      await gate.opened;
      return 'cake';
    };
    const baked = makeIdempotent(slow, { persistenceStore: table.store(), keyPrefix: 'P6-vanished' });
    const first = baked({ id: 1 });
    await until(async () => runs === 1);
    await table.remove(await table.item('P6-vanished'));
    gate.open();
    expect(await first).toBe('cake');
    expect(await baked({ id: 1 })).toBe('cake');
    expect(runs).toBe(1);
  });
});
