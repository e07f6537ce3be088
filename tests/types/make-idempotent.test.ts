import { describe, it } from '@jest/globals';
import type {
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  APIGatewayProxyHandler,
  APIGatewayProxyHandlerV2,
  APIGatewayProxyResult,
  Context,
  Handler,
  SQSEvent,
  SQSHandler,
} from 'aws-lambda';
import { expectTypeOf } from 'expect-type';
import { IdempotencyConfig, type IdempotencyConfigOptions, makeIdempotent } from '../../src/index.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';

const persistenceStore = new MemoryPersistenceLayer();

interface Order {
  orderId: string;
  amount: number;
}

/** Compiled, not called: `npm run check:types` is what tests here. */
const typesOnly = (_check: () => void): void => {};

describe('the types of makeIdempotent', () => {
  it('of an untyped function, promise anything', () =>
    typesOnly(() => {
      const untyped = makeIdempotent((_order: Order) => JSON.parse('1'), {
        persistenceStore,
        keyPrefix: 'p',
      });
      expectTypeOf(untyped).returns.resolves.toBeAny();
    }));

  it('keep arguments, and await the result', () =>
    typesOnly(() => {
      const charge = makeIdempotent(
        async function charge(_order: Order, _currency: 'EUR' | 'USD') {
          return { paymentId: 'p' };
        },
        { persistenceStore },
      );
      expectTypeOf(charge).parameters.toEqualTypeOf<[_order: Order, _currency: 'EUR' | 'USD']>();
      expectTypeOf(charge).returns.toEqualTypeOf<Promise<{ paymentId: string }>>();

      const add = makeIdempotent(
        function add(a: number, b: number) {
          return a + b;
        },
        { persistenceStore },
      );
      expectTypeOf(add).toEqualTypeOf<(a: number, b: number) => Promise<number>>();

      const nothing = makeIdempotent(async function nothing(_order: Order): Promise<void> {}, {
        persistenceStore,
      });
      expectTypeOf(nothing).returns.toEqualTypeOf<Promise<void>>();

      const either = makeIdempotent(
        function either(order: Order): number | Promise<string> {
          return order.amount;
        },
        { persistenceStore },
      );
      expectTypeOf(either).returns.toEqualTypeOf<Promise<number | string>>();
    }));

  it('keep optional and rest arguments', () =>
    typesOnly(() => {
      const bake = makeIdempotent(
        async function bake(_order: Order, _note?: string, ..._more: number[]) {
          return 1;
        },
        { persistenceStore },
      );
      expectTypeOf(bake).parameters.toEqualTypeOf<
        [_order: Order, _note?: string | undefined, ..._more: number[]]
      >();
      const order: Order = { orderId: 'o', amount: 1 };
      void bake(order);
      void bake(order, 'note', 1, 2, 3);
      // @ts-expect-error: a note is a text
      void bake(order, 1);
      // @ts-expect-error: an order is needed
      void bake();
    }));

  it('keep this', () =>
    typesOnly(() => {
      const add = makeIdempotent(
        async function add(this: { total: number }, amount: number) {
          return this.total + amount;
        },
        { persistenceStore },
      );
      expectTypeOf(add).thisParameter.toEqualTypeOf<{ total: number }>();
      void add.call({ total: 1 }, 1);
      // @ts-expect-error: an object without a total
      void add.call({}, 1);
    }));

  it('keep what is generic about a function', () =>
    typesOnly(() => {
      const identity = makeIdempotent(
        async function identity<T>(value: T): Promise<T> {
          return value;
        },
        { persistenceStore },
      );
      expectTypeOf(identity<'text'>).returns.toEqualTypeOf<Promise<'text'>>();
      expectTypeOf(identity(42 as const)).toEqualTypeOf<Promise<42>>();
    }));

  it("fit Lambda's handlers", () =>
    typesOnly(() => {
      const proxy: APIGatewayProxyHandler = makeIdempotent(
        async (event: APIGatewayProxyEvent, _context: Context): Promise<APIGatewayProxyResult> => ({
          statusCode: 200,
          body: event.path,
        }),
        { persistenceStore },
      );
      const plain: Handler<Order, string> = makeIdempotent(async (event: Order) => event.orderId, {
        persistenceStore,
        keyPrefix: 'orders',
      });
      const queue: SQSHandler = makeIdempotent(
        async (event, _context) => {
          expectTypeOf(event).toEqualTypeOf<SQSEvent>();
        },
        { persistenceStore },
      );
      void [proxy, plain, queue];
    }));

  it("take Lambda's handlers", () =>
    typesOnly(() => {
      const proxy: APIGatewayProxyHandler = async () => ({ statusCode: 200, body: '' });
      const queue: SQSHandler = async () => ({ batchItemFailures: [] });
      const wrapped = makeIdempotent(proxy, { persistenceStore });
      expectTypeOf(wrapped).parameter(0).toEqualTypeOf<APIGatewayProxyEvent>();
      const proxyAgain: APIGatewayProxyHandler = wrapped;
      const queueAgain: SQSHandler = makeIdempotent(queue, { persistenceStore });
      void [proxyAgain, queueAgain];
    }));

  it('type eventKey by the payload', () =>
    typesOnly(() => {
      makeIdempotent(async function charge(_order: Order) {}, {
        persistenceStore,
        config: {
          eventKey: (order, context) => {
            expectTypeOf(order).toEqualTypeOf<Order>();
            expectTypeOf(context).toEqualTypeOf<Context | undefined>();
            return order.orderId;
          },
        },
      });
      makeIdempotent(async function charge(_order: Order) {}, {
        persistenceStore,
        config: {
          // @ts-expect-error: an order has no such member
          eventKey: (order) => order.userId,
        },
      });
    }));

  it('type eventKey by the argument at dataIndexArgument', () =>
    typesOnly(() => {
      makeIdempotent(async function charge(_transaction: number, _order: Order) {}, {
        persistenceStore,
        dataIndexArgument: 1,
        config: {
          eventKey: (order) => {
            expectTypeOf(order).toEqualTypeOf<Order>();
            return order.orderId;
          },
        },
      });
      makeIdempotent(async function charge(_transaction: number, _order: Order) {}, {
        persistenceStore,
        config: {
          eventKey: (transaction) => {
            expectTypeOf(transaction).toEqualTypeOf<number>();
            return transaction;
          },
        },
      });
      makeIdempotent(async function charge(_transaction: number, _order: Order) {}, {
        persistenceStore,
        dataIndexArgument: 1,
        config: {
          // @ts-expect-error: the payload is the order, not the transaction
          eventKey: (transaction: number) => transaction,
        },
      });
    }));

  it('take an IdempotencyConfig that was made before', () =>
    typesOnly(() => {
      const untyped = new IdempotencyConfig({ eventKeyJmesPath: 'orderId' });
      const typed = new IdempotencyConfig<Order>({ eventKey: (order) => order.orderId });
      const other = new IdempotencyConfig<{ userId: string }>({ eventKey: ({ userId }) => userId });
      async function charge(_order: Order): Promise<void> {}
      makeIdempotent(charge, { persistenceStore, config: untyped });
      makeIdempotent(charge, { persistenceStore, config: typed });
      // @ts-expect-error: this config reads its key from another payload
      makeIdempotent(charge, { persistenceStore, config: other });
      expectTypeOf(untyped).toEqualTypeOf<IdempotencyConfig<unknown>>();
    }));

  it('let a responseHook name the type of its response, and be async', () =>
    typesOnly(() => {
      const config = new IdempotencyConfig({
        responseHook: async (response, record) => {
          expectTypeOf(response).toBeUnknown();
          expectTypeOf(record.idempotencyKey).toBeString();
          expectTypeOf(record.getStatus()).toEqualTypeOf<'INPROGRESS' | 'COMPLETED' | 'EXPIRED'>();
          return response;
        },
      });
      // As Powertools' users write it.
      const named = new IdempotencyConfig({
        responseHook: (response: { headers: object }) => response.headers,
      });
      makeIdempotent(async function charge(_order: Order) {}, { persistenceStore, config: named });
      void config;
    }));

  it('type responseHook and shouldStoreResult by what the function resolves to', () =>
    typesOnly(() => {
      const charge = makeIdempotent(
        async function charge(order: Order) {
          return { paid: order.amount };
        },
        {
          persistenceStore,
          config: {
            shouldStoreResult: (result) => {
              expectTypeOf(result).toEqualTypeOf<{ paid: number }>();
              return result.paid > 0;
            },
            responseHook: (response) => {
              // Undefined where no result was stored.
              expectTypeOf(response).toEqualTypeOf<{ paid: number } | undefined>();
              return response;
            },
          },
        },
      );
      expectTypeOf(charge).returns.resolves.toEqualTypeOf<{ paid: number }>();
      makeIdempotent(async function charge(_order: Order) {}, {
        persistenceStore,
        // @ts-expect-error: the function resolves to nothing
        config: { responseHook: (response: { headers: object }) => response.headers },
      });
    }));

  it('a config that knows no result leaves the result as it is', () =>
    typesOnly(() => {
      const config: IdempotencyConfigOptions<Order> = { eventKey: ({ orderId }) => orderId };
      const charge = makeIdempotent(async (order: Order) => order.amount, { persistenceStore, config });
      expectTypeOf(charge).returns.toEqualTypeOf<Promise<number>>();
    }));

  it('take a config for a function without parameters', () =>
    typesOnly(() => {
      const handler = makeIdempotent(async () => true, {
        persistenceStore,
        config: new IdempotencyConfig({ eventKeyJmesPath: 'orderId', responseHook: (response) => response }),
      });
      expectTypeOf(handler).toEqualTypeOf<() => Promise<boolean>>();
      makeIdempotent(async () => true, {
        persistenceStore,
        config: { eventKey: (event) => expectTypeOf(event).toBeUnknown() },
      });
      const registered: Handler<Order, boolean> = handler;
      void registered;
    }));

  it("call a wrapped handler without Lambda's callback", () =>
    typesOnly(() => {
      const typed: APIGatewayProxyHandlerV2 = async () => ({ statusCode: 200 });
      const handler = makeIdempotent(typed, { persistenceStore });
      const event = {} as APIGatewayProxyEventV2;
      void handler(event, {} as Context);
      void handler(event, {} as Context, () => {});
      // @ts-expect-error: the context is needed
      void handler(event);
      const again: APIGatewayProxyHandlerV2 = handler;
      void again;
    }));

  it('refuse wrong options', () =>
    typesOnly(() => {
      async function charge(_order: Order): Promise<void> {}
      // @ts-expect-error: a store is needed
      makeIdempotent(charge, {});
      // @ts-expect-error: options are needed
      makeIdempotent(charge);
      // @ts-expect-error: not a store
      makeIdempotent(charge, { persistenceStore: {} });
      // @ts-expect-error: no such option
      makeIdempotent(charge, { persistenceStore, prefix: 'orders' });
      // @ts-expect-error: a number
      makeIdempotent(charge, { persistenceStore, dataIndexArgument: '1' });
      // @ts-expect-error: no such option of a config
      makeIdempotent(charge, { persistenceStore, config: { eventKeyJmespath: 'orderId' } });
      // @ts-expect-error: a number of seconds
      makeIdempotent(charge, { persistenceStore, config: { expiresAfterSeconds: '1h' } });
      // @ts-expect-error: 'throw' or { waitMs }
      makeIdempotent(charge, { persistenceStore, config: { inProgress: 'wait' } });
      // @ts-expect-error: 'throw' or 'run'
      makeIdempotent(charge, { persistenceStore, config: { whenStoreFails: 'open' } });
      // @ts-expect-error: no such option
      new IdempotencyConfig({ expiresAfter: 1 });
      // @ts-expect-error: not a function
      makeIdempotent('charge', { persistenceStore });
    }));
});
