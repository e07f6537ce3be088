/** Runs where neither the AWS SDK nor Middy nor the CDK is installed. */
import assert from 'node:assert/strict';
import * as cjs from './load.cjs';
import * as esm from './load.mjs';

for (const { load } of [esm, cjs]) {
  for (const peer of [
    '@aws-sdk/client-dynamodb',
    '@aws-sdk/lib-dynamodb',
    '@middy/core',
    'aws-cdk-lib',
    'constructs',
  ]) {
    await assert.rejects(async () => load(peer), /Cannot find/, `${peer} is installed here`);
  }
  for (const path of ['', '/memory', '/middleware', '/sources', '/testing'])
    await load(`lambda-idempotency${path}`);
  await assert.rejects(async () => load('lambda-idempotency/dynamodb'), /@aws-sdk\/client-dynamodb/);
  await assert.rejects(async () => load('lambda-idempotency/cdk'), /aws-cdk-lib/);
}
