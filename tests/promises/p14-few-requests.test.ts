import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import { channelName, makeIdempotent } from '../../src/index.js';
import { DynamoDBPersistenceLayer } from '../../src/stores/dynamodb/sdk-layer.js';
import { useFaultTable } from '../support/fault-table.js';

const table = useFaultTable();

/** The store as users have it, with its own client's retries. */
const defaultStore = () =>
  new DynamoDBPersistenceLayer({
    tableName: table.tableName,
    clientConfig: { endpoint: table.proxy.endpoint },
  });
const sent = (operation: string): number =>
  table.proxy.requests.filter((request) => request.operation === operation).length;
const throttle = (operation: string): void =>
  table.proxy.inject({ operation, kind: 'throttle', times: Number.POSITIVE_INFINITY });

const baking = (keyPrefix: string) => {
  const counter = { runs: 0 };
  const bake = async (_order: { id: number }): Promise<number> => ++counter.runs;
  return { counter, baked: makeIdempotent(bake, { persistenceStore: defaultStore(), keyPrefix }) };
};

describe('P14: retries do not multiply', () => {
  it('P14: a table that throttles gets at most 8 requests of a settle, its last well after its first', async () => {
    const { baked } = baking('P14-settle');
    throttle('UpdateItem');
    const startedAt = performance.now();
    await expect(baked({ id: 1 })).rejects.toMatchObject({ hasRun: true, retryable: true });
    expect(sent('UpdateItem')).toBe(6);
    expect(performance.now() - startedAt).toBeGreaterThan(3_000);
    expect(performance.now() - startedAt).toBeLessThan(11_000);
  });

  it('P14: of 50 settles at once, at most 8 each', async () => {
    const { baked } = baking('P14-settles');
    throttle('UpdateItem');
    await Promise.allSettled(Array.from({ length: 50 }, (_, id) => baked({ id })));
    expect(sent('UpdateItem')).toBeGreaterThanOrEqual(100);
    expect(sent('UpdateItem')).toBeLessThanOrEqual(400);
  });

  it('P14: a throttle of some seconds loses no outcome', async () => {
    const { baked, counter } = baking('P14-burst');
    table.proxy.inject({ operation: 'UpdateItem', kind: 'throttle', times: 4 });
    expect(await baked({ id: 1 })).toBe(1);
    expect(await baked({ id: 1 })).toBe(1);
    expect(counter.runs).toBe(1);
  });
});

describe('P14: a claim that was throttled', () => {
  const heard: string[] = [];
  const listening = async (work: () => Promise<unknown>): Promise<void> => {
    heard.length = 0;
    const names = ['released', 'leaseLost', 'storeFailed'] as const;
    const listeners = names.map((name) => [channelName(name), (): void => void heard.push(name)] as const);
    for (const [channel, listener] of listeners) subscribe(channel, listener);
    await work();
    for (const [channel, listener] of listeners) unsubscribe(channel, listener);
  };

  it('P14: each time was never applied: at most 4 requests, and nothing to take back', async () => {
    const { baked, counter } = baking('P14-claim');
    throttle('PutItem');
    await listening(() =>
      expect(baked({ id: 1 })).rejects.toMatchObject({ hasRun: false, mayBeApplied: false }),
    );
    expect(table.proxy.requests.map(({ operation }) => operation)).toEqual(['PutItem', 'PutItem', 'PutItem']);
    expect(heard).toEqual(['storeFailed']);
    expect(counter.runs).toBe(0);
  });

  it('P14: after an answer was lost may be applied: it is taken back, and no event tells of a run', async () => {
    const { baked, counter } = baking('P14-lost-claim');
    table.proxy.inject({ operation: 'PutItem', kind: 'lose-answer' });
    throttle('PutItem');
    await listening(() =>
      expect(baked({ id: 1 })).rejects.toMatchObject({ hasRun: false, mayBeApplied: true }),
    );
    expect(sent('DeleteItem')).toBe(1);
    expect(heard).toEqual(['storeFailed']);
    table.proxy.clear();
    expect(await baked({ id: 1 })).toBe(1);
    expect(counter.runs).toBe(1);
  });
});
