import { expect, it } from '@jest/globals';
import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';
import { createIdempotency, ManualClock } from 'lambda-idempotency/testing';
import type { Order } from './bakery.js';

const order: Order = { orderId: '1', cake: 'black forest', amount: 42 };

// #region window
it('bakes again when the window has ended', async () => {
  const clock = new ManualClock();
  const { makeIdempotent } = createIdempotency({ clock });
  let baked = 0;
  const bake = makeIdempotent(async (_order: Order) => ++baked, {
    persistenceStore: new MemoryPersistenceLayer(),
    keyPrefix: 'bake',
    config: { eventKeyJmesPath: 'orderId', expiresAfterSeconds: 3_600 },
  });

  expect(await bake(order)).toBe(1);
  await clock.advance(3_599_000);
  expect(await bake(order)).toBe(1);
  await clock.advance(1_000);
  expect(await bake(order)).toBe(2);
});
// #endregion window

// #region lease
it('takes over from a run that died', async () => {
  const clock = new ManualClock();
  const { makeIdempotent } = createIdempotency({ clock });
  let runs = 0;
  const bake = makeIdempotent((_order: Order) => (++runs === 1 ? new Promise(() => {}) : 'a cake'), {
    persistenceStore: new MemoryPersistenceLayer(),
    keyPrefix: 'bake',
    config: { eventKeyJmesPath: 'orderId', lease: { seconds: 30, clockSkewMs: 500 } },
  });

  void bake(order); // Never ends.
  await clock.advance(30_000);
  await expect(bake(order)).rejects.toMatchObject({
    name: 'IdempotencyAlreadyInProgressError',
    retryAfterMs: 500,
  });
  await clock.advance(500);
  expect(await bake(order)).toBe('a cake');
});
// #endregion lease

// #region wait
it('waits for the run in progress', async () => {
  const clock = new ManualClock();
  const { makeIdempotent } = createIdempotency({ clock });
  const bake = makeIdempotent(
    (_order: Order) =>
      new Promise((resolve) => {
        clock.after(2_000, () => resolve('a cake'));
      }),
    {
      persistenceStore: new MemoryPersistenceLayer(),
      keyPrefix: 'bake',
      config: { eventKeyJmesPath: 'orderId', inProgress: { waitMs: 5_000 } },
    },
  );

  const both = Promise.all([bake(order), bake(order)]);
  await clock.advance(4_000);
  expect(await both).toEqual(['a cake', 'a cake']);
});
// #endregion wait
