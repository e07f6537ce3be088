/** Runs where neither the AWS SDK nor Middy nor the CDK is installed. */
import assert from 'node:assert/strict';
import * as cjs from './load.cjs';
import * as esm from './load.mjs';

for (const { load } of [esm, cjs]) {
  for (const peer of [
    '@aws-sdk/client-dynamodb',
    '@aws-sdk/client-s3',
    '@aws-sdk/lib-dynamodb',
    '@middy/core',
    'aws-cdk-lib',
    'constructs',
  ]) {
    await assert.rejects(async () => load(peer), /Cannot find/, `${peer} is installed here`);
  }
  for (const path of ['', '/dynamodb-lite', '/memory', '/middleware', '/results', '/sources', '/testing'])
    await load(`lambda-idempotency${path}`);
  await assert.rejects(async () => load('lambda-idempotency/dynamodb'), /@aws-sdk\/client-dynamodb/);
  await assert.rejects(async () => load('lambda-idempotency/cdk'), /aws-cdk-lib/);
  const { compressed, s3Results } = await load('lambda-idempotency/results');
  const context = { key: 'k', fence: 'f', kind: 'value', recordBytes: 200, timeoutMs: 1_000 };
  const large = 'x'.repeat(100_000);
  const codec = compressed(s3Results({ bucket: 'b' }));
  // What needs no S3 does without it, and the rest says what is missing.
  assert.equal(await codec.decode(await codec.encode(large, context), context), large);
  const withoutCompression = s3Results({ bucket: 'b' });
  await assert.rejects(
    async () => withoutCompression.encode(large, context),
    /@aws-sdk\/client-s3 cannot be loaded: install the package/,
  );
}
