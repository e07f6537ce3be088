import { describe, expect, it } from '@jest/globals';
import { IdempotencyResultError, makeIdempotent } from '../../src/index.js';
import { contextWith } from '../support/contexts.js';
import { useFaultTable } from '../support/fault-table.js';
import { makeGate, until } from '../support/gates.js';
import { noise } from '../support/noise.js';

const table = useFaultTable();

const sent = (operation: string): number =>
  table.proxy.requests.filter((request) => request.operation === operation).length;

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
    table.proxy.inject({ operation: 'UpdateItem', kind: 'status', times: 5 });
    expect(await baked({ id: 1 })).toBe('cake');
    expect(sent('UpdateItem')).toBe(6);
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
    ['larger than 4 MB when compressed', () => noise(6_000_000)],
    ['an instance of a class', () => new Money()],
    ['a function', () => () => 1],
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
      await gate.promise;
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
