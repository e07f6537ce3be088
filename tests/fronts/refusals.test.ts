import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { IdempotencyConfigError, idempotent, makeIdempotent } from '../../src/index.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { lambdaContext } from '../support/contexts.js';
import { rejectionOf } from '../support/gates.js';
import { SpyStore } from '../support/spy-store.js';

interface Order {
  readonly orderId: number;
}

const ORDER: Order = { orderId: 1 };
const newStore = (): SpyStore => new SpyStore(new MemoryPersistenceLayer());

/** What the Lambda runtime calls, whatever the handler's own parameters are. */
const asRuntime = (handler: unknown) => handler as (...args: unknown[]) => Promise<unknown>;

const refusal = (message: RegExp): object => ({
  name: 'IdempotencyConfigError',
  message: expect.stringMatching(message),
});

describe('dataIndexArgument beyond the parameters', () => {
  const wrapAt = (dataIndexArgument: number, fn: (...args: never[]) => unknown) =>
    makeIdempotent(fn as (...args: unknown[]) => unknown, {
      persistenceStore: newStore(),
      keyPrefix: 'p',
      dataIndexArgument,
    });

  it.each<[number, string, (...args: never[]) => unknown]>([
    [1, '1 parameter', async (_order: Order) => 1],
    [2, '2 parameters', async function charge(_id: string, _order: Order) {}],
    [1, '0 parameters', () => 1],
    [1, '1 parameter', async ({ orderId }: Order) => ((x = orderId) => x)()],
    [1, '1 parameter', (async (order /* (first, = ...) */: Order) => order) as never],
  ])('%d is refused when wrapped: %s', (index, count, fn) => {
    expect(() => wrapAt(index, fn)).toThrow(IdempotencyConfigError);
    expect(() => wrapAt(index, fn)).toThrow(
      `\`dataIndexArgument\` is ${index}, but the function has ${count}.`,
    );
  });

  const bound = function charge(this: unknown, _id: string, _order: Order): void {}.bind(null);
  it.each<[string, (...args: never[]) => unknown]>([
    ['a rest parameter', async (..._all: unknown[]) => 1],
    ['a default', async (_id = 'a', _order: Order = ORDER) => 1],
    ['a default in a pattern', async ({ orderId: _ = 1 }: Order, _order: Order) => 1],
    [
      'arguments',
      async function charge() {
        // biome-ignore lint/complexity/noArguments: what older code does
        return arguments.length;
      },
    ],
    ['a bound function', bound as never],
  ])('is taken with %s, which hides the number of parameters', async (_, fn) => {
    await expect(asRuntime(wrapAt(1, fn))('a', ORDER)).resolves.not.toThrow();
  });

  it('is refused at the call that has no such argument, before anything is stored or runs', async () => {
    const persistenceStore = newStore();
    let runs = 0;
    const charge = makeIdempotent(
      async function charge(_id: string, _order: Order = ORDER) {
        runs++;
      },
      { persistenceStore, dataIndexArgument: 1 },
    );
    expect(await rejectionOf(asRuntime(charge)('a'))).toMatchObject(
      refusal(/`dataIndexArgument` is 1, but the call has 1 argument\. .* Nothing ran\.$/),
    );
    expect([runs, persistenceStore.requests]).toEqual([0, []]);
  });

  it('is refused where it is the Lambda context, which is new in every invocation', async () => {
    const persistenceStore = newStore();
    const handler = makeIdempotent(async (_event: Order, _context: Context) => 1, {
      persistenceStore,
      dataIndexArgument: 1,
    });
    expect(await rejectionOf(handler(ORDER, lambdaContext()))).toMatchObject(
      refusal(/is the Lambda context/),
    );
    expect(persistenceStore.requests).toEqual([]);
  });
});

describe('a handler that streams', () => {
  it('is refused when wrapped, where awslambda.streamifyResponse has marked it', () => {
    const streamed = Object.assign(async (_event: Order) => {}, {
      [Symbol.for('aws.lambda.runtime.handler.streaming')]: 'response',
    });
    const wrap = () => makeIdempotent(streamed, { persistenceStore: newStore() });
    expect(wrap).toThrow(IdempotencyConfigError);
    expect(wrap).toThrow(/its stream would not end\. .* stream its result outside of it/);
  });

  it('is refused at its first call, where it is wrapped first: nothing is stored, and nothing is written', async () => {
    const persistenceStore = newStore();
    let runs = 0;
    const handler = makeIdempotent(
      async (_event: Order, stream: PassThrough, _context: Context) => {
        runs++;
        stream.end('cake');
      },
      { persistenceStore },
    );
    for (let attempt = 0; attempt < 2; attempt++) {
      const stream = new PassThrough();
      expect(await rejectionOf(handler(ORDER, stream, lambdaContext()))).toMatchObject(
        refusal(/writes to a response stream/),
      );
      expect(stream.read()).toBeNull();
    }
    expect([runs, persistenceStore.requests]).toEqual([0, []]);
  });

  it('a function that is given a stream of its own is no such handler', async () => {
    const log = makeIdempotent(async (_order: Order, stream: PassThrough) => stream.write('cake'), {
      persistenceStore: newStore(),
      keyPrefix: 'log',
    });
    expect(await log(ORDER, new PassThrough())).toBe(true);
  });
});

describe('a handler that answers through its callback', () => {
  it('is refused before anything is stored', async () => {
    const persistenceStore = newStore();
    const handler = makeIdempotent(
      (_event: Order, _context: Context, callback: (error: null, answer: string) => void): void => {
        callback(null, 'cake');
      },
      { persistenceStore },
    );
    const answers: unknown[] = [];
    const call = handler(ORDER, lambdaContext(), (_error, answer) => answers.push(answer));
    expect(await rejectionOf(call)).toMatchObject(refusal(/answers through its callback/));
    expect([answers, persistenceStore.requests]).toEqual([[], []]);
  });
});

describe("a minifier's name", () => {
  it.each(['a', 'ab', 'Zt'])(
    '%s of an inner function needs a keyPrefix, and is told of keepNames',
    async (name) => {
      const persistenceStore = newStore();
      const { [name]: fn } = { [name]: async (_order: Order) => 'charged' };
      if (!fn) throw new Error('no function');
      expect(await rejectionOf(makeIdempotent(fn, { persistenceStore })(ORDER))).toMatchObject(
        refusal(/given the function "\w+"\. .*Set `keyPrefix`.*keepNames/),
      );
      expect(persistenceStore.requests).toEqual([]);
      expect(await makeIdempotent(fn, { persistenceStore, keyPrefix: 'charge' })(ORDER)).toBe('charged');
    },
  );

  it("of a handler does not matter: its scope is the Lambda's name", async () => {
    const handler = makeIdempotent(
      async function h(_event: Order, _context: Context) {
        return 'charged';
      },
      { persistenceStore: newStore() },
    );
    expect(await handler(ORDER, lambdaContext())).toBe('charged');
  });

  it('two lines swapped between builds answer nothing for each other', async () => {
    const persistenceStore = newStore();
    const charge = async (_order: Order): Promise<string> => 'charged';
    const ship = async (_order: Order): Promise<string> => 'shipped';
    const named = (fn: typeof charge, value: string): typeof charge =>
      Object.defineProperty(fn, 'name', { value });
    const firstBuild = makeIdempotent(named(ship, 'a'), { persistenceStore });
    await rejectionOf(firstBuild(ORDER));
    const nextBuild = makeIdempotent(named(charge, 'a'), { persistenceStore });
    expect(await rejectionOf(nextBuild(ORDER))).toBeInstanceOf(IdempotencyConfigError);
  });

  it('of a method counts as well: private ones are renamed', async () => {
    class Till {
      @idempotent({ persistenceStore: newStore() })
      async go(_order: Order): Promise<void> {}
    }
    expect(await rejectionOf(new Till().go(ORDER))).toBeInstanceOf(IdempotencyConfigError);
  });
});
