import { describe, expect, it } from '@jest/globals';
import {
  IdempotencyAttemptsExhaustedError,
  type IdempotencyConfigOptions,
  makeIdempotent,
} from '../../src/index.js';
import { hear } from '../support/events.js';
import { useFaultTable } from '../support/fault-table.js';
import { rejectionOf } from '../support/gates.js';

const table = useFaultTable();

const LOST = ['lose-answer', 'cut-answer', 'hang-after-apply'] as const;

/** A function that throws, on a table behind the proxy; each call is another host's. */
const failing = (keyPrefix: string, config: IdempotencyConfigOptions) => {
  const thrown: Error[] = [];
  const pay = async (): Promise<never> => {
    const failure = new RangeError(`failure ${thrown.length + 1}`);
    thrown.push(failure);
    throw failure;
  };
  const call = (): Promise<unknown> =>
    makeIdempotent(pay, {
      persistenceStore: table.store(),
      keyPrefix,
      config: { eventKey: () => 1, ...config },
    })();
  return { call, thrown };
};

const operations = (): string[] => table.proxy.requests.map(({ operation }) => operation);

describe('P5, P6: a final error, while answers are lost', () => {
  it.each(LOST)('%s: leaves as it came, is settled once, and is thrown again', async (kind) => {
    const { call, thrown } = failing(`P5-final-${kind}`, { shouldStoreError: () => true });
    table.proxy.inject({ operation: 'UpdateItem', kind });
    const heard = await hear(['settled', 'leaseLost'], async () => {
      expect(await rejectionOf(call())).toBe(thrown[0]);
    });
    expect(heard.map(({ event }) => event)).toEqual(['settled']);
    expect(operations()).toEqual(['PutItem', 'UpdateItem', 'UpdateItem']);
    expect(await rejectionOf(call())).toMatchObject({ name: 'RangeError', message: 'failure 1' });
    expect(thrown).toHaveLength(1);
    expect(await table.item(`P5-final-${kind}`)).toMatchObject({
      status: { S: 'COMPLETED' },
      failed: { BOOL: true },
      error: { S: '{"name":"RangeError","message":"failure 1","classes":["RangeError"]}' },
    });
  });
});

describe('P3: attempts that are counted, while answers are lost', () => {
  it.each(LOST)('%s: a take-over is won, and counts once', async (kind) => {
    const { call, thrown } = failing(`P3-attempts-${kind}`, { maxAttempts: 3 });
    await rejectionOf(call());
    expect(operations()).toEqual(['PutItem', 'PutItem']);
    // The first claim is refused either way, the second takes over.
    table.proxy.inject({ operation: 'PutItem', kind, times: 2 });
    expect(await rejectionOf(call())).toBe(thrown[1]);
    expect((await table.item(`P3-attempts-${kind}`))['attempts']).toEqual({ N: '2' });
    expect(await rejectionOf(call())).toBe(thrown[2]);
    expect(await rejectionOf(call())).toBeInstanceOf(IdempotencyAttemptsExhaustedError);
    expect(thrown).toHaveLength(3);
  });

  it.each(LOST)('%s: a release leaves its record once', async (kind) => {
    const { call, thrown } = failing(`P3-release-${kind}`, { maxAttempts: 2 });
    const heard = await hear(['released', 'leaseLost'], async () => {
      const first = call();
      while (!operations().includes('PutItem')) await new Promise(setImmediate);
      table.proxy.inject({ operation: 'PutItem', kind });
      expect(await rejectionOf(first)).toBe(thrown[0]);
    });
    expect(heard.map(({ event }) => event)).toEqual(['released']);
    expect(operations()).toEqual(['PutItem', 'PutItem', 'PutItem']);
    expect(await table.item(`P3-release-${kind}`)).toMatchObject({
      status: { S: 'INPROGRESS' },
      attempts: { N: '1' },
      in_progress_expiration: { N: '0' },
    });
    expect(await rejectionOf(call())).toBe(thrown[1]);
    expect(await rejectionOf(call())).toBeInstanceOf(IdempotencyAttemptsExhaustedError);
  });
});
