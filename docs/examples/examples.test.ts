import { DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { identify } from 'lambda-idempotency';
import { eventBridgeEvent, httpApiEvent, sendAgain } from 'lambda-idempotency/testing';
import { scan } from '../../tests/support/tables.js';
import { bank, type Cake, cakes, type Order, payments } from './bakery.js';
import {
  httpRequest,
  type LocalAws,
  lambdaContext,
  order,
  orderCreated,
  request,
  sqsEvent,
  startLocalAws,
} from './local-aws.js';

/** Executes each example, so that the code on the pages works. */
describe('docs/examples', () => {
  let aws: LocalAws;
  let tableName: string;

  beforeAll(async () => {
    aws = await startLocalAws();
    tableName = await aws.openTable();
  });
  beforeEach(() => {
    cakes.length = 0;
    payments.length = 0;
  });
  afterAll(() => aws.close());

  const remove = (id: string) =>
    aws.client.send(new DeleteItemCommand({ TableName: tableName, Key: { id: { S: id } } }));

  describe('handler.ts', () => {
    it('bakes one cake per customer and key, and replays the answer', async () => {
      const { handler } = await import('./handler.js');
      const place = (idempotencyKey?: string, body = { cake: 'black forest' }, subject = 'ada') =>
        handler(
          httpApiEvent({ ...(idempotencyKey !== undefined && { idempotencyKey }), body, subject }),
          lambdaContext('handler'),
        );

      const first = await place('key-1');
      expect(first).toEqual({ statusCode: 201, body: '{"number":1,"cake":"black forest"}' });
      expect(await place('key-1')).toEqual(first);
      expect(cakes).toHaveLength(1);

      await expect(place('key-1', { cake: 'another' })).rejects.toMatchObject({
        name: 'IdempotencyValidationError',
      });
      await expect(place(undefined)).rejects.toMatchObject({ name: 'IdempotencyKeyError' });
      await place('key-2');
      expect(cakes).toHaveLength(2);
      await place('key-1', { cake: 'black forest' }, 'bob');
      expect(cakes).toHaveLength(3);
    });
  });

  describe('event-key.ts', () => {
    it('finds the header in any spelling', async () => {
      const { handler } = await import('./event-key.js');
      const spelt = (name: string) => {
        const event = request(undefined, { cake: 'carrot cake' });
        event.headers = { [name]: 'key-1' };
        return event;
      };
      const first = await handler(spelt('Idempotency-Key'), lambdaContext('event-key'));
      expect(await handler(spelt('idempotency-key'), lambdaContext('event-key'))).toEqual(first);
      expect(cakes).toHaveLength(1);
      await expect(
        handler(request(undefined, { cake: 'carrot cake' }), lambdaContext('event-key')),
      ).rejects.toMatchObject({ name: 'IdempotencyKeyError' });
    });
  });

  describe('jmespath-functions.ts', () => {
    it('calls the custom function', async () => {
      const { handler } = await import('./jmespath-functions.js');
      await handler(request(undefined, order('A-1')), lambdaContext('functions'));
      await handler(request(undefined, order('A1')), lambdaContext('functions'));
      expect(cakes).toHaveLength(1);
    });
  });

  describe('inner-function.ts', () => {
    it('bakes one cake for a message that comes twice', async () => {
      const { handler } = await import('./inner-function.js');
      await handler(sqsEvent(order('i-1'), order('i-2'), order('i-1')), lambdaContext('inner'));
      await handler(sqsEvent(order('i-2')), lambdaContext('inner'));
      expect(cakes).toHaveLength(2);
      const ids = (await scan(aws.client, tableName)).map(({ id }) => id?.S);
      expect(ids.filter((id) => id?.startsWith('inner.bakeOnce#'))).toHaveLength(2);
    });
  });

  describe('data-index.ts', () => {
    it('takes the payload from another argument', async () => {
      const { bakeFor } = await import('./data-index.js');
      expect(await bakeFor('Ada', order('i-3'))).toBe('cake no. 1 for Ada');
      expect(await bakeFor('Bob', order('i-3'))).toBe('cake no. 1 for Ada');
      expect(cakes).toHaveLength(1);
      const ids = (await scan(aws.client, tableName)).map(({ id }) => id?.S);
      expect(ids.filter((id) => id?.startsWith('bake-for#'))).toHaveLength(1);
    });
  });

  describe('decorator.ts', () => {
    it('keeps `this`, and runs once', async () => {
      const { handler } = await import('./decorator.js');
      expect(await handler(order('d-1'), lambdaContext('decorator'))).toBe('Enjoy cake no. 1');
      expect(await handler(order('d-1'), lambdaContext('decorator'))).toBe('Enjoy cake no. 1');
      expect(cakes).toHaveLength(1);
    });
  });

  describe('custom-client.ts', () => {
    it('makes stores with settings and with a client', async () => {
      const { handler, withSettings } = await import('./custom-client.js');
      await runsOnce('client', handler);
      expect(await withSettings.read('absent')).toBeUndefined();
    });
  });

  describe('dynamodb-lite.ts', () => {
    it('runs once, and makes a store with settings', async () => {
      const { handler, withSettings } = await import('./dynamodb-lite.js');
      await runsOnce('lite', handler);
      expect(await withSettings.read('absent')).toBeUndefined();
    });
  });

  describe('middy.ts', () => {
    it('runs once', async () => runsOnce('middy', (await import('./middy.js')).handler));
  });

  describe('wait-for-outcome.ts', () => {
    it('gives a duplicate the outcome of the run in progress', async () => {
      const { handler } = await import('./wait-for-outcome.js');
      const [first, second] = await Promise.all([
        handler(order('w-1'), lambdaContext('wait')),
        handler(order('w-1'), lambdaContext('wait')),
      ]);
      expect(second).toEqual(first);
      expect(cakes).toHaveLength(1);
    });
  });

  describe('final-errors.ts', () => {
    it('asks the bank once if it declines, and again if it did not answer', async () => {
      const { handler, CardDeclinedError } = await import('./final-errors.js');
      const place = (id: string, amount: number) => handler(order(id, { amount }), lambdaContext('final'));
      for (let round = 0; round < 3; round++) {
        const error = await place('f-1', 2_000).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(CardDeclinedError);
        expect(error).toMatchObject({ message: 'The card was declined.', code: 'insufficient_funds' });
      }
      expect(payments).toEqual([2_000]);
      bank.outages = 1;
      await expect(place('f-2', 42)).rejects.toThrow('The bank did not answer.');
      expect(await place('f-2', 42)).toEqual({ paid: 42 });
      expect(payments).toEqual([2_000, 42]);
    });
  });

  describe('returned-failures.ts', () => {
    it('stores final answers only', async () => {
      const { handler } = await import('./returned-failures.js');
      const place = (id: string, amount: number) => handler(order(id, { amount }), lambdaContext('returned'));
      bank.outages = 2;
      for (const statusCode of [503, 503, 201, 201]) {
        expect(await place('p-1', 42)).toMatchObject({ statusCode });
      }
      for (const statusCode of [402, 402]) expect(await place('p-2', 2_000)).toMatchObject({ statusCode });
      expect(payments).toEqual([42, 2_000]);
    });
  });

  describe('attempts.ts', () => {
    it('parks what never succeeds', async () => {
      const { handler, parked } = await import('./attempts.js');
      const receive = () => handler(sqsEvent(order('a-1'), order('a-2')), lambdaContext('attempts'));
      bank.outages = 3;
      for (let attempt = 1; attempt <= 3; attempt++) {
        await expect(receive()).rejects.toThrow('The bank did not answer.');
      }
      expect(parked).toEqual([]);
      await receive();
      expect(parked).toEqual(['a-1']);
      expect(payments).toEqual([42]);
    });
  });

  describe('withdrawal.ts', () => {
    it('withdraws once, however the run ends', async () => {
      const { handler } = await import('./withdrawal.js');
      const withdraw = () => handler(order('w-2'), lambdaContext('withdrawal'));
      bank.hangs = true;
      void withdraw();
      const find = async () =>
        (await scan(aws.client, tableName)).find(({ id }) => id?.S?.startsWith('withdrawal#'));
      while (payments.length === 0) await new Promise(setImmediate);
      const id = (await find())?.['id']?.S ?? '';
      // Time passes, and the run's lease expires.
      await aws.client.send(
        new UpdateItemCommand({
          TableName: tableName,
          Key: { id: { S: id } },
          UpdateExpression: 'SET in_progress_expiration = :over',
          ExpressionAttributeValues: { ':over': { N: String(Date.now() - 60_000) } },
        }),
      );
      for (let round = 0; round < 2; round++) {
        await expect(withdraw()).rejects.toMatchObject({ name: 'IdempotencyOutcomeUnknownError' });
      }
      expect(payments).toEqual([42]);
      bank.hangs = false;
      await remove(id);
      await withdraw();
      expect(payments).toEqual([42, 42]);
    });
  });

  describe('key-only.ts', () => {
    it('bakes one cake, and stores its key alone', async () => {
      const { handler } = await import('./key-only.js');
      const receive = () => handler(order('k-1'), lambdaContext('key-only'));
      expect(await receive()).toEqual({ number: 1, cake: 'black forest' });
      expect(await receive()).toBeUndefined();
      expect(cakes).toHaveLength(1);
      const item = (await scan(aws.client, tableName)).find(({ id }) => id?.S?.startsWith('key-only#'));
      expect(item).not.toHaveProperty('data');
      expect(item).toMatchObject({ status: { S: 'COMPLETED' } });
    });
  });

  describe('read-first.ts', () => {
    it('runs once', async () => runsOnce('read-first', (await import('./read-first.js')).handler));
  });

  describe('renewed-lease.ts', () => {
    it('bakes one cake', async () => {
      const { bakeOnce } = await import('./renewed-lease.js');
      const first = await bakeOnce(order('r-1'));
      expect(await bakeOnce(order('r-1'))).toEqual(first);
      expect(cakes).toHaveLength(1);
    });
  });

  describe('local-cache.ts', () => {
    it('replays a record that was deleted from the table', async () => {
      const { handler } = await import('./local-cache.js');
      const first = await handler(order('l-1'), lambdaContext('cache'));
      for (const { id } of await scan(aws.client, tableName)) {
        if (id?.S?.startsWith('cache#')) await remove(id.S);
      }
      expect(await handler(order('l-1'), lambdaContext('cache'))).toEqual(first);
      expect(cakes).toHaveLength(1);
    });
  });

  describe('composite-key.ts', () => {
    it('runs once, with a partition per record', async () => {
      const composite = await aws.openTable({ keyAttr: 'pk', sortKeyAttr: 'sk' });
      await runsOnce('composite', (await import('./composite-key.js')).handler);
      const [item] = await scan(aws.client, composite);
      expect(item?.['pk']?.S).toBe(`idempotency#${item?.['sk']?.S}`);
      process.env['TABLE_NAME'] = tableName;
    });
  });

  describe('response-hook.ts', () => {
    it('marks replays', async () => {
      const { handler } = await import('./response-hook.js');
      const place = () => handler(request(undefined, order('h-1')), lambdaContext('hook'));
      expect((await place()).headers).toBeUndefined();
      expect((await place()).headers).toEqual({ 'Idempotent-Replayed': 'true' });
    });
  });

  describe('errors.ts', () => {
    it('maps errors to answers', async () => {
      const { handler } = await import('./errors.js');
      const place = (key: string | undefined, body = { cake: 'black forest' }) =>
        handler(request(key, body), lambdaContext('errors'));

      const answers = await Promise.all([place('e-1'), place('e-1')]);
      expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 409]);
      expect(answers.find(({ statusCode }) => statusCode === 409)).toEqual({
        statusCode: 409,
        body: '{"type":"about:blank","title":"Conflict","status":409,"detail":"This request is in progress. Ask again, with the same key."}',
        headers: { 'content-type': 'application/problem+json', 'retry-after': '5' },
      });
      expect(await place('e-1', { cake: 'another' })).toMatchObject({ statusCode: 422 });
      expect(await place(undefined)).toMatchObject({ statusCode: 400 });
      await expect(
        handler({ ...request('e-2', {}), body: 'not JSON' }, lambdaContext('errors')),
      ).rejects.toBeInstanceOf(SyntaxError);
    });
  });

  describe('events.ts', () => {
    it('receives replays', async () => {
      const { lines } = await import('./events.js');
      const { handler } = await import('./handler.js');
      const place = () =>
        handler(httpApiEvent({ idempotencyKey: 'heard', body: { cake: 'tart' } }), lambdaContext('events'));
      await place();
      expect(lines).toEqual([]);
      await place();
      expect(lines).toEqual([
        expect.stringMatching(/^\{"metric":"IdempotentReplay","value":1,"key":"events#/),
      ]);
    });
  });

  describe('principal.ts', () => {
    it('keeps users of a tenant apart', async () => {
      const { tenantConfig } = await import('./principal.js');
      const keyOf = async (tenantId: string, userId: string) => {
        const event = httpApiEvent({ idempotencyKey: 'key-1' });
        const requestContext = { ...event.requestContext, authorizer: { lambda: { tenantId, userId } } };
        const request = { ...event, requestContext } as never;
        return (await identify(request, { config: tenantConfig, keyPrefix: 'orders' })).key;
      };
      const keys = [await keyOf('north', 'ada'), await keyOf('north', 'bob'), await keyOf('south', 'ada')];
      expect(new Set(keys).size).toBe(3);
    });
  });

  describe('sources.ts', () => {
    it('bakes one cake for an event whose order names the intent', async () => {
      const { onOrderPaid } = await import('./sources.js');
      const paid = eventBridgeEvent({ detailType: 'OrderPaid', detail: order('paid-1') });
      const first = await onOrderPaid(paid, lambdaContext('paid'));
      expect(await onOrderPaid(sendAgain(paid), lambdaContext('paid'))).toEqual(first);
      expect(cakes).toHaveLength(1);
    });

    it('bakes one cake for a message that the producer sends again', async () => {
      const { worker } = await import('./sources.js');
      // Each message has its own id.
      await worker(sqsEvent(order('s-1'), order('s-2'), order('s-1')), lambdaContext('worker'));
      await worker(sqsEvent(order('s-2')), lambdaContext('worker'));
      expect(cakes).toHaveLength(2);
      await expect(
        worker(sqsEvent(order('s-1', { amount: 7 })), lambdaContext('worker')),
      ).rejects.toMatchObject({ name: 'IdempotencyValidationError' });
      expect(cakes).toHaveLength(2);
    });

    it('bakes one cake per tenant and key', async () => {
      const { placeOrder } = await import('./sources.js');
      const place = (key: string | undefined, tenant: string, body: object = order('s-3')) =>
        placeOrder(httpRequest(key, body, `${tenant}.cakes.example`), lambdaContext('place'));
      const first = await place('key-1', 'ada');
      expect(await place('key-1', 'ada')).toEqual(first);
      expect(await place('key-1', 'bob')).not.toEqual(first);
      expect(cakes).toHaveLength(2);
      await expect(place('key-1', 'ada', order('s-4'))).rejects.toMatchObject({
        name: 'IdempotencyValidationError',
      });
      await expect(place(undefined, 'ada')).rejects.toMatchObject({ name: 'IdempotencyKeyError' });
      expect(cakes).toHaveLength(2);
    });

    it('bakes one cake for an event that is sent twice', async () => {
      const { onOrderCreated } = await import('./sources.js');
      const put = (key: string) => onOrderCreated(orderCreated(key, order('s-5')), lambdaContext('created'));
      const first = await put('put-1');
      expect(await put('put-1')).toEqual(first);
      expect(cakes).toHaveLength(1);
      await put('put-2');
      expect(cakes).toHaveLength(2);
    });

    it('recognises events of any source', async () => {
      const { onAnything } = await import('./sources.js');
      const events = [
        () => orderCreated('any-1', order('s-6')),
        () => httpRequest('any-1', order('s-6')),
        () => sqsEvent({ ...order('s-6'), idempotency_key: 'any-1' }),
      ];
      for (const event of events) {
        const first = await onAnything(event(), lambdaContext('anything'));
        expect(await onAnything(event(), lambdaContext('anything'))).toEqual(first);
      }
      expect(cakes).toHaveLength(3);
      await expect(
        onAnything(sqsEvent(order('s-7'), order('s-8')), lambdaContext('anything')),
      ).rejects.toMatchObject({ name: 'IdempotencyKeyError' });
    });
  });

  describe('powertools-move.ts', () => {
    it('runs once', async () => runsOnce('move', (await import('./powertools-move.js')).handler));
  });
});

const runsOnce = async (
  functionName: string,
  handler: (event: Order, context: Context) => Promise<Cake>,
): Promise<void> => {
  const first = await handler(order('once'), lambdaContext(functionName));
  expect(first).toEqual({ number: 1, cake: 'black forest' });
  expect(await handler(order('once'), lambdaContext(functionName))).toEqual(first);
  expect(cakes).toHaveLength(1);
};
