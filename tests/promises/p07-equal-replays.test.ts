import assert from 'node:assert/strict';
import { expect, it } from '@jest/globals';
import { makeIdempotent } from '../../src/index.js';
import { useFaultTable } from '../support/fault-table.js';

const table = useFaultTable();

it('P7: a replay equals the first return, for every type that JSON loses', async () => {
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
