import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { deliverAgain, lambdaContext, sqsEvent, sqsFifoEvent } from 'lambda-idempotency/testing';
import { cakes } from './bakery.js';
import { type LocalAws, order, startLocalAws } from './local-aws.js';

describe('batches.ts', () => {
  let aws: LocalAws;
  beforeAll(async () => {
    aws = await startLocalAws();
    await aws.openTable();
  });
  beforeEach(() => {
    cakes.length = 0;
    jest.spyOn(console, 'error').mockImplementation(() => {});
  });
  afterAll(() => aws.close());

  const context = lambdaContext();
  const NOTHING = { batchItemFailures: [] };

  it('bakes one cake per order, and none when the batch comes again', async () => {
    const { handler } = await import('./batches.js');
    const event = sqsEvent({ body: order('b-1') }, { body: order('b-2') });
    expect(await handler(event, context)).toEqual(NOTHING);
    expect(await handler(deliverAgain(event), context)).toEqual(NOTHING);
    expect(cakes).toHaveLength(2);
  });

  it('reports the message that failed, and bakes the others', async () => {
    const { handler } = await import('./batches.js');
    const event = sqsEvent(
      { body: order('b-3') },
      { body: 'no order', messageId: 'broken' },
      { body: order('b-4') },
    );
    expect(await handler(event, context)).toEqual({ batchItemFailures: [{ itemIdentifier: 'broken' }] });
    expect(cakes).toHaveLength(2);
  });

  it('reports a duplicate in the same batch, which succeeds when it comes again', async () => {
    const { handler } = await import('./batches.js');
    const event = sqsEvent(
      { body: order('b-5'), messageId: 'one' },
      { body: order('b-5'), messageId: 'other' },
    );
    const { batchItemFailures } = await handler(event, context);
    // Either claims first.
    expect(batchItemFailures).toHaveLength(1);
    const Records = event.Records.filter(
      ({ messageId }) => messageId === batchItemFailures[0]?.itemIdentifier,
    );
    expect(Records).toHaveLength(1);
    expect(await handler(deliverAgain({ Records }), context)).toEqual(NOTHING);
    expect(cakes).toHaveLength(1);
  });

  it('stops a FIFO batch at the first message that fails', async () => {
    const { fifoHandler } = await import('./batches.js');
    const event = sqsFifoEvent(
      { body: order('f-1'), deduplicationId: '1' },
      { body: 'no order', deduplicationId: '2', messageId: 'broken' },
      { body: order('f-3'), deduplicationId: '3', messageId: 'after' },
    );
    expect(await fifoHandler(event, context)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'broken' }, { itemIdentifier: 'after' }],
    });
    expect(cakes).toHaveLength(1);
    const repaired = sqsFifoEvent(
      { body: order('f-2'), deduplicationId: '2b' },
      { body: order('f-3'), deduplicationId: '3' },
    );
    expect(await fifoHandler(repaired, context)).toEqual(NOTHING);
    expect(cakes).toHaveLength(3);
  });
});
