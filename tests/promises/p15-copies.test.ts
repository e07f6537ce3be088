import { describe, expect, it } from '@jest/globals';
import { makeIdempotent } from '../../src/index.js';
import { useFaultTable } from '../support/fault-table.js';
import { makeGate, until } from '../support/gates.js';

const table = useFaultTable();

describe('P15: replays are copies', () => {
  it.each([true, false])(
    'P15: a caller that changes its answer changes no other (local cache %s)',
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
      await gate.promise;
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
