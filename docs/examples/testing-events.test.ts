import { afterEach, describe, expect, it } from '@jest/globals';
import { makeIdempotent } from 'lambda-idempotency';
import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';
import { httpApi, sqs } from 'lambda-idempotency/sources';
import {
  createIdempotency,
  deliverAgain,
  httpApiEvent,
  lambdaContext,
  ManualClock,
  sendAgain,
  sqsRecord,
} from 'lambda-idempotency/testing';
import { bake, cakes } from './bakery.js';

describe('my handlers', () => {
  afterEach(() => {
    cakes.length = 0;
  });

  // #region events
  it('bakes one cake for a request that the client sends again', async () => {
    const handler = makeIdempotent(
      async (event: { body?: string }, _context: unknown) => bake(JSON.parse(event.body ?? '')),
      { persistenceStore: new MemoryPersistenceLayer(), config: { source: httpApi() }, keyPrefix: 'orders' },
    );
    const request = { idempotencyKey: 'key-1', body: { cake: 'black forest' } };
    const ada = httpApiEvent({ ...request, subject: 'ada' });
    const bob = httpApiEvent({ ...request, subject: 'bob' });

    const first = await handler(ada, lambdaContext());
    expect(await handler(deliverAgain(ada), lambdaContext())).toEqual(first);
    expect(await handler(bob, lambdaContext())).not.toEqual(first);
    expect(cakes).toHaveLength(2);
  });

  it('bakes one cake for a message that the producer sends again', async () => {
    const bakeOnce = makeIdempotent(async (record: { body: string }) => bake(JSON.parse(record.body)), {
      persistenceStore: new MemoryPersistenceLayer(),
      config: { source: sqs() },
      keyPrefix: 'bake',
    });
    const record = sqsRecord({ body: { cake: 'black forest' }, idempotencyKey: 'key-1' });

    await bakeOnce(record);
    await bakeOnce(deliverAgain(record)); // From the queue: the same messageId.
    await bakeOnce(sendAgain(record)); // From the producer: another messageId, the same key.
    expect(cakes).toHaveLength(1);
  });
  // #endregion events

  // #region context
  it('is protected for as long as the invocation may last', async () => {
    const clock = new ManualClock();
    const { makeIdempotent } = createIdempotency({ clock });
    const handler = makeIdempotent(
      async (_event: { orderId: string }, _context: unknown) => new Promise(() => {}),
      {
        persistenceStore: new MemoryPersistenceLayer(),
        config: { eventKeyJmesPath: 'orderId' },
        keyPrefix: 'orders',
      },
    );
    void handler({ orderId: '1' }, lambdaContext({ remainingMs: 10_000, clock })); // Never ends.
    await clock.advance(4_000);
    await expect(handler({ orderId: '1' }, lambdaContext({ clock }))).rejects.toMatchObject({
      name: 'IdempotencyAlreadyInProgressError',
      retryAfterMs: 6_500, // With the margin for clock skew.
    });
  });
  // #endregion context
});
