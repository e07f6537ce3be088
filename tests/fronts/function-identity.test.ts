import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { makeHandlerIdempotent } from '../../src/fronts/middy.js';
import { IdempotencyConfig, IdempotencyConfigError, identify, makeIdempotent } from '../../src/index.js';
import { DynamoDBPersistenceLayer } from '../../src/stores/dynamodb/sdk-layer.js';
import { createIdempotency, ManualClock } from '../../src/testing/index.js';
import { lambdaContext } from '../support/contexts.js';
import type { LocalDatabase } from '../support/dynalite.js';
import { makeGate, rejectionOf } from '../support/gates.js';
import { clientFor, createTable, scan, testEndpoint } from '../support/tables.js';
import { middyVersions } from './fronts.js';

interface Order {
  orderId: number;
}

const ORDER: Order = { orderId: 1 };
/** SHA-256 of `{"orderId":1}`, base64url. */
const HASH = 'WTR6hJuLOEacvxX9SVoRIZDbV9SAYI4YzX5mJqw7uy4';

describe('the scope of keys', () => {
  let database: LocalDatabase;
  let client: DynamoDBClient;
  let tableName: string;
  let store: DynamoDBPersistenceLayer;
  beforeAll(async () => {
    database = await testEndpoint();
    client = clientFor(database.endpoint);
  });
  afterAll(async () => {
    client.destroy();
    await database.close();
  });
  beforeEach(async () => {
    process.env['AWS_LAMBDA_FUNCTION_NAME'] = 'bakery-prod';
    tableName = await createTable(client);
    store = new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: client });
  });
  afterEach(() => {
    delete process.env['AWS_LAMBDA_FUNCTION_NAME'];
  });

  /** The ids in the table, sorted. */
  const ids = async (): Promise<(string | undefined)[]> =>
    (await scan(client, tableName)).map((item) => item['id']?.S).sort();

  describe('by default (P11)', () => {
    it("of a handler: the Lambda's name", async () => {
      const handler = makeIdempotent(async (_event: Order, _context: object) => 'baked', {
        persistenceStore: store,
      });
      await handler(ORDER, lambdaContext());
      expect(await ids()).toEqual([`bakery-prod#${HASH}`]);
    });

    it("of a handler with a name: the Lambda's name all the same", async () => {
      const handler = makeIdempotent(async function bake(_event: Order, _context: object) {}, {
        persistenceStore: store,
      });
      await handler(ORDER, lambdaContext());
      expect(await ids()).toEqual([`bakery-prod#${HASH}`]);
    });

    it.each(middyVersions)("of a handler in %s: the Lambda's name", async (_name, middy) => {
      const chain = middy(async () => 'baked').use(makeHandlerIdempotent({ persistenceStore: store }));
      await chain(ORDER, lambdaContext());
      expect(await ids()).toEqual([`bakery-prod#${HASH}`]);
    });

    it("of an inner function: the Lambda's name and the function's", async () => {
      const charge = makeIdempotent(async function charge(_order: Order) {}, { persistenceStore: store });
      await charge(ORDER);
      expect(await ids()).toEqual([`bakery-prod.charge#${HASH}`]);
    });

    it('of a bound function: without what bind puts before its name', async () => {
      const till = {
        async charge(_order: Order): Promise<void> {},
      };
      const charge = makeIdempotent(till.charge.bind(till), { persistenceStore: store });
      await charge(ORDER);
      expect(await ids()).toEqual([`bakery-prod.charge#${HASH}`]);
    });

    it("outside of Lambda: the context's function name, or local", async () => {
      delete process.env['AWS_LAMBDA_FUNCTION_NAME'];
      const handler = makeIdempotent(async function bake(_event: Order, _context?: object) {}, {
        persistenceStore: store,
      });
      await handler(ORDER, lambdaContext());
      await handler(ORDER);
      expect(await ids()).toEqual([`local.bake#${HASH}`, `orders#${HASH}`]);
    });

    it('keyPrefix stands for all of it', async () => {
      const options = { persistenceStore: store, keyPrefix: 'charge' };
      await makeIdempotent(async (_event: Order, _context: object) => {}, options)(ORDER, lambdaContext());
      expect(await ids()).toEqual([`charge#${HASH}`]);
    });
  });

  describe('of several functions on one store', () => {
    it('equal payloads of two functions keep apart', async () => {
      const options = { persistenceStore: store };
      const charge = makeIdempotent(async function charge(_order: Order) {
        return 'charged';
      }, options);
      const email = makeIdempotent(async function email(_order: Order) {
        return 'sent';
      }, options);
      for (let round = 0; round < 2; round++) {
        expect(await charge(ORDER)).toBe('charged');
        expect(await email(ORDER)).toBe('sent');
      }
      expect(await ids()).toEqual([`bakery-prod.charge#${HASH}`, `bakery-prod.email#${HASH}`]);
    });

    it('two functions under one keyPrefix are refused, and told of it', async () => {
      const options = { persistenceStore: store, keyPrefix: 'payment' };
      let refunds = 0;
      const charge = makeIdempotent(async function charge(_order: Order) {
        return 'charged';
      }, options);
      const refund = makeIdempotent(async function refund(_order: Order) {
        refunds++;
      }, options);
      expect(await charge(ORDER)).toBe('charged');
      const refusal = await rejectionOf(refund(ORDER));
      expect(refusal).toBeInstanceOf(IdempotencyConfigError);
      expect(refusal).toMatchObject({ message: expect.stringContaining('keyPrefix') });
      expect(refunds).toBe(0);
      expect(await charge(ORDER)).toBe('charged');
    });

    it('two functions of one name are refused, and told of it', async () => {
      const options = { persistenceStore: store };
      const [charge, refund] = [
        makeIdempotent(async function pay(_order: Order) {
          return 'charged';
        }, options),
        makeIdempotent(async function pay(_order: Order) {
          return 'refunded';
        }, options),
      ];
      expect(await charge?.(ORDER)).toBe('charged');
      expect(await rejectionOf(Promise.resolve(refund?.(ORDER)))).toMatchObject({
        name: 'IdempotencyConfigError',
        message: expect.stringContaining('keyPrefix'),
      });
    });

    it('two bound functions of one name do not answer for each other', async () => {
      class Charge {
        async run(_order: Order): Promise<string> {
          return 'charged';
        }
      }
      class Refund {
        async run(_order: Order): Promise<string> {
          return 'refunded';
        }
      }
      const [one, other] = [new Charge(), new Refund()];
      const charge = makeIdempotent(one.run.bind(one), { persistenceStore: store });
      const refund = makeIdempotent(other.run.bind(other), { persistenceStore: store });
      expect(await charge(ORDER)).toBe('charged');
      const answer = await refund(ORDER).catch((error: unknown) => error);
      if (answer !== 'refunded') expect(answer).toBeInstanceOf(IdempotencyConfigError);
    });

    it('two functions made by one helper do not answer for each other', async () => {
      const traced = (fn: (order: Order) => Promise<string>) =>
        async function traced(order: Order): Promise<string> {
          return fn(order);
        };
      const options = { persistenceStore: store };
      const charge = makeIdempotent(
        traced(async () => 'charged'),
        options,
      );
      const refund = makeIdempotent(
        traced(async () => 'refunded'),
        options,
      );
      expect(await charge(ORDER)).toBe('charged');
      const answer = await refund(ORDER).catch((error: unknown) => error);
      if (answer !== 'refunded') expect(answer).toBeInstanceOf(IdempotencyConfigError);
    });

    it('a closure that is wrapped anew in every invocation is one function', async () => {
      let runs = 0;
      const handler = async (event: Order): Promise<string> => {
        const tenant = `tenant of invocation ${runs}`;
        const charge = makeIdempotent(
          async function charge(_order: Order) {
            runs++;
            return tenant;
          },
          { persistenceStore: store },
        );
        return charge(event);
      };
      expect(await handler(ORDER)).toBe('tenant of invocation 0');
      expect(await handler(ORDER)).toBe('tenant of invocation 0');
      expect(runs).toBe(1);
    });

    it('each has its own config', async () => {
      const byUser = makeIdempotent(
        async function byUser(event: { userId: number; orderId: number }) {
          return `user ${event.userId}`;
        },
        { persistenceStore: store, config: { eventKeyJmesPath: 'userId' } },
      );
      const byOrder = makeIdempotent(
        async function byOrder(event: { userId?: number; orderId: number }) {
          return `order ${event.orderId}`;
        },
        { persistenceStore: store, config: new IdempotencyConfig({ eventKeyJmesPath: 'orderId' }) },
      );
      expect(await byUser({ userId: 1, orderId: 1 })).toBe('user 1');
      expect(await byUser({ userId: 1, orderId: 2 })).toBe('user 1');
      expect(await byOrder({ orderId: 1 })).toBe('order 1');
      expect(await byOrder({ orderId: 2 })).toBe('order 2');
      expect(await byOrder({ userId: 7, orderId: 1 })).toBe('order 1');
    });

    it('P12: a config that is changed after wrapping changes nothing', async () => {
      let runs = 0;
      const config = { eventKeyJmesPath: 'orderId' };
      const charge = makeIdempotent(
        async function charge(_order: { orderId: number; note?: string }) {
          return ++runs;
        },
        { persistenceStore: store, config },
      );
      await charge({ orderId: 1 });
      config.eventKeyJmesPath = 'note';
      expect(await charge({ orderId: 1, note: 'other' })).toBe(1);
    });

    it('Promise.all over two prefixes leaves each its own record', async () => {
      const finish = makeGate();
      const make = (keyPrefix: string) =>
        makeIdempotent(
          async function work(_order: Order) {
            await finish.promise;
            return keyPrefix;
          },
          { persistenceStore: store, keyPrefix },
        );
      const [a, b] = [make('a'), make('b')];
      const plain = makeIdempotent(
        async function plain(_order: Order) {
          return 'no prefix';
        },
        { persistenceStore: store },
      );
      const both = Promise.all([a(ORDER), b(ORDER), plain(ORDER)]);
      finish.open();
      expect(await both).toEqual(['a', 'b', 'no prefix']);
      expect(await Promise.all([b(ORDER), plain(ORDER), a(ORDER)])).toEqual(['b', 'no prefix', 'a']);
      expect(await ids()).toEqual([`a#${HASH}`, `b#${HASH}`, `bakery-prod.plain#${HASH}`]);
    });
  });

  describe('of a function without a name', () => {
    it("is the Lambda's name, as a handler's", async () => {
      const charge = makeIdempotent(async (_order: Order) => 'charged', { persistenceStore: store });
      const handler = async (event: Order, _context: object): Promise<string> => charge(event);
      expect(await handler(ORDER, lambdaContext())).toBe('charged');
      expect(await handler(ORDER, lambdaContext())).toBe('charged');
      expect(await ids()).toEqual([`bakery-prod#${HASH}`]);
    });

    it('inside a wrapped handler with a keyPrefix is that too', async () => {
      const options = { persistenceStore: store };
      const nameless = makeIdempotent(async (_order: Order, _more: object) => 'nameless', options);
      const handler = makeIdempotent(async (event: Order, context: object) => nameless(event, context), {
        ...options,
        keyPrefix: 'outer',
      });
      expect(await handler(ORDER, lambdaContext())).toBe('nameless');
      expect(await ids()).toEqual([`bakery-prod#${HASH}`, `outer#${HASH}`]);
    });

    it.each([
      ['another one', async () => {}],
      ['a handler', async (_event: Order, _context: object) => {}],
    ])('%s on the same store is refused at its call, and told both ways out', async (_, other) => {
      let runs = 0;
      const options = { persistenceStore: store };
      const charge = makeIdempotent(async (_order: Order) => 'charged', options);
      const second = makeIdempotent(
        Object.defineProperty(
          async (...args: never[]) => {
            runs++;
            return (other as (...all: never[]) => unknown)(...args);
          },
          'name',
          { value: '' },
        ) as (event: Order, context: object) => Promise<unknown>,
        options,
      );
      expect(await charge(ORDER)).toBe('charged');
      expect(await rejectionOf(second({ orderId: 2 }, lambdaContext()))).toMatchObject({
        name: 'IdempotencyConfigError',
        message: expect.stringMatching(/a name of its own, or its own `keyPrefix`/),
      });
      expect(runs).toBe(0);
      expect(await charge(ORDER)).toBe('charged');
      const apart = new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: client });
      const prefixed = makeIdempotent(async (_order: Order) => 'prefixed', { ...options, keyPrefix: 'p' });
      const elsewhere = makeIdempotent(async (_order: Order) => 'elsewhere', { persistenceStore: apart });
      expect(await prefixed(ORDER)).toBe('prefixed');
      expect(await elsewhere({ orderId: 3 })).toBe('elsewhere');
    });
  });

  describe('a blank keyPrefix', () => {
    it.each(['', ' ', '\t\n'])('%j is none, as in Powertools', async (keyPrefix) => {
      const charge = makeIdempotent(async function charge(_order: Order) {}, {
        persistenceStore: store,
        keyPrefix,
      });
      await charge(ORDER);
      expect(await ids()).toEqual([`bakery-prod.charge#${HASH}`]);
      expect((await identify(ORDER, { keyPrefix })).key).toBe(`bakery-prod#${HASH}`);
    });

    it('space around a prefix is no part of it', async () => {
      const keyPrefix = ' orders\n';
      await makeIdempotent(async (_order: Order) => {}, { persistenceStore: store, keyPrefix })(ORDER);
      expect(await ids()).toEqual([`orders#${HASH}`]);
      expect((await identify(ORDER, { keyPrefix })).key).toBe(`orders#${HASH}`);
    });
  });

  describe('where a program has its own stack traces, or none', () => {
    const { prepareStackTrace, stackTraceLimit } = Error;
    afterEach(() => {
      Error.prepareStackTrace = prepareStackTrace;
      Error.stackTraceLimit = stackTraceLimit;
    });
    const settings: [string, () => void][] = [
      [
        'stackTraceLimit = 0',
        () => {
          Error.stackTraceLimit = 0;
        },
      ],
      [
        'a stackTraceLimit that is no number',
        () => {
          Error.stackTraceLimit = undefined as never;
        },
      ],
      [
        'prepareStackTrace that returns call sites',
        () => {
          Error.prepareStackTrace = (_error, sites) => sites;
        },
      ],
      [
        'prepareStackTrace that returns one line',
        () => {
          Error.prepareStackTrace = (error) => String(error);
        },
      ],
      [
        'prepareStackTrace that throws',
        () => {
          Error.prepareStackTrace = () => {
            throw new Error('not prepared');
          };
        },
      ],
    ];

    it.each(settings)('%s: functions keep apart, and one that is wrapped anew is one', async (_, set) => {
      class Charge {
        async run(_order: Order): Promise<string> {
          return 'charged';
        }
      }
      class Refund {
        async run(_order: Order): Promise<string> {
          return 'refunded';
        }
      }
      const options = { persistenceStore: store };
      set();
      const [one, other] = [new Charge(), new Refund()];
      const charge = makeIdempotent(one.run.bind(one), options);
      const refund = makeIdempotent(other.run.bind(other), options);
      let runs = 0;
      const anew = () =>
        makeIdempotent(async function anew(_order: Order) {
          return ++runs;
        }, options);
      expect(await charge(ORDER)).toBe('charged');
      expect(await rejectionOf(refund(ORDER))).toBeInstanceOf(IdempotencyConfigError);
      for (let invocation = 0; invocation < 2; invocation++) expect(await anew()(ORDER)).toBe(1);
    });

    it.each(settings)('%s stays as it was', (_, set) => {
      set();
      const before = [Error.prepareStackTrace, Error.stackTraceLimit];
      makeIdempotent(async function charge(_order: Order) {}, { persistenceStore: store });
      expect([Error.prepareStackTrace, Error.stackTraceLimit]).toEqual(before);
    });
  });

  describe('of a function inside a wrapped handler', () => {
    const START = 1_700_000_000_000;

    it("takes its lease from the handler's context, without registration", async () => {
      const idempotency = createIdempotency({ clock: new ManualClock(START) });
      const leases: Record<string, string | undefined> = {};
      const charge = idempotency.makeIdempotent(
        async function charge(_order: Order) {
          for (const item of await scan(client, tableName)) {
            leases[item['id']?.S ?? ''] = item['in_progress_expiration']?.N;
          }
        },
        { persistenceStore: store },
      );
      const handler = idempotency.makeIdempotent(
        async (event: Order, _context: object) => {
          await charge(event);
        },
        { persistenceStore: store },
      );
      await handler(ORDER, lambdaContext(12_000));
      expect(leases).toEqual({
        [`bakery-prod#${HASH}`]: '1700000012000',
        [`bakery-prod.charge#${HASH}`]: '1700000012000',
      });
    });

    it("takes its lease from the handler's context also when that runs unprotected", async () => {
      const idempotency = createIdempotency({ clock: new ManualClock(START) });
      let lease: string | undefined;
      const charge = idempotency.makeIdempotent(
        async function charge(_order: Order) {
          const [item] = await scan(client, tableName);
          lease = item?.['in_progress_expiration']?.N;
        },
        { persistenceStore: store },
      );
      const handler = idempotency.makeIdempotent(
        async (_event: { requestId?: string }, _context: object) => {
          await charge(ORDER);
        },
        { persistenceStore: store, config: { eventKeyJmesPath: 'requestId' } },
      );
      await handler({}, lambdaContext(12_000));
      expect(lease).toBe('1700000012000');
    });

    it('is keyed the same, whether the handler has a key or runs unprotected', async () => {
      const charge = makeIdempotent(async function charge(_order: Order, _context: object) {}, {
        persistenceStore: store,
      });
      const handler = makeIdempotent(
        async (_event: { requestId?: string }, context: object) => {
          await charge(ORDER, context);
        },
        { persistenceStore: store, keyPrefix: 'outer', config: { eventKeyJmesPath: 'requestId' } },
      );
      await handler({ requestId: 'r' }, lambdaContext());
      expect(await ids()).toContain(`bakery-prod.charge#${HASH}`);
      await handler({}, lambdaContext());
      expect(await ids()).not.toContain(`bakery-prod#${HASH}`);
    });

    it('without any context its lease is the longest run of a Lambda', async () => {
      const idempotency = createIdempotency({ clock: new ManualClock(START) });
      let lease: string | undefined;
      const charge = idempotency.makeIdempotent(
        async function charge(_order: Order) {
          const [item] = await scan(client, tableName);
          lease = item?.['in_progress_expiration']?.N;
        },
        { persistenceStore: store },
      );
      await charge(ORDER);
      expect(lease).toBe('1700000900000');
    });

    it('concurrent handlers do not share their contexts', async () => {
      const idempotency = createIdempotency({ clock: new ManualClock(START) });
      const [claimed, finish] = [makeGate(), makeGate()];
      let running = 0;
      const charge = idempotency.makeIdempotent(
        async function charge(_order: Order) {
          if (++running === 2) claimed.open();
          await finish.promise;
        },
        { persistenceStore: store },
      );
      const handler = idempotency.makeIdempotent(
        async (event: Order, _context: object) => {
          await charge(event);
        },
        { persistenceStore: store, keyPrefix: 'outer' },
      );
      const both = Promise.all([
        handler({ orderId: 1 }, lambdaContext(5_000)),
        handler({ orderId: 2 }, lambdaContext(9_000)),
      ]);
      await claimed.promise;
      const inner = (await scan(client, tableName)).filter((item) => item['id']?.S?.includes('.charge#'));
      expect(inner.map((item) => item['in_progress_expiration']?.N).sort()).toEqual([
        '1700000005000',
        '1700000009000',
      ]);
      finish.open();
      await both;
    });
  });

  it('a second argument with a member `step` is an argument like any other', async () => {
    let runs = 0;
    const first = makeIdempotent(
      async function first(_order: Order, options: { step: string }) {
        return `${options.step} ${++runs}`;
      },
      { persistenceStore: store },
    );
    expect(await first(ORDER, { step: 'bake' })).toBe('bake 1');
    expect(await first(ORDER, { step: 'sell' })).toBe('bake 1');
    const second = makeIdempotent(
      async function second(_id: string, options: { step: string }) {
        return `${options.step} ${++runs}`;
      },
      { persistenceStore: store, dataIndexArgument: 1 },
    );
    expect(await second('a', { step: 'bake' })).toBe('bake 2');
    expect(await second('b', { step: 'bake' })).toBe('bake 2');
    expect(await second('b', { step: 'sell' })).toBe('sell 3');
  });
});
