import { describe, expect, it } from '@jest/globals';
import { IdempotencyConfigError, IdempotencyKeyError, identify } from 'lambda-idempotency';
import { deliverAgain, httpApiEvent, lambdaContext } from 'lambda-idempotency/testing';
import { orderConfig } from './order-config.js';

describe('my keys', () => {
  // #region identify
  const context = lambdaContext({ functionName: 'orders' });
  const keyOf = async (event: unknown) => (await identify(event, { config: orderConfig, context })).key;

  it('takes a retry of the client for the same call', async () => {
    // Each request has its own request id, time and trace.
    const first = httpApiEvent({ idempotencyKey: 'key-1' });
    expect(await keyOf(deliverAgain(first))).toBe(await keyOf(first));
  });

  it('keeps tenants apart', async () => {
    const ada = httpApiEvent({ idempotencyKey: 'key-1', host: 'ada.cakes.example' });
    const bob = httpApiEvent({ idempotencyKey: 'key-1', host: 'bob.cakes.example' });
    expect(await keyOf(bob)).not.toBe(await keyOf(ada));
  });

  it('refuses a request without a key', async () => {
    await expect(keyOf(httpApiEvent())).rejects.toThrow(IdempotencyKeyError);
  });
  // #endregion identify

  it('says what a call would use', async () => {
    const used = await identify(httpApiEvent({ idempotencyKey: 'key-1' }), { config: orderConfig, context });
    expect(used).toEqual({
      source: 'httpApi',
      scope: 'orders',
      key: expect.stringMatching(/^orders#[\w-]{43}$/),
      fingerprint: expect.stringMatching(/^[\w-]{43}$/),
      windowSeconds: 86_400,
    });
  });

  it('throws what the call would throw', async () => {
    const config = { eventKeyJmesPath: 'requestContext.requestId' };
    await expect(identify(httpApiEvent({ idempotencyKey: 'key-1' }), { config, context })).rejects.toThrow(
      IdempotencyConfigError,
    );
  });
});
