import { describe, expect, it } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { IdempotencyConfigError, idempotent } from '../../src/index.js';
import { lambdaContext } from '../support/contexts.js';
import { rejectionOf } from '../support/gates.js';
import { type Anywhere, newOptions } from './decorators.js';

interface Order {
  orderId: number;
}

describe('@idempotent, TC39', () => {
  it('runs a method once, with its this and private members', async () => {
    const options = newOptions();
    class Till {
      #total = 40;
      runs = 0;
      @idempotent(options)
      async add(amount: number): Promise<number> {
        this.runs++;
        this.#total += amount;
        return this.#total;
      }
    }
    const till = new Till();
    expect(await till.add(2)).toBe(42);
    expect(await till.add(2)).toBe(42);
    expect(till.runs).toBe(1);
    expect(Till.prototype.add.name).toBe('add');
    expect(Till.prototype.add).toHaveLength(1);
  });

  it("P11: a project's own decorator keeps methods of one name and text apart, of two classes", async () => {
    const options = newOptions();
    const Idempotent = () => idempotent(options);
    class Email {
      transport = { deliver: async (_message: Order): Promise<string> => 'mailed' };
      @Idempotent()
      async send(message: Order): Promise<string> {
        return this.transport.deliver(message);
      }
    }
    class Text {
      transport = { deliver: async (_message: Order): Promise<string> => 'texted' };
      @Idempotent()
      async send(message: Order): Promise<string> {
        return this.transport.deliver(message);
      }
    }
    expect(await new Email().send({ orderId: 1 })).toBe('mailed');
    expect(await rejectionOf(new Text().send({ orderId: 1 }))).toBeInstanceOf(IdempotencyConfigError);
    expect(await new Email().send({ orderId: 1 })).toBe('mailed');
  });

  it('P11: a class that is defined anew at one place is one', async () => {
    const options = newOptions();
    let runs = 0;
    const define = () =>
      class Till {
        @idempotent(options)
        async count(_order: Order): Promise<number> {
          return ++runs;
        }
      };
    expect(await new (define())().count({ orderId: 1 })).toBe(1);
    expect(await new (define())().count({ orderId: 1 })).toBe(1);
  });

  it('a handler may be bound to its instance', async () => {
    class Lambda {
      readonly cake = 'lemon';
      runs = 0;
      @idempotent(newOptions())
      async handler(event: Order, _context: Context): Promise<string> {
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

  it('goes on static and on private methods', async () => {
    let runs = 0;
    class Till {
      @idempotent(newOptions())
      static async open(_order: Order): Promise<number> {
        return ++runs;
      }
      @idempotent(newOptions())
      async #count(_order: Order): Promise<number> {
        return ++runs;
      }
      count(order: Order): Promise<number> {
        return this.#count(order);
      }
    }
    expect([await Till.open({ orderId: 1 }), await Till.open({ orderId: 1 })]).toEqual([1, 1]);
    const till = new Till();
    expect([await till.count({ orderId: 1 }), await till.count({ orderId: 1 })]).toEqual([2, 2]);
  });

  it('takes its payload from the argument at dataIndexArgument', async () => {
    let runs = 0;
    class Till {
      @idempotent(newOptions({ dataIndexArgument: 1 }))
      async charge(_transaction: string, _order: Order): Promise<number> {
        return ++runs;
      }
    }
    const till = new Till();
    expect(await till.charge('a', { orderId: 1 })).toBe(1);
    expect(await till.charge('b', { orderId: 1 })).toBe(1);
    expect(await till.charge('b', { orderId: 2 })).toBe(2);
  });

  it('wraps once per class: instances share the local cache', async () => {
    const options = newOptions({ config: { useLocalCache: true } });
    class Till {
      @idempotent(options)
      async charge(_order: Order): Promise<string> {
        return 'charged';
      }
    }
    await new Till().charge({ orderId: 1 });
    expect(await new Till().charge({ orderId: 1 })).toBe('charged');
    expect(options.persistenceStore.requests).toEqual(['claim', 'settle']);
  });

  it('is kept by a subclass, and lets it call super', async () => {
    let runs = 0;
    class Till {
      @idempotent(newOptions())
      async charge(_order: Order): Promise<number> {
        return ++runs;
      }
    }
    class Kiosk extends Till {
      override async charge(order: Order): Promise<number> {
        return 10 * (await super.charge(order));
      }
    }
    const kiosk = new Kiosk();
    expect([await kiosk.charge({ orderId: 1 }), await kiosk.charge({ orderId: 1 })]).toEqual([10, 10]);
  });

  it('leaves what the method throws as it is, and lets the retry run', async () => {
    const failure = { statusCode: 409 };
    let runs = 0;
    class Till {
      @idempotent(newOptions())
      async charge(_order: Order): Promise<string> {
        if (++runs === 1) throw failure;
        return 'charged';
      }
    }
    const till = new Till();
    expect(await rejectionOf(till.charge({ orderId: 1 }))).toBe(failure);
    expect(await till.charge({ orderId: 1 })).toBe('charged');
  });

  it('methods of one name in two classes do not answer for each other', async () => {
    const options = newOptions();
    class Charge {
      @idempotent(options)
      async run(order: Order): Promise<string> {
        return this.work(order);
      }
      async work(_order: Order): Promise<string> {
        return 'charged';
      }
    }
    class Refund {
      @idempotent(options)
      async run(order: Order): Promise<string> {
        return this.work(order);
      }
      async work(_order: Order): Promise<string> {
        return 'refunded';
      }
    }
    expect(await new Charge().run({ orderId: 1 })).toBe('charged');
    const answer = await new Refund().run({ orderId: 1 }).catch((error: unknown) => error);
    if (answer !== 'refunded') expect(answer).toBeInstanceOf(IdempotencyConfigError);
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

    it('a field, also one that holds a function', () => {
      const define = (): unknown =>
        class {
          @anywhere
          charge = async (): Promise<void> => {};
        };
      expect(define).toThrow(IdempotencyConfigError);
      expect(define).toThrow(message);
    });

    it('a getter', () => {
      const define = (): unknown =>
        class {
          @anywhere
          get charge(): () => Promise<void> {
            return async () => {};
          }
        };
      expect(define).toThrow(IdempotencyConfigError);
    });

    it('an accessor', () => {
      const define = (): unknown =>
        class {
          @anywhere
          accessor charge = 1;
        };
      expect(define).toThrow(IdempotencyConfigError);
    });
  });

  it('options that cannot work are an IdempotencyConfigError when the class is defined', () => {
    const define = (): unknown =>
      class {
        @idempotent(newOptions({ config: { expiresAfterSeconds: -1 } }))
        async charge(_order: Order): Promise<void> {}
      };
    expect(define).toThrow(IdempotencyConfigError);
    expect(define).toThrow('expiresAfterSeconds');
  });
});
