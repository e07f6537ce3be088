/** One run and one replay, in both formats, of results that are plain JSON and of results that are not. */
import assert from 'node:assert/strict';
import * as cjs from './load.cjs';
import * as esm from './load.mjs';

const results = [
  { id: 7, note: null },
  { paidAt: new Date(0), ids: new Set([1]), bytes: Buffer.from('cake') },
  undefined,
  new RangeError('sold out'),
];

for (const [format, { load }] of Object.entries({ esm, cjs })) {
  const { makeIdempotent, IdempotencyValidationError, currentIdempotency } = await load('lambda-idempotency');
  const { MemoryPersistenceLayer } = await load('lambda-idempotency/memory');
  for (const result of results) {
    const keys = [];
    const handler = makeIdempotent(
      async (_event, _context) => {
        keys.push(currentIdempotency().key);
        return result;
      },
      {
        persistenceStore: new MemoryPersistenceLayer(),
        config: { eventKeyJmesPath: 'orderId', payloadValidationJmesPath: 'amount' },
      },
    );
    const context = { functionName: 'orders', getRemainingTimeInMillis: () => 30_000 };
    const first = await handler({ orderId: 1, amount: 5 }, context);
    const second = await handler({ orderId: 1, amount: 5 }, context);
    assert.deepEqual(second, first, format);
    assert.equal(keys.length, 1, `${format}: one run`);
    assert.match(keys[0], /^orders#/);
    const conflict = await handler({ orderId: 1, amount: 6 }, context).catch((error) => error);
    assert.ok(conflict instanceof IdempotencyValidationError, `${format}: ${conflict}`);
  }
}
