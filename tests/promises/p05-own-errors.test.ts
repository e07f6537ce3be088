import { describe, expect, it } from '@jest/globals';
import { makeIdempotent } from '../../src/index.js';
import { useFaultTable } from '../support/fault-table.js';

const table = useFaultTable();

describe("P5: the user's error is the user's", () => {
  it.each([
    ['an Error', new TypeError('mine')],
    ['a plain object', { statusCode: 409 }],
    ['a text', 'mine'],
    ['undefined', undefined],
    [
      'an error that is named as one of ours',
      Object.assign(new Error('x'), { name: 'IdempotencyInconsistentStateError' }),
    ],
  ])('P5: %s leaves as the same object, while the store fails', async (name, thrown) => {
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
