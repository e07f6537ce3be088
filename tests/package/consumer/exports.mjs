/** What each import path exports at run time: no less, and no more. */
import assert from 'node:assert/strict';
import * as cjs from './load.cjs';
import * as esm from './load.mjs';

const errors = [
  'IdempotencyAlreadyInProgressError',
  'IdempotencyAttemptsExhaustedError',
  'IdempotencyConfigError',
  'IdempotencyError',
  'IdempotencyInconsistentStateError',
  'IdempotencyKeyError',
  'IdempotencyLeaseLostError',
  'IdempotencyOutcomeUnknownError',
  'IdempotencyPersistenceLayerError',
  'IdempotencyResultError',
  'IdempotencyValidationError',
];

const expected = {
  '.': [
    ...errors,
    'IdempotencyConfig',
    'channelName',
    'currentIdempotency',
    'idempotent',
    'identify',
    'makeIdempotent',
  ],
  './cdk': ['IdempotencyTable'],
  './dynamodb': ['DynamoDBPersistenceLayer'],
  './memory': ['MemoryPersistenceLayer'],
  './middleware': ['makeHandlerIdempotent'],
  './results': ['compressed', 'encrypted', 's3Results', 'serialized', 'typedJson'],
  './sources': [
    'alb',
    'anySource',
    'apiGatewayRest',
    'cloudFormation',
    'durable',
    'dynamodbStreams',
    'eventBridge',
    'httpApi',
    'invoke',
    'kafka',
    'kinesis',
    'providers',
    's3',
    's3ViaEventBridge',
    'sns',
    'snsToSqs',
    'sqs',
    'sqsFifo',
    'stepFunctions',
  ],
  './testing': ['FaultyStore', 'ManualClock', 'createIdempotency', 'storeContract'],
};

const paths = Object.keys(cjs.manifest().exports).filter((path) => path !== './package.json');
assert.deepEqual(paths.sort(), Object.keys(expected).sort(), 'import paths');

for (const path of paths) {
  const specifier = path.replace('.', 'lambda-idempotency');
  for (const [format, { load, resolve }] of [
    ['esm', esm],
    ['cjs', cjs],
  ]) {
    const exported = await load(specifier);
    assert.deepEqual(
      Object.keys(exported).sort(),
      expected[path].sort(),
      `${format} exports of ${specifier}`,
    );
    assert.ok(resolve(specifier).includes(`/lambda-idempotency/dist/${format}/`), `${format} ${specifier}`);
    for (const [name, value] of Object.entries(exported)) {
      assert.notEqual(value, undefined, `${format} ${specifier} ${name}`);
    }
  }
}
