import { afterEach, describe, expect, it } from '@jest/globals';
import { IdempotencyConfigError, IdempotencyKeyError, identify, makeIdempotent } from '../../src/index.js';
import { sqs } from '../../src/sources/index.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { lambdaContext } from '../support/contexts.js';

/** SHA-256 of `"7"`, base64url. */
const HASH = 'JmqliGBn-7waOjn-Qy_Fu_Vhq8kOS4oyIhWsF99s4BI';
const config = { eventKeyJmesPath: 'id' };

afterEach(() => {
  delete process.env['AWS_LAMBDA_FUNCTION_NAME'];
});

describe('what a call would use', () => {
  it('without a source: key and default window', async () => {
    expect(await identify({ id: '7' }, { config, keyPrefix: 'shop' })).toEqual({
      source: undefined,
      scope: 'shop',
      key: `shop#${HASH}`,
      fingerprint: undefined,
      windowSeconds: 3_600,
    });
  });

  it('with a fingerprint and a window', async () => {
    const used = await identify(
      { id: '7', body: '7' },
      { config: { ...config, payloadValidationJmesPath: 'body', expiresAfterSeconds: 60 } },
    );
    expect(used).toMatchObject({ fingerprint: HASH, windowSeconds: 60 });
  });

  it('without a key', async () => {
    expect(await identify({}, { config })).toMatchObject({ key: undefined, windowSeconds: 3_600 });
    await expect(identify({}, { config: { ...config, throwOnNoIdempotencyKey: true } })).rejects.toThrow(
      IdempotencyKeyError,
    );
  });

  it('with a source that rejects the event', async () => {
    await expect(identify({ id: '7' }, { config: { source: sqs() } })).rejects.toThrow(IdempotencyKeyError);
  });

  it('is what a call does use', async () => {
    const persistenceStore = new MemoryPersistenceLayer();
    const keyPrefix = 'shop';
    await makeIdempotent(async ({ id }: { id: string }) => id, { persistenceStore, keyPrefix, config })({
      id: '7',
    });
    const { key = '' } = await identify({ id: '7' }, { config, keyPrefix });
    expect((await persistenceStore.read(key))?.status).toBe('done');
  });
});

it('the scope is the prefix, the Lambda of the environment, that of the context, or local', async () => {
  const context = lambdaContext();
  const scopeOf = async (options: object): Promise<string> => (await identify(1, options)).scope;
  expect(await scopeOf({})).toBe('local');
  expect(await scopeOf({ context })).toBe('orders');
  process.env['AWS_LAMBDA_FUNCTION_NAME'] = 'bakery';
  expect(await scopeOf({ context })).toBe('bakery');
  expect(await scopeOf({ context, keyPrefix: 'shop' })).toBe('shop');
});

it.each([
  [{ keyprefix: 'shop' }, 'The options of identify: unknown option `keyprefix`.'],
  [{ config: 1 }, 'The options of identify: `config` must be an IdempotencyConfig or its options.'],
  [{ context: 1 }, 'The options of identify: `context` must be a Lambda context.'],
  [{ config: { maxAttempts: 0 } }, '`config`: `maxAttempts` must be a whole number of 1 or more.'],
])('rejects %j', async (options, message) => {
  const rejected = identify(1, options as never);
  await expect(rejected).rejects.toThrow(message);
  await expect(rejected).rejects.toThrow(IdempotencyConfigError);
});
