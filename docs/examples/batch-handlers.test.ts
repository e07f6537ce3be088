import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { deliverAgain, kinesisEvent, lambdaContext, sqsEvent } from 'lambda-idempotency/testing';
import { cakes, payments } from './bakery.js';
import { type LocalAws, order, startLocalAws } from './local-aws.js';

describe('batch-handlers.ts', () => {
  let aws: LocalAws;
  beforeAll(async () => {
    aws = await startLocalAws();
    await aws.openTable();
  });
  beforeEach(() => {
    cakes.length = 0;
    payments.length = 0;
    jest.spyOn(console, 'error').mockImplementation(() => {});
  });
  afterAll(() => aws.close());

  const context = lambdaContext();
  const NOTHING = { batchItemFailures: [] };

  it('bakes each order of a queue once, and reports what is no order', async () => {
    const { handler } = await import('./batch-handlers.js');
    const event = sqsEvent({ body: order('h-1') }, { body: 'no order', messageId: 'broken' });
    const failed = { batchItemFailures: [{ itemIdentifier: 'broken' }] };
    expect(await handler(event, context)).toEqual(failed);
    expect(await handler(deliverAgain(event), context)).toEqual(failed);
    expect(cakes).toHaveLength(1);
  });

  it('bakes each order of a stream once', async () => {
    const { onStream } = await import('./batch-handlers.js');
    const event = kinesisEvent({ data: order('h-2') }, { data: order('h-3') });
    expect(await onStream(event, context)).toEqual(NOTHING);
    expect(await onStream(deliverAgain(event), context)).toEqual(NOTHING);
    expect(cakes).toHaveLength(2);
  });

  it('parks an order that fails three times', async () => {
    const { parked, payOrders } = await import('./batch-handlers.js');
    const event = sqsEvent(
      { body: order('h-4') },
      { body: order('h-5', { amount: 2_000 }), messageId: 'poison' },
    );
    const failed = { batchItemFailures: [{ itemIdentifier: 'poison' }] };
    for (let time = 0; time < 3; time++)
      expect(await payOrders(deliverAgain(event), context)).toEqual(failed);
    expect(parked).toEqual([]);
    expect(await payOrders(deliverAgain(event), context)).toEqual(NOTHING);
    expect(parked).toEqual(['poison']);
    expect(payments.toSorted((a, b) => a - b)).toEqual([42, 2_000, 2_000, 2_000]);
  });

  it('works inside the BatchProcessor of Powertools', async () => {
    const { powertoolsHandler } = await import('./batch-handlers.js');
    const event = sqsEvent({ body: order('h-6') }, { body: 'no order', messageId: 'broken' });
    const failed = { batchItemFailures: [{ itemIdentifier: 'broken' }] };
    expect(await powertoolsHandler(event, context)).toEqual(failed);
    expect(await powertoolsHandler(deliverAgain(event), context)).toEqual(failed);
    expect(cakes).toHaveLength(1);
  });
});
