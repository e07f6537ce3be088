import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  DynamoDBPersistenceLayer,
  type DynamoDBPersistenceOptions,
} from '../../../src/stores/dynamodb/lite-layer.js';
import { createIdempotency, ManualClock } from '../../../src/testing/index.js';
import { useFaultTable } from '../../support/fault-table.js';
import type { FaultKind } from '../../support/faults.js';
import { json, startServer } from './lean/host.js';

const NAMES = [
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_PROFILE',
  'IDEMPOTENCY_DISABLED',
];
let before: (string | undefined)[];
beforeEach(() => {
  before = NAMES.map((name) => process.env[name]);
});
afterEach(() => {
  NAMES.forEach((name, index) => {
    const value = before[index];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  });
});

const without = (...names: string[]): void => {
  for (const name of names) delete process.env[name];
};
const make = (options: object = {}) =>
  new DynamoDBPersistenceLayer({ tableName: 't', ...options } as DynamoDBPersistenceOptions);

describe('a store that cannot work', () => {
  it.each<[string, () => void, object, string]>([
    ['no region', () => without('AWS_REGION', 'AWS_DEFAULT_REGION'), {}, 'set `AWS_REGION`'],
    [
      'no credentials',
      () => without('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'),
      {},
      '`AWS_ACCESS_KEY_ID`',
    ],
    ['an unknown setting', () => {}, { clientConfig: { profile: 'dev' } }, 'unknown option `profile`'],
    ["the SDK's client", () => {}, { awsSdkV3Client: {} }, 'unknown option `awsSdkV3Client`'],
    ['no settings', () => {}, { clientConfig: 'eu-west-1' }, '`clientConfig` must be an object of settings'],
    ['no flag', () => {}, { connectAtStart: 1 }, '`connectAtStart` must be true or false'],
    ['no table', () => {}, { tableName: undefined }, '`tableName` is missing'],
  ])('for %s is refused when it is made', (_name, change, options, message) => {
    change();
    expect(() => make(options)).toThrow(expect.objectContaining({ name: 'IdempotencyConfigError' }));
    expect(() => make(options)).toThrow(message);
  });

  it('in its environment is made where idempotency is switched off, and says it at the first request', async () => {
    without('AWS_REGION', 'AWS_DEFAULT_REGION');
    process.env['IDEMPOTENCY_DISABLED'] = 'true';
    await expect(make({ connectAtStart: true }).read('k')).rejects.toMatchObject({
      name: 'IdempotencyPersistenceLayerError',
      message: expect.stringContaining('set `AWS_REGION`'),
      retryable: false,
    });
  });
});

it('connectAtStart opens the connection that the first request uses', async () => {
  const server = await startServer();
  server.answer(json({}));
  const store = make({ clientConfig: { endpoint: server.endpoint }, connectAtStart: true });
  while (server.asked.length === 0) await new Promise(setImmediate);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await store.read('k');
  expect(server.asked.map(({ method }) => method)).toEqual(['GET', 'POST']);
  expect(server.asked[0]?.socket).toBe(server.asked[1]?.socket);
  await server.close();
});

describe('one call over a network that fails once', () => {
  const table = useFaultTable();
  const kinds = {
    'drop-request': 0,
    refuse: 0,
    hang: 0,
    status: 0,
    throttle: 0,
    delay: 0,
    'lose-answer': 0,
    'cut-answer': 0,
    'delay-answer': 0,
    'hang-after-apply': 0,
  } satisfies Record<FaultKind, number>;

  const each = Object.keys(kinds).flatMap((kind) => [
    [kind, 'PutItem'],
    [kind, 'UpdateItem'],
  ]) as [FaultKind, string][];
  it.each(each)('%s at %s: runs once, is stored, and replays', async (kind, operation) => {
    const persistenceStore = new DynamoDBPersistenceLayer({
      tableName: table.tableName,
      clientConfig: { endpoint: table.proxy.endpoint, requestHandler: { requestTimeout: 200 } },
    });
    let runs = 0;
    const pay = createIdempotency({ clock: new ManualClock() }).makeIdempotent(
      async (_: { id: number }) => ({ run: ++runs }),
      {
        persistenceStore,
        keyPrefix: `${kind}-${operation}`,
        config: { eventKeyJmesPath: 'id', lease: { seconds: 60 } },
      },
    );
    table.proxy.inject({ kind, operation, ms: 5_000 });
    expect(await pay({ id: 1 })).toEqual({ run: 1 });
    expect(await pay({ id: 1 })).toEqual({ run: 1 });
    expect(runs).toBe(1);
    expect((await table.item(`${kind}-${operation}`))['status']).toEqual({ S: 'COMPLETED' });
  });
});
