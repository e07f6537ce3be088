import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import middy from '@middy/core';
import type { Context, SQSRecord } from 'aws-lambda';
import {
  IdempotencyAlreadyInProgressError,
  IdempotencyConfig,
  IdempotencyKeyError,
  type IdempotencyRecord,
  IdempotencyValidationError,
  idempotent,
  makeIdempotent,
} from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { makeHandlerIdempotent } from 'lambda-idempotency/middleware';
import { lambdaContext } from '../support/contexts.js';
import type { LocalDatabase } from '../support/dynalite.js';
import { makeGate, rejectionOf } from '../support/gates.js';
import { clientFor, createTable, type RawItem, scan, testEndpoint } from '../support/tables.js';

/**
 * The usages that Powertools for AWS Lambda (TypeScript) documents, with nothing but the import path changed.
 * Where one needs more than that, a test in the last block says so.
 */

type Request = { user: string; productId: string };
type Response = { [key: string]: unknown };
type SubscriptionResult = { id: string; productId: string };

/** Powertools' types of JSON, which its users import from its `commons` package. */
type JSONPrimitive = string | number | boolean | null | undefined;
type JSONValue = JSONPrimitive | JSONObject | JSONValue[];
type JSONObject = { [key: string]: JSONValue };

const REQUEST: Request = { user: 'xyz', productId: '123456789' };

describe("Powertools' documented usages", () => {
  let database: LocalDatabase;
  let client: DynamoDBClient;
  let tableName: string;
  let payments: number;
  beforeAll(async () => {
    database = await testEndpoint();
    client = clientFor(database.endpoint);
    // The examples make no client: the SDK takes the endpoint from here.
    process.env['AWS_ENDPOINT_URL_DYNAMODB'] = database.endpoint;
  });
  afterAll(async () => {
    delete process.env['AWS_ENDPOINT_URL_DYNAMODB'];
    client.destroy();
    await database.close();
  });
  beforeEach(async () => {
    process.env['AWS_LAMBDA_FUNCTION_NAME'] = 'subscriptions';
    tableName = await createTable(client);
    payments = 0;
  });
  afterEach(() => {
    delete process.env['AWS_LAMBDA_FUNCTION_NAME'];
  });

  const items = (): Promise<RawItem[]> => scan(client, tableName);
  const pay = async (event: Request): Promise<SubscriptionResult> => {
    payments++;
    return { id: randomUUID(), productId: event.productId };
  };
  const success = (payment: SubscriptionResult): Response => ({
    paymentId: payment.id,
    message: 'success',
    statusCode: 200,
  });

  describe('makeIdempotent', () => {
    it('base: a handler', async () => {
      const persistenceStore = new DynamoDBPersistenceLayer({ tableName });
      const handler = makeIdempotent(
        async (event: Request, _context: Context): Promise<Response> => success(await pay(event)),
        { persistenceStore },
      );
      const first = await handler(REQUEST, lambdaContext());
      expect(first).toEqual({ paymentId: expect.any(String), message: 'success', statusCode: 200 });
      expect(await handler(REQUEST, lambdaContext())).toEqual(first);
      expect(payments).toBe(1);
      const [item] = await items();
      expect(item).toMatchObject({
        id: { S: expect.stringMatching(/^subscriptions#/) },
        status: { S: 'COMPLETED' },
        expiration: { N: expect.stringMatching(/^\d{10}$/) },
        in_progress_expiration: { N: expect.stringMatching(/^\d{13}$/) },
      });
    });

    it('any function: a nameless arrow with two parameters, dataIndexArgument and a registered context', async () => {
      const persistenceStore = new DynamoDBPersistenceLayer({ tableName });
      const config = new IdempotencyConfig({});
      let lease = 0;
      const createSubscriptionPayment = makeIdempotent(
        async (transactionId: string, event: Request): Promise<SubscriptionResult> => {
          payments++;
          const [item] = await items();
          lease = Number(item?.['in_progress_expiration']?.N);
          return { id: transactionId, productId: event.productId };
        },
        { persistenceStore, dataIndexArgument: 1, config },
      );
      const handler = async (event: Request, context: Context): Promise<Response> => {
        config.registerLambdaContext(context);
        const transactionId = randomUUID();
        return success(await createSubscriptionPayment(transactionId, event));
      };
      const before = Date.now();
      const first = await handler(REQUEST, lambdaContext(45_000));
      const after = Date.now();
      expect(await handler(REQUEST, lambdaContext())).toEqual(first);
      expect(payments).toBe(1);
      expect(lease).toBeGreaterThanOrEqual(before + 45_000);
      expect(lease).toBeLessThanOrEqual(after + 45_000);
    });

    it('a config of its own for the table', async () => {
      const persistenceStore = new DynamoDBPersistenceLayer({
        tableName,
        clientConfig: { region: 'us-east-1' },
      });
      const handler = makeIdempotent(
        async (event: Request, _context: Context): Promise<Response> => success(await pay(event)),
        { persistenceStore },
      );
      expect(await handler(REQUEST, lambdaContext())).toEqual(await handler(REQUEST, lambdaContext()));
      expect(payments).toBe(1);
    });

    it('a client of its own', async () => {
      const customDynamoDBClient = new DynamoDBClient({ endpoint: database.endpoint });
      const persistenceStore = new DynamoDBPersistenceLayer({
        tableName,
        awsSdkV3Client: customDynamoDBClient,
      });
      const handler = makeIdempotent(
        async (event: Request, _context: Context): Promise<Response> => success(await pay(event)),
        { persistenceStore },
      );
      expect(await handler(REQUEST, lambdaContext())).toEqual(await handler(REQUEST, lambdaContext()));
      expect(payments).toBe(1);
    });

    it('exceptions: one inside deletes the record, one outside does not touch it', async () => {
      const persistenceStore = new DynamoDBPersistenceLayer({ tableName });
      const config = new IdempotencyConfig({});
      let declines = true;
      const createSubscriptionPayment = makeIdempotent(
        async (transactionId: string, event: Request): Promise<SubscriptionResult> => {
          payments++;
          if (declines) throw new Error('declined');
          return { id: transactionId, productId: event.productId };
        },
        { persistenceStore, dataIndexArgument: 1, config },
      );
      const handler = async (event: Request, context: Context): Promise<Response> => {
        config.registerLambdaContext(context);
        await createSubscriptionPayment(randomUUID(), event);
        throw new Error('after the payment');
      };
      expect(await rejectionOf(handler(REQUEST, lambdaContext()))).toMatchObject({ message: 'declined' });
      expect(await items()).toEqual([]);
      declines = false;
      for (let attempt = 0; attempt < 2; attempt++) {
        expect(await rejectionOf(handler(REQUEST, lambdaContext()))).toMatchObject({
          message: 'after the payment',
        });
        expect((await items()).map((item) => item['status']?.S)).toEqual(['COMPLETED']);
      }
      expect(payments).toBe(2);
    });

    it('a duplicate in the meantime is an IdempotencyAlreadyInProgressError', async () => {
      const finish = makeGate();
      const handler = makeIdempotent(
        async (event: Request, _context: Context): Promise<Response> => {
          await finish.promise;
          return success(await pay(event));
        },
        { persistenceStore: new DynamoDBPersistenceLayer({ tableName }) },
      );
      const first = handler(REQUEST, lambdaContext());
      while ((await items()).length === 0) await nextTurn();
      expect(await rejectionOf(handler(REQUEST, lambdaContext()))).toBeInstanceOf(
        IdempotencyAlreadyInProgressError,
      );
      finish.open();
      expect(await handler(REQUEST, lambdaContext()).catch(() => first)).toEqual(await first);
      expect(payments).toBe(1);
    });
  });

  describe('the decorator', () => {
    it('base: a method that is bound and exported', async () => {
      const dynamoDBPersistenceLayer = new DynamoDBPersistenceLayer({ tableName });
      const config = new IdempotencyConfig({});
      interface LambdaInterface {
        handler(event: unknown, context: Context): Promise<unknown>;
      }
      class MyLambda implements LambdaInterface {
        @idempotent({ persistenceStore: dynamoDBPersistenceLayer, config: config })
        public async handler(_event: Request, _context: Context): Promise<Response> {
          return success(await pay(_event));
        }
      }
      const defaultLambda = new MyLambda();
      const handler = defaultLambda.handler.bind(defaultLambda);
      expect(await handler(REQUEST, lambdaContext())).toEqual(await handler(REQUEST, lambdaContext()));
      expect(payments).toBe(1);
    });
  });

  describe('the middleware', () => {
    it('base: a handler', async () => {
      const persistenceStore = new DynamoDBPersistenceLayer({ tableName });
      const handler = middy(
        async (event: Request, _context: Context): Promise<Response> => success(await pay(event)),
      ).use(makeHandlerIdempotent({ persistenceStore }));
      const first = await handler(REQUEST, lambdaContext());
      expect(first).toEqual({ paymentId: expect.any(String), message: 'success', statusCode: 200 });
      expect(await handler(REQUEST, lambdaContext())).toEqual(first);
      expect(payments).toBe(1);
    });
  });

  describe('keyPrefix', () => {
    const startsWithPrefix = async (): Promise<void> => {
      expect(payments).toBe(1);
      expect((await items()).map((item) => item['id']?.S)).toEqual([
        expect.stringMatching(/^createSubscriptionPayment#/),
      ]);
    };

    it('of the wrapper, around a function without parameters', async () => {
      const handler = makeIdempotent(
        async () => {
          payments++;
          return { paymentId: randomUUID(), message: 'success', statusCode: 200 };
        },
        {
          persistenceStore: new DynamoDBPersistenceLayer({ tableName }),
          keyPrefix: 'createSubscriptionPayment',
        },
      ) as (event: Request, context: Context) => Promise<Response>;
      expect(await handler(REQUEST, lambdaContext())).toEqual(await handler(REQUEST, lambdaContext()));
      await startsWithPrefix();
    });

    it('of the decorator', async () => {
      class Lambda {
        @idempotent({
          persistenceStore: new DynamoDBPersistenceLayer({ tableName }),
          keyPrefix: 'createSubscriptionPayment',
        })
        async handler(_event: unknown, _context: Context) {
          payments++;
          return { paymentId: randomUUID(), message: 'success', statusCode: 200 };
        }
      }
      const lambda = new Lambda();
      const handler = lambda.handler.bind(lambda);
      expect(await handler(REQUEST, lambdaContext())).toEqual(await handler(REQUEST, lambdaContext()));
      await startsWithPrefix();
    });

    it('of the middleware, before the handler is known', async () => {
      const handler = middy()
        .use(
          makeHandlerIdempotent({
            persistenceStore: new DynamoDBPersistenceLayer({ tableName }),
            keyPrefix: 'createSubscriptionPayment',
          }),
        )
        .handler(async () => {
          payments++;
          return { paymentId: randomUUID(), message: 'success', statusCode: 200 };
        });
      expect(await handler(REQUEST, lambdaContext())).toEqual(await handler(REQUEST, lambdaContext()));
      await startsWithPrefix();
    });
  });

  describe('IdempotencyConfig', () => {
    it('eventKeyJmesPath: a part of a JSON body', async () => {
      const config = new IdempotencyConfig({
        eventKeyJmesPath: 'powertools_json(body).["user", "productId"]',
      });
      const handler = makeIdempotent(
        async (_event: { body: string; time: number }, _context: Context): Promise<Response> =>
          success(await pay(REQUEST)),
        { persistenceStore: new DynamoDBPersistenceLayer({ tableName }), config },
      );
      const body = (more: object): string => JSON.stringify({ ...REQUEST, ...more });
      const first = await handler({ body: body({}), time: 1 }, lambdaContext());
      expect(await handler({ body: body({ note: 'other' }), time: 2 }, lambdaContext())).toEqual(first);
      expect(payments).toBe(1);
      await handler({ body: body({ user: 'abc' }), time: 1 }, lambdaContext());
      expect(payments).toBe(2);
    });

    it('payloadValidationJmesPath: another amount under the same key', async () => {
      const config = new IdempotencyConfig({
        eventKeyJmesPath: '["userId", "productId"]',
        payloadValidationJmesPath: 'amount',
      });
      const handler = makeIdempotent(
        async (
          event: { userId: string; productId: string; amount: number },
          _context: Context,
        ): Promise<Response> => success(await pay({ user: event.userId, productId: event.productId })),
        { persistenceStore: new DynamoDBPersistenceLayer({ tableName }), config },
      );
      const event = { userId: '1', productId: '2', amount: 42 };
      const first = await handler(event, lambdaContext());
      expect(await rejectionOf(handler({ ...event, amount: 1 }, lambdaContext()))).toBeInstanceOf(
        IdempotencyValidationError,
      );
      expect(await handler(event, lambdaContext())).toEqual(first);
      expect(payments).toBe(1);
    });

    it('expiresAfterSeconds: the TTL in the table', async () => {
      const config = new IdempotencyConfig({ expiresAfterSeconds: 300 });
      const handler = makeIdempotent(
        async (event: Request, _context: Context): Promise<Response> => success(await pay(event)),
        { persistenceStore: new DynamoDBPersistenceLayer({ tableName }), config },
      );
      const before = Date.now();
      await handler(REQUEST, lambdaContext());
      const after = Date.now();
      const [item] = await items();
      const expiresAtMs = Number(item?.['expiration']?.N) * 1_000;
      expect(expiresAtMs).toBeGreaterThanOrEqual(before + 300_000);
      expect(expiresAtMs).toBeLessThan(after + 301_000);
    });

    it('useLocalCache: the replay asks no table', async () => {
      const config = new IdempotencyConfig({ useLocalCache: true, maxLocalCacheSize: 512 });
      let requests = 0;
      const counted = clientFor(database.endpoint);
      counted.middlewareStack.add((next) => (args) => {
        requests++;
        return next(args);
      });
      const handler = middy(
        async (event: Request, _context: Context): Promise<Response> => success(await pay(event)),
      ).use(
        makeHandlerIdempotent({
          persistenceStore: new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: counted }),
          config,
        }),
      );
      const first = await handler(REQUEST, lambdaContext());
      expect(await handler(REQUEST, lambdaContext())).toEqual(first);
      expect(await handler(REQUEST, lambdaContext())).toEqual(first);
      expect([payments, requests]).toEqual([1, 2]);
      counted.destroy();
    });

    it('throwOnNoIdempotencyKey: a missing part', async () => {
      const config = new IdempotencyConfig({
        throwOnNoIdempotencyKey: true,
        eventKeyJmesPath: '[user.uid, productId]',
      });
      const handler = makeIdempotent(
        async (_event: object, _context: Context): Promise<Response> => success(await pay(REQUEST)),
        { persistenceStore: new DynamoDBPersistenceLayer({ tableName }), config },
      );
      expect(await handler({ user: { uid: 'a', name: 'Foo' }, productId: 1 }, lambdaContext())).toMatchObject(
        {
          message: 'success',
        },
      );
      expect(
        await rejectionOf(handler({ user: { name: 'Foo' }, productId: 1 }, lambdaContext())),
      ).toBeInstanceOf(IdempotencyKeyError);
      expect(payments).toBe(1);
    });

    it('responseHook: a header with the key of the record', async () => {
      const responseHook = (response: JSONValue, record: IdempotencyRecord) => {
        (response as Response)['headers'] = { 'x-idempotency-key': record.idempotencyKey };
        return response as JSONValue;
      };
      const config = new IdempotencyConfig({ responseHook });
      const handler = makeIdempotent(
        async (event: Request, _context: Context): Promise<Response> => success(await pay(event)),
        { persistenceStore: new DynamoDBPersistenceLayer({ tableName }), config },
      );
      const first = await handler(REQUEST, lambdaContext());
      expect(first).not.toHaveProperty('headers');
      const [item] = await items();
      expect(await handler(REQUEST, lambdaContext())).toEqual({
        ...first,
        headers: { 'x-idempotency-key': item?.['id']?.S },
      });
      expect(payments).toBe(1);
    });

    it('jmesPathOptions: an instance of a class of functions', async () => {
      // In the shape of Powertools' `Functions`: its signature decorator makes methods take one array.
      class PowertoolsFunctions {
        methods = new Set<string>();
        introspectMethods(): Set<string> {
          for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(this))) {
            if (name.startsWith('func')) this.methods.add(name);
          }
          this.methods.add('funcLength');
          return this.methods;
        }
      }
      class MyFancyFunctions extends PowertoolsFunctions {
        public funcMyFancyFunction([value]: [string]): JSONValue {
          return JSON.parse(value);
        }
      }
      const handler = makeIdempotent(
        async (_event: { body: string }, _context: Context) => {
          payments++;
          return true;
        },
        {
          persistenceStore: new DynamoDBPersistenceLayer({ tableName }),
          config: new IdempotencyConfig({
            eventKeyJmesPath: 'my_fancy_function(body).["user", "productId"]',
            jmesPathOptions: new MyFancyFunctions(),
          }),
        },
      );
      expect(await handler({ body: '{"user":"a","productId":"b","n":1}' }, lambdaContext())).toBe(true);
      expect(await handler({ body: '{"user":"a","productId":"b","n":2}' }, lambdaContext())).toBe(true);
      expect(payments).toBe(1);
    });
  });

  describe('DynamoDBPersistenceLayer', () => {
    it('attribute names', async () => {
      tableName = await createTable(client, { keyAttr: 'idempotencyKey' });
      const persistenceStore = new DynamoDBPersistenceLayer({
        tableName,
        keyAttr: 'idempotencyKey',
        expiryAttr: 'expiresAt',
        inProgressExpiryAttr: 'inProgressExpiresAt',
        statusAttr: 'currentStatus',
        dataAttr: 'resultData',
        validationKeyAttr: 'validationKey',
      });
      const handler = middy(
        async (event: Request, _context: Context): Promise<Response> => success(await pay(event)),
      ).use(
        makeHandlerIdempotent({
          persistenceStore,
          config: new IdempotencyConfig({ payloadValidationJmesPath: 'productId' }),
        }),
      );
      const first = await handler(REQUEST, lambdaContext());
      expect(await handler(REQUEST, lambdaContext())).toEqual(first);
      const [item] = await items();
      expect(item).toMatchObject({
        idempotencyKey: { S: expect.stringMatching(/^subscriptions#/) },
        expiresAt: { N: expect.any(String) },
        inProgressExpiresAt: { N: expect.any(String) },
        currentStatus: { S: 'COMPLETED' },
        resultData: expect.anything(),
        validationKey: { S: expect.any(String) },
      });
      for (const name of ['id', 'expiration', 'in_progress_expiration', 'status', 'data', 'validation']) {
        expect(item).not.toHaveProperty(name);
      }
    });

    it('a composite key: sortKeyAttr', async () => {
      tableName = await createTable(client, { sortKeyAttr: 'sort_key' });
      const persistenceStore = new DynamoDBPersistenceLayer({ tableName, sortKeyAttr: 'sort_key' });
      const handler = middy(
        async (event: Request, _context: Context): Promise<Response> => success(await pay(event)),
      ).use(makeHandlerIdempotent({ persistenceStore }));
      expect(await handler(REQUEST, lambdaContext())).toEqual(await handler(REQUEST, lambdaContext()));
      expect(payments).toBe(1);
      const [item] = await items();
      expect(item?.['sort_key']?.S).toMatch(/^subscriptions#/);
    });

    it('a composite key with staticPkValue: the record names its own key', async () => {
      tableName = await createTable(client, { sortKeyAttr: 'sort_key' });
      const persistenceStore = new DynamoDBPersistenceLayer({
        tableName,
        sortKeyAttr: 'sort_key',
        staticPkValue: 'idempotency',
      });
      const seen: string[] = [];
      const handler = makeIdempotent(
        async (event: Request, _context: Context): Promise<Response> => success(await pay(event)),
        {
          persistenceStore,
          config: new IdempotencyConfig({
            responseHook: (response, record) => {
              seen.push(record.idempotencyKey);
              return response;
            },
          }),
        },
      );
      expect(await handler(REQUEST, lambdaContext())).toEqual(await handler(REQUEST, lambdaContext()));
      expect(payments).toBe(1);
      const [item] = await items();
      expect(item?.['id']?.S).toBe('idempotency');
      expect(seen).toEqual([item?.['sort_key']?.S]);
    });
  });

  describe('of functions without a name', () => {
    it('a function of one parameter (several operations; batch records)', async () => {
      const persistenceStore = new DynamoDBPersistenceLayer({ tableName });
      const processRecord = makeIdempotent(
        async (_record: SQSRecord) => {
          payments++;
        },
        { persistenceStore, config: new IdempotencyConfig({ eventKeyJmesPath: 'messageId' }) },
      );
      const handler = async (records: SQSRecord[], _context: Context): Promise<void> => {
        for (const record of records) await processRecord(record);
      };
      const record = { messageId: 'm-1', body: '{}' } as SQSRecord;
      await handler([record, record], lambdaContext());
      expect(payments).toBe(1);
    });

    it('a handler without parameters (custom JMESPath functions)', async () => {
      const handler = makeIdempotent(async () => ++payments, {
        persistenceStore: new DynamoDBPersistenceLayer({ tableName }),
        config: new IdempotencyConfig({ eventKeyJmesPath: 'user' }),
      });
      const asRuntime = handler as (event: Request, context: Context) => Promise<number>;
      expect(await asRuntime(REQUEST, lambdaContext())).toBe(1);
      expect(await asRuntime(REQUEST, lambdaContext())).toBe(1);
    });

    it('staticPkValue without a sort key', async () => {
      const persistenceStore = new DynamoDBPersistenceLayer({ tableName, staticPkValue: 'idempotency' });
      const handler = makeIdempotent(
        async (event: Request, _context: Context): Promise<Response> => success(await pay(event)),
        { persistenceStore },
      );
      expect(await handler(REQUEST, lambdaContext())).toEqual(await handler(REQUEST, lambdaContext()));
      expect((await items())[0]?.['id']?.S).toMatch(/^subscriptions#/);
    });
  });

  describe('that need more than another import path', () => {
    it('the required key \'["user.uid", "productId"]\' names a field called user.uid: no quotes', async () => {
      const handlerWith = (eventKeyJmesPath: string) =>
        makeIdempotent(
          async (_event: object, _context: Context): Promise<Response> => success(await pay(REQUEST)),
          {
            persistenceStore: new DynamoDBPersistenceLayer({ tableName }),
            config: new IdempotencyConfig({ throwOnNoIdempotencyKey: true, eventKeyJmesPath }),
          },
        );
      const event = { user: { uid: 'BB0D045C', name: 'Foo' }, productId: 10_000 };
      expect(
        await rejectionOf(handlerWith('["user.uid", "productId"]')(event, lambdaContext())),
      ).toBeInstanceOf(IdempotencyKeyError);
      expect(await handlerWith('[user.uid, productId]')(event, lambdaContext())).toMatchObject({
        message: 'success',
      });
    });
  });
});
