import { describe, it } from '@jest/globals';
import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { expectTypeOf } from 'expect-type';
import middy7 from 'middy-7';
import { makeHandlerIdempotent } from '../../src/fronts/middy.js';
import {
  IdempotencyAlreadyInProgressError,
  IdempotencyError,
  type IdempotencyErrorCode,
  IdempotencyValidationError,
  idempotent,
  type PersistenceStore,
} from '../../src/index.js';
import { IdempotencyRecord } from '../../src/persistence.js';
import { DynamoDBPersistenceLayer } from '../../src/stores/dynamodb/sdk-layer.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';

const persistenceStore = new MemoryPersistenceLayer();

interface Order {
  orderId: string;
}

/** Compiled, not called: `npm run check:types` is what tests here. */
const typesOnly = (_check: () => void): void => {};

describe('the types of @idempotent', () => {
  it('keep the method, also one that is not async, as in Powertools', () =>
    typesOnly(() => {
      class Till {
        @idempotent({ persistenceStore })
        async charge(order: Order, _context?: Context): Promise<string> {
          return order.orderId;
        }
        @idempotent({ persistenceStore })
        total(): number {
          return 1;
        }
        // @ts-expect-error: not a method
        @idempotent({ persistenceStore })
        drawer = 1;
      }
      expectTypeOf<Till['charge']>().toEqualTypeOf<(order: Order, _context?: Context) => Promise<string>>();
    }));

  it('goes on no class', () =>
    typesOnly(() => {
      // @ts-expect-error: not a method
      @idempotent({ persistenceStore })
      class Till {}
      void Till;
    }));

  it('type eventKey by the payload that is named', () =>
    typesOnly(() => {
      class Till {
        @idempotent<Order>({
          persistenceStore,
          config: {
            eventKey: (order) => {
              expectTypeOf(order).toEqualTypeOf<Order>();
              return order.orderId;
            },
          },
        })
        async charge(_order: Order): Promise<void> {}
      }
      void Till;
      // @ts-expect-error: no such option
      idempotent({ persistenceStore, prefix: 'orders' });
      // @ts-expect-error: a store is needed
      idempotent({ keyPrefix: 'orders' });
    }));
});

describe('the types of makeHandlerIdempotent', () => {
  it("keep Middy 6's handler", () =>
    typesOnly(() => {
      const handler = middy(
        async (event: APIGatewayProxyEvent, _context: Context): Promise<APIGatewayProxyResult> => ({
          statusCode: 200,
          body: event.path,
        }),
      ).use(makeHandlerIdempotent({ persistenceStore }));
      expectTypeOf(
        handler({} as APIGatewayProxyEvent, {} as Context),
      ).resolves.toEqualTypeOf<APIGatewayProxyResult>();
      // @ts-expect-error: not an event of API Gateway
      void handler({ orderId: 1 }, {} as Context);
    }));

  it("keep Middy 7's handler", () =>
    typesOnly(() => {
      const handler = middy7(
        async (event: APIGatewayProxyEvent, _context: Context): Promise<APIGatewayProxyResult> => ({
          statusCode: 200,
          body: event.path,
        }),
      ).use(makeHandlerIdempotent({ persistenceStore }));
      expectTypeOf(
        handler({} as APIGatewayProxyEvent, {} as Context),
      ).resolves.toEqualTypeOf<APIGatewayProxyResult>();
    }));

  it('leave an event that is not named unknown, and the chain its own', () =>
    typesOnly(() => {
      makeHandlerIdempotent({
        persistenceStore,
        config: {
          eventKey: (event) => {
            expectTypeOf(event).toBeUnknown();
            return event;
          },
        },
      });
      const named = makeHandlerIdempotent({
        persistenceStore,
        config: { eventKey: (order: Order) => order.orderId },
      });
      const handler = middy(async () => 1).use(named);
      void handler({ orderId: 'o' }, {} as Context);
      // @ts-expect-error: the middleware reads orders
      void handler({ orderId: 1 }, {} as Context);
    }));

  it('type a hook by the response that is named', () =>
    typesOnly(() => {
      makeHandlerIdempotent<APIGatewayProxyEvent, APIGatewayProxyResult>({
        persistenceStore,
        config: {
          shouldStoreResult: ({ statusCode }) => statusCode < 500,
          responseHook: (response) => {
            expectTypeOf(response).toEqualTypeOf<APIGatewayProxyResult | undefined>();
            return response;
          },
        },
      });
    }));

  it('type eventKey by the payload that is named, and refuse wrong options', () =>
    typesOnly(() => {
      makeHandlerIdempotent<Order>({
        persistenceStore,
        config: {
          eventKey: (order) => {
            expectTypeOf(order).toEqualTypeOf<Order>();
            return order.orderId;
          },
        },
      });
      // @ts-expect-error: the event of a Middy handler is its only payload
      makeHandlerIdempotent({ persistenceStore, dataIndexArgument: 1 });
      // @ts-expect-error: a store is needed
      makeHandlerIdempotent({});
    }));
});

describe('the types of stores and errors', () => {
  it('a layer is a store, and takes known options', () =>
    typesOnly(() => {
      expectTypeOf<DynamoDBPersistenceLayer>().toExtend<PersistenceStore>();
      expectTypeOf<MemoryPersistenceLayer>().toExtend<PersistenceStore>();
      // @ts-expect-error: a table is needed
      new DynamoDBPersistenceLayer({});
      // @ts-expect-error: no such option
      new DynamoDBPersistenceLayer({ tableName: 'orders', ttlAttr: 'ttl' });
      // @ts-expect-error: not a client
      new DynamoDBPersistenceLayer({ tableName: 'orders', awsSdkV3Client: {} });
    }));

  it("errors are made in users' tests, with a record or without", () =>
    typesOnly(() => {
      const record = new IdempotencyRecord({ idempotencyKey: 'orders#1', status: 'COMPLETED' });
      new IdempotencyAlreadyInProgressError('busy');
      new IdempotencyAlreadyInProgressError('busy', record);
      new IdempotencyValidationError('another payload', record, { cause: new Error('why') });
      // @ts-expect-error: no such status
      new IdempotencyRecord({ idempotencyKey: 'orders#1', status: 'FAILED' });
    }));

  it('errors have a code, and the ones that a retry helps say when', () =>
    typesOnly(() => {
      const error = {} as unknown;
      if (error instanceof IdempotencyError) expectTypeOf(error.code).toEqualTypeOf<IdempotencyErrorCode>();
      if (error instanceof IdempotencyAlreadyInProgressError) {
        expectTypeOf(error.retryAfterMs).toBeNumber();
      }
      expectTypeOf<
        IdempotencyAlreadyInProgressError['code']
      >().toEqualTypeOf<'IDEMPOTENCY_ALREADY_IN_PROGRESS'>();
    }));
});
