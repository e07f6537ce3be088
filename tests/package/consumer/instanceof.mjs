/** An application may hold both builds, one through a dependency: errors of one are errors of the other. */
import assert from 'node:assert/strict';
import * as cjsLoader from './load.cjs';
import * as esmLoader from './load.mjs';

const esm = await esmLoader.load('lambda-idempotency');
const cjs = await cjsLoader.load('lambda-idempotency');
const options = { retryAfterMs: 1 };
const classes = Object.keys(esm).filter((name) => name.endsWith('Error'));
assert.equal(classes.length, 12);

for (const [made, seen] of [
  [esm, cjs],
  [cjs, esm],
]) {
  assert.notEqual(made.IdempotencyKeyError, seen.IdempotencyKeyError, 'two builds were loaded');
  for (const name of classes) {
    if (name === 'IdempotencyError') continue;
    const error = new made[name]('no cake', options);
    for (const other of classes) {
      const isOfBase = other === 'IdempotencyError' && name !== 'KeyMaterialError';
      const expected = other === name || isOfBase;
      assert.equal(error instanceof seen[other], expected, `${name} instanceof the other build's ${other}`);
      assert.equal(error instanceof made[other], expected, `${name} instanceof its own build's ${other}`);
    }
    assert.equal(error.name, name);
  }
  assert.equal(new Error('no cake') instanceof seen.IdempotencyError, false);
}

const { MemoryPersistenceLayer } = await cjsLoader.load('lambda-idempotency/memory');
const unnamed = { persistenceStore: new MemoryPersistenceLayer(), config: { noSuchOption: 1 } };
assert.throws(() => cjs.makeIdempotent(async function pay() {}, unnamed), esm.IdempotencyConfigError);
assert.throws(() => esm.makeIdempotent(async function pay() {}, unnamed), cjs.IdempotencyConfigError);
