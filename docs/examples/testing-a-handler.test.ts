import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  IdempotencyAlreadyInProgressError,
  IdempotencyPersistenceLayerError,
  IdempotencyValidationError,
} from 'lambda-idempotency';
import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';
import { FaultyStore, lambdaContext } from 'lambda-idempotency/testing';
import { cakes, type Order } from './bakery.js';
import { createHandler } from './testable-handler.js';

describe('my handler', () => {
  const order: Order = { orderId: '1', cake: 'black forest', amount: 42 };
  const context = lambdaContext();

  beforeEach(() => {
    cakes.length = 0;
  });

  // #region once
  it('bakes one cake for an order that comes twice', async () => {
    const handler = createHandler(new MemoryPersistenceLayer());
    const first = await handler(order, context);
    expect(await handler(order, context)).toEqual(first);
    expect(cakes).toHaveLength(1);
  });

  it('bakes one cake for an order that comes twice at once', async () => {
    const handler = createHandler(new MemoryPersistenceLayer());
    const first = handler(order, context);
    await expect(handler(order, context)).rejects.toThrow(IdempotencyAlreadyInProgressError);
    await first;
    expect(cakes).toHaveLength(1);
  });

  it('refuses another amount under the same order', async () => {
    const handler = createHandler(new MemoryPersistenceLayer());
    await handler(order, context);
    await expect(handler({ ...order, amount: 12 }, context)).rejects.toThrow(IdempotencyValidationError);
  });
  // #endregion once

  // #region faults
  it('bakes nothing while the store is down', async () => {
    const store = new FaultyStore(new MemoryPersistenceLayer());
    const handler = createHandler(store);

    store.inject({ operation: 'claim', kind: 'lose request' });
    await expect(handler(order, context)).rejects.toThrow(IdempotencyPersistenceLayerError);
    expect(cakes).toHaveLength(0);

    await handler(order, context);
    expect(cakes).toHaveLength(1);
  });

  it('stores the outcome although the first answer to the settle is lost', async () => {
    const store = new FaultyStore(new MemoryPersistenceLayer());
    const handler = createHandler(store);

    store.inject({ operation: 'settle', kind: 'lose answer' });
    const first = await handler(order, context);
    expect(store.requests).toEqual(['claim', 'settle', 'settle']);
    expect(await handler(order, context)).toEqual(first);
    expect(cakes).toHaveLength(1);
  });
  // #endregion faults
});
