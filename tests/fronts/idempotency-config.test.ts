import { afterEach, describe, expect, it } from '@jest/globals';
import { IdempotencyConfig, IdempotencyConfigError, makeIdempotent } from '../../src/index.js';
import { sqs } from '../../src/sources/index.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { contextWith } from '../support/contexts.js';

afterEach(() => {
  delete process.env['IDEMPOTENCY_DISABLED'];
});

describe('the options of a config', () => {
  it('have the defaults', () => {
    const { codec, ...options } = new IdempotencyConfig();
    expect(options).toEqual({
      eventKeyJmesPath: '',
      throwOnNoIdempotencyKey: false,
      expiresAfterSeconds: 3_600,
      useLocalCache: false,
      maxLocalCacheSize: 256,
      hashFunction: 'sha256',
      inProgress: 'throw',
      whenStoreFails: 'throw',
      storeResult: true,
      readFirst: false,
    });
    expect(codec).toMatchObject({ encode: expect.any(Function), decode: expect.any(Function) });
  });

  it('are those that were given; undefined leaves the default', () => {
    const config = new IdempotencyConfig({ maxLocalCacheSize: 2, hashFunction: undefined, maxAttempts: 3 });
    expect(config).toMatchObject({ maxLocalCacheSize: 2, hashFunction: 'sha256', maxAttempts: 3 });
  });

  it.each([
    ['the source', { source: sqs() }, 1_209_600],
    ['the option, before the source', { source: sqs(), expiresAfterSeconds: 1_300_000 }, 1_300_000],
  ])('have a window from %s', (_, options, seconds) => {
    expect(new IdempotencyConfig(options).expiresAfterSeconds).toBe(seconds);
  });

  it('are checked', () => {
    expect(() => new IdempotencyConfig({ maxAttempts: 0 })).toThrow(IdempotencyConfigError);
  });
});

it('a registered context is found by functions that are called without one', async () => {
  const persistenceStore = new MemoryPersistenceLayer();
  const config = new IdempotencyConfig();
  const leases: unknown[] = [];
  const bake = makeIdempotent(
    async function bake(id: number) {
      return id;
    },
    {
      persistenceStore: Object.assign(Object.create(persistenceStore), {
        claim: (record: { leaseUntil: number }, moment: never) => {
          leases.push(Math.round((record.leaseUntil - Date.now()) / 10_000) * 10);
          return persistenceStore.claim(record as never, moment);
        },
        settle: persistenceStore.settle.bind(persistenceStore),
      }),
      config,
    },
  );
  await bake(1);
  config.registerLambdaContext(contextWith(60_000));
  await bake(2);
  expect(leases).toEqual([900, 60]);
});

it('is enabled unless the environment says otherwise', () => {
  const config = new IdempotencyConfig();
  expect(config.isEnabled()).toBe(true);
  process.env['IDEMPOTENCY_DISABLED'] = 'true';
  expect(config.isEnabled()).toBe(false);
});
