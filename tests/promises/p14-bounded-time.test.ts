import { describe, expect, it } from '@jest/globals';
import { IdempotencyPersistenceLayerError, makeIdempotent } from '../../src/index.js';
import { DynamoDBPersistenceLayer } from '../../src/stores/dynamodb/sdk-layer.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { createIdempotency, ManualClock } from '../../src/testing/index.js';
import { contextWith } from '../support/contexts.js';
import { useFaultTable } from '../support/fault-table.js';

const table = useFaultTable();

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

  it('P14: a claim whose answers were all lost does not block its key', async () => {
    let runs = 0;
    const bake = async (_order: { id: number }): Promise<number> => ++runs;
    const baked = makeIdempotent(bake, { persistenceStore: table.store(), keyPrefix: 'P14-lost' });
    table.proxy.inject({ operation: 'PutItem', kind: 'lose-answer', times: 3 });
    await expect(baked({ id: 1 })).rejects.toMatchObject({ hasRun: false, retryable: true });
    expect(runs).toBe(0);
    expect(await baked({ id: 1 })).toBe(1);
  });
});
