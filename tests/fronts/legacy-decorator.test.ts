/// <reference path="../support/dynalite-modules.d.ts" />

import {
  IdempotencyConfig as PowertoolsConfig,
  idempotent as powertoolsIdempotent,
} from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer as PowertoolsLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { describe, expect, it } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { IdempotencyConfigError, idempotent } from '../../src/index.js';
import { lambdaContext } from '../support/contexts.js';
import { makeGate, rejectionOf } from '../support/gates.js';
import { clientFor, createTable, testEndpoint } from '../support/tables.js';
import { type Anywhere, newOptions } from './decorators.js';
import type { Front, Order } from './fronts.js';
import { describeOverDynalite, describeOverMemory } from './scenarios.js';

const decorated: Front = {
  name: '@idempotent, experimentalDecorators',
  retryAfterMs: 30_500,
  wrap(idempotency, run, options) {
    class Bakery {
      @idempotency.idempotent(options)
      async handler(event: unknown, _context: Context): Promise<unknown> {
        return run(event as Order);
      }
    }
    const bakery = new Bakery();
    return (payload) => bakery.handler(payload, lambdaContext());
  },
};

describeOverMemory([decorated]);
describeOverDynalite([decorated]);

describe('@idempotent, experimentalDecorators', () => {
  it('runs a method once, with its this', async () => {
    class Till {
      total = 40;
      @idempotent(newOptions())
      async add(amount: number): Promise<number> {
        this.total += amount;
        return this.total;
      }
    }
    const till = new Till();
    expect(await till.add(2)).toBe(42);
    expect(await till.add(2)).toBe(42);
    expect(till.total).toBe(42);
    expect(Till.prototype.add.name).toBe('add');
    expect(Till.prototype.add).toHaveLength(1);
  });

  it('a handler may be bound to its instance', async () => {
    class Lambda {
      readonly cake = 'lemon';
      runs = 0;
      @idempotent(newOptions())
      public async handler(event: { orderId: number }, _context: Context): Promise<string> {
        this.runs++;
        return `${this.cake} ${event.orderId}`;
      }
    }
    const lambda = new Lambda();
    const handler = lambda.handler.bind(lambda);
    expect(await handler({ orderId: 1 }, lambdaContext())).toBe('lemon 1');
    expect(await handler({ orderId: 1 }, lambdaContext())).toBe('lemon 1');
    expect(lambda.runs).toBe(1);
  });

  it('goes on static methods, and takes its payload from dataIndexArgument', async () => {
    let runs = 0;
    class Till {
      readonly drawer = 1;
      @idempotent(newOptions({ dataIndexArgument: 1 }))
      static async charge(_transaction: string, _order: object): Promise<number> {
        return ++runs;
      }
    }
    expect(await Till.charge('a', { orderId: 1 })).toBe(1);
    expect(await Till.charge('b', { orderId: 1 })).toBe(1);
  });

  it('wraps once per class: instances share the local cache', async () => {
    const options = newOptions({ config: { useLocalCache: true } });
    class Till {
      @idempotent(options)
      async charge(_order: object): Promise<string> {
        return 'charged';
      }
    }
    await new Till().charge({ orderId: 1 });
    expect(await new Till().charge({ orderId: 1 })).toBe('charged');
    expect(options.persistenceStore.requests).toEqual(['claim', 'settle']);
  });

  it('methods of one name in two classes do not answer for each other', async () => {
    const options = newOptions();
    class Charge {
      @idempotent(options)
      async run(order: object): Promise<string> {
        return this.work(order);
      }
      async work(_order: object): Promise<string> {
        return 'charged';
      }
    }
    class Refund {
      @idempotent(options)
      async run(order: object): Promise<string> {
        return this.work(order);
      }
      async work(_order: object): Promise<string> {
        return 'refunded';
      }
    }
    expect(await new Charge().run({ orderId: 1 })).toBe('charged');
    const answer = await new Refund().run({ orderId: 1 }).catch((error: unknown) => error);
    if (answer !== 'refunded') expect(answer).toBeInstanceOf(IdempotencyConfigError);
  });

  it('leaves what the method throws as it is', async () => {
    const failure = { statusCode: 409 };
    class Till {
      @idempotent(newOptions())
      async charge(_order: object): Promise<string> {
        throw failure;
      }
    }
    expect(await rejectionOf(new Till().charge({ orderId: 1 }))).toBe(failure);
  });

  describe('on what is not a method, is an IdempotencyConfigError when the class is defined', () => {
    const anywhere = idempotent(newOptions()) as unknown as Anywhere;
    const message = '@idempotent decorates methods only, not a class, field or accessor.';

    it('a class', () => {
      const define = (): unknown => {
        @anywhere
        class Till {}
        return Till;
      };
      expect(define).toThrow(IdempotencyConfigError);
      expect(define).toThrow(message);
    });

    it('a field', () => {
      const define = (): unknown => {
        class Till {
          @anywhere
          charge = async (): Promise<void> => {};
        }
        return Till;
      };
      expect(define).toThrow(IdempotencyConfigError);
      expect(define).toThrow(message);
    });

    it('a getter', () => {
      const define = (): unknown => {
        class Till {
          @anywhere
          get charge(): () => Promise<void> {
            return async () => {};
          }
        }
        return Till;
      };
      expect(define).toThrow(IdempotencyConfigError);
    });

    it('a parameter', () => {
      const define = (): unknown => {
        class Till {
          async charge(@anywhere _order: object): Promise<void> {}
        }
        return Till;
      };
      expect(define).toThrow(IdempotencyConfigError);
    });
  });

  it('options that cannot work are an IdempotencyConfigError when the class is defined', () => {
    const define = (): unknown => {
      class Till {
        @idempotent(newOptions({ config: { expiresAfterSeconds: -1 } }))
        async charge(_order: object): Promise<void> {}
      }
      return Till;
    };
    expect(define).toThrow(IdempotencyConfigError);
  });
});

describe('@idempotent of this library over that of Powertools, while a deployment shifts traffic', () => {
  it('a call is one run in the old version and in the one with both, in either order', async () => {
    const database = await testEndpoint();
    const client = clientFor(database.endpoint);
    const tableName = await createTable(client);
    const oldOptions = {
      persistenceStore: new PowertoolsLayer({ tableName, awsSdkV3Client: client }),
      config: new PowertoolsConfig({ eventKeyJmesPath: 'orderId' }),
    };
    const options = newOptions({ config: { eventKeyJmesPath: 'orderId' } });
    const [started, finish] = [makeGate(), makeGate()];
    let runs = 0;
    const bake = async (order: Order): Promise<string> => {
      runs++;
      started.open();
      await finish.promise;
      return `${order['orderId']} baked`;
    };
    class Old {
      @powertoolsIdempotent(oldOptions)
      async handler(event: Order, _context: Context): Promise<string> {
        return bake(event);
      }
    }
    class Both {
      @idempotent(options)
      @powertoolsIdempotent(oldOptions)
      async handler(event: Order, _context: Context): Promise<string> {
        return bake(event);
      }
    }
    const [old, both] = [new Old(), new Both()];
    const running = old.handler({ orderId: 1 }, lambdaContext());
    await started.promise;
    expect(await rejectionOf(both.handler({ orderId: 1 }, lambdaContext()))).toMatchObject({
      name: 'IdempotencyAlreadyInProgressError',
    });
    finish.open();
    expect(await running).toBe('1 baked');
    for (const [first, second] of [
      [old, both],
      [both, old],
    ] as const) {
      const order = { orderId: first === old ? 1 : 2 };
      expect(await first.handler(order, lambdaContext())).toBe(`${order.orderId} baked`);
      expect(await second.handler(order, lambdaContext())).toBe(`${order.orderId} baked`);
    }
    expect(runs).toBe(2);
    client.destroy();
    await database.close();
  });
});
