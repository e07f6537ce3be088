import { describe, expect, it } from '@jest/globals';
import type { Call } from '../../src/core/call/types.js';
import type { IdempotencyConfigOptions } from '../../src/core/config/options.js';
import { resolveOptions } from '../../src/core/config/resolve.js';
import { callBuilder, type Entry } from '../../src/fronts/build-call.js';
import { nodeHost } from '../../src/fronts/host.js';
import { IdempotencyConfigError } from '../../src/index.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { ManualClock } from '../../src/testing/index.js';

const identity = { source: '', site: 'at a test' };
/** SHA-256 of `"7"`, base64url. */
const HASH = 'JmqliGBn-7waOjn-Qy_Fu_Vhq8kOS4oyIhWsF99s4BI';

const setUp = (config: IdempotencyConfigOptions<never>) => {
  const store = new MemoryPersistenceLayer();
  const runtime = { clock: new ManualClock(1_000_000), newFence: () => 'fence', random: () => 0 };
  const options = resolveOptions('a test', { persistenceStore: store, config }, nodeHost);
  const buildCall = callBuilder(options, runtime);
  const build = (payload: unknown, changes: Partial<Entry> = {}): Promise<Call | undefined> =>
    buildCall({ scope: 'bakery', identity, payload, context: undefined, ...changes });
  return { store, build };
};

describe('a call', () => {
  it('has its key, window and deadline', async () => {
    const { store, build } = setUp({ eventKeyJmesPath: 'id', expiresAfterSeconds: 60 });
    const call = await build({ id: '7' });
    expect(call).toMatchObject({ key: `bakery#${HASH}`, scope: 'bakery', windowSeconds: 60 });
    expect(call?.fingerprint).toBeUndefined();
    expect(call?.policy.store).toBe(store);
  });

  it('gives key functions the context meant for them', async () => {
    const seen: unknown[] = [];
    const { build } = setUp({ eventKey: (_: never, context) => seen.push(context) });
    const keyContext = { execution: 1 };
    await build(1, { keyContext });
    await build(1);
    expect(seen).toEqual([keyContext, undefined]);
  });

  it('is undefined without a key', async () => {
    const { build } = setUp({ eventKeyJmesPath: 'id' });
    expect(await build({})).toBeUndefined();
  });

  it('is rejected without a key, with `throwOnNoIdempotencyKey`', async () => {
    const { build } = setUp({ eventKeyJmesPath: 'id', throwOnNoIdempotencyKey: true });
    await expect(build({})).rejects.toMatchObject({
      name: 'IdempotencyKeyError',
      message: expect.stringMatching(
        /^The idempotency key of a call to bakery is missing: .* Nothing ran\.$/,
      ),
    });
  });

  it('uses one local cache for all calls of a function, if that is on', async () => {
    const { store, build } = setUp({ useLocalCache: true });
    const [one, other] = [await build(1), await build(2)];
    expect(one?.policy.store).not.toBe(store);
    expect(one?.policy.store).toBe(other?.policy.store);
  });

  it('of another function in the same scope is rejected', async () => {
    const { build } = setUp({});
    await build(1);
    await build(2);
    const another = build(1, { identity: { source: '', site: 'at another place' } });
    await expect(another).rejects.toThrow(IdempotencyConfigError);
  });
});
