import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bundleOf, handlers } from '../lib/bundles.ts';

/** The folder or package that a file of a bundle comes from. */
const originOf = (file: string): string => {
  const [, inPackage] = file.split(/node_modules\/(?!.*node_modules\/)/);
  if (inPackage === undefined) return file.split('/')[0] ?? '';
  const [name = '', member] = inPackage.split('/');
  return name.startsWith('@') ? `${name}/${member}` : name;
};

for (const handler of handlers) {
  test(`the bundle of ${handler} holds handlers, the library and what it needs, and no test code`, async () => {
    const { inputs } = await bundleOf(handler, { withSdk: false });
    const origins = [...new Set(Object.keys(inputs).map(originOf))].sort();
    assert.deepEqual(origins, ['functions', 'lambda-idempotency']);
    assert.deepEqual(
      Object.keys(inputs).filter((file) => /test|e2e|mock|faulty/i.test(file)),
      [],
    );
  });
}

test('the SDK is deployed with the handler', async () => {
  const { inputs } = await bundleOf('orders', { withSdk: true });
  assert.ok(Object.keys(inputs).some((file) => originOf(file) === '@aws-sdk/client-sqs'));
});
