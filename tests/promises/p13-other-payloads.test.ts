import { describe, expect, it } from '@jest/globals';
import { IdempotencyValidationError, makeIdempotent } from '../../src/index.js';
import { useFaultTable } from '../support/fault-table.js';
import { makeGate, until } from '../support/gates.js';

const table = useFaultTable();

describe('P13: another payload under the same key is refused', () => {
  it('P13: while the first still runs, and after; and the first payload still replays', async () => {
    const gate = makeGate();
    let runs = 0;
    const charge = async (order: { id: number; amount: number }): Promise<number> => {
      runs++;
      await gate.promise;
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
