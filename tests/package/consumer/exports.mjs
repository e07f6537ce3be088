/** What each import path exports at run time: no less, and no more. */
import assert from 'node:assert/strict';
import { expectedExports } from './expected-exports.mjs';
import * as cjs from './load.cjs';
import * as esm from './load.mjs';

const paths = Object.keys(cjs.manifest().exports).filter((path) => path !== './package.json');
assert.deepEqual(paths.sort(), Object.keys(expectedExports).sort(), 'import paths');

for (const path of paths) {
  const specifier = path.replace('.', 'lambda-idempotency');
  for (const [format, { load, resolve }] of [
    ['esm', esm],
    ['cjs', cjs],
  ]) {
    const exported = await load(specifier);
    assert.deepEqual(
      Object.keys(exported).sort(),
      expectedExports[path].sort(),
      `${format} exports of ${specifier}`,
    );
    assert.ok(resolve(specifier).includes(`/lambda-idempotency/dist/${format}/`), `${format} ${specifier}`);
    for (const [name, value] of Object.entries(exported)) {
      assert.notEqual(value, undefined, `${format} ${specifier} ${name}`);
    }
  }
}
