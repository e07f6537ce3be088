import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  IdempotencyAlreadyInProgressError,
  IdempotencyConfig,
  IdempotencyConfigError,
  type IdempotencyConfigOptions,
  IdempotencyValidationError,
} from '../../src/index.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { createIdempotency, type Idempotency, ManualClock } from '../../src/testing/index.js';
import { lambdaContext } from '../support/contexts.js';
import { makeGate, rejectionOf } from '../support/gates.js';
import { SpyStore } from '../support/spy-store.js';
import { type MiddyRequest, middyVersions } from './fronts.js';

/** The lease of a fresh context, and the margin for clocks that differ. */
const LEASE_MS = 30_500;

interface Order {
  orderId: number;
  amount?: number;
  [member: string]: unknown;
}

describe.each(middyVersions)('makeHandlerIdempotent in %s', (_name, middy) => {
  let clock: ManualClock;
  let store: SpyStore;
  let idempotency: Idempotency;
  beforeEach(() => {
    clock = new ManualClock();
    store = new SpyStore(new MemoryPersistenceLayer());
    idempotency = createIdempotency({ clock });
  });

  const idempotent = (config: IdempotencyConfigOptions = {}, keyPrefix?: string): object =>
    idempotency.makeHandlerIdempotent({ persistenceStore: store, config, ...(keyPrefix && { keyPrefix }) });

  /** A handler that waits for its gate, and counts. */
  const gated = () => {
    const [started, finish] = [makeGate(), makeGate<string>()];
    const counter = { runs: 0 };
    const handler = async (): Promise<string> => {
      counter.runs++;
      started.open();
      return finish.promise;
    };
    return { handler, started, finish, counter };
  };

  describe('acts on an error only with a claim of its own', () => {
    it('an earlier middleware that fails frees nothing of a running request', async () => {
      const { handler, started, finish, counter } = gated();
      const poison = ({ event }: MiddyRequest): void => {
        if ((event as Order)['poison']) throw new Error('poisoned');
      };
      const chain = middy(handler)
        .before(poison)
        .use(idempotent({ eventKeyJmesPath: 'orderId' }));
      const first = chain({ orderId: 1 }, lambdaContext());
      await started.promise;
      const failure = await rejectionOf(chain({ orderId: 1, poison: true }, lambdaContext()));
      expect(failure).toMatchObject({ message: 'poisoned' });
      expect(store.requests).toEqual(['claim']);
      expect(await rejectionOf(chain({ orderId: 1 }, lambdaContext()))).toBeInstanceOf(
        IdempotencyAlreadyInProgressError,
      );
      finish.open('baked');
      expect(await first).toBe('baked');
      expect(await chain({ orderId: 1 }, lambdaContext())).toBe('baked');
      expect(counter.runs).toBe(1);
    });

    it('a rejected duplicate, and a rejected payload, free nothing', async () => {
      const { handler, started, finish, counter } = gated();
      const chain = middy(handler).use(
        idempotent({ eventKeyJmesPath: 'orderId', payloadValidationJmesPath: 'amount' }),
      );
      const first = chain({ orderId: 1, amount: 1 }, lambdaContext());
      await started.promise;
      await rejectionOf(chain({ orderId: 1, amount: 1 }, lambdaContext()));
      expect(await store.statuses()).toEqual(['running']);
      await rejectionOf(chain({ orderId: 1, amount: 2 }, lambdaContext()));
      expect(await store.statuses()).toEqual(['running']);
      finish.open('paid');
      await first;
      expect(await rejectionOf(chain({ orderId: 1, amount: 2 }, lambdaContext()))).toBeInstanceOf(
        IdempotencyValidationError,
      );
      expect(await store.statuses()).toEqual(['done']);
      expect(await chain({ orderId: 1, amount: 1 }, lambdaContext())).toBe('paid');
      expect(store.requests).not.toContain('release');
      expect(counter.runs).toBe(1);
    });

    it('a later middleware that fails before the handler frees the claim, and the retry runs', async () => {
      let attempts = 0;
      let runs = 0;
      const chain = middy(async () => `run ${++runs}`)
        .use(idempotent())
        .before(() => {
          if (++attempts === 1) throw new Error('not authorised');
        });
      await rejectionOf(chain({ orderId: 1 }, lambdaContext()));
      expect(await store.statuses()).toEqual([]);
      expect(await chain({ orderId: 1 }, lambdaContext())).toBe('run 1');
      expect(await chain({ orderId: 1 }, lambdaContext())).toBe('run 1');
    });

    it('an error that another middleware turns into an answer is not stored', async () => {
      let runs = 0;
      const chain = middy(async () => {
        if (++runs === 1) throw new Error('no oven');
        return 'baked';
      })
        .onError((request) => {
          request.response = { statusCode: 500 };
        })
        .use(idempotent());
      expect(await chain({ orderId: 1 }, lambdaContext())).toEqual({ statusCode: 500 });
      expect(await store.statuses()).toEqual([]);
      expect(await chain({ orderId: 1 }, lambdaContext())).toBe('baked');
    });

    it('a final error that another middleware turns into an answer is thrown again, and turned again', async () => {
      let runs = 0;
      const chain = middy(async () => {
        runs++;
        throw Object.assign(new Error('declined'), { statusCode: 402 });
      })
        .use(idempotent({ shouldStoreError: (error: { statusCode?: number }) => error.statusCode === 402 }))
        .onError((request) => {
          request.response = { statusCode: (request.error as { statusCode: number }).statusCode };
        });
      for (let round = 0; round < 3; round++) {
        expect(await chain({ orderId: 1 }, lambdaContext())).toEqual({ statusCode: 402 });
      }
      expect(runs).toBe(1);
      expect(await store.statuses()).toEqual(['failed']);
      expect(store.requests).toEqual(['claim', 'settle', 'claim', 'claim']);
    });

    it('one of two requests in flight that fails frees its own claim alone', async () => {
      const finishes = [makeGate<string>(), makeGate<string>()];
      const starts = [makeGate(), makeGate()];
      const chain = middy(async ({ orderId }: Order) => {
        starts[orderId]?.open();
        return finishes[orderId]?.promise;
      }).use(idempotent());
      const [zero, one] = [chain({ orderId: 0 }, lambdaContext()), chain({ orderId: 1 }, lambdaContext())];
      await Promise.all(starts.map(({ promise }) => promise));
      finishes[1]?.fail(new Error('no oven'));
      expect(await rejectionOf(one)).toMatchObject({ message: 'no oven' });
      expect(await store.statuses()).toEqual(['running']);
      expect(await rejectionOf(chain({ orderId: 0 }, lambdaContext()))).toBeInstanceOf(
        IdempotencyAlreadyInProgressError,
      );
      finishes[0]?.open('baked');
      expect(await zero).toBe('baked');
      expect(await chain({ orderId: 0 }, lambdaContext())).toBe('baked');
    });
  });

  describe('among other middlewares', () => {
    it('an earlier middleware whose after fails does not unsettle', async () => {
      let runs = 0;
      let failures = 0;
      const chain = middy(async () => `run ${++runs}`)
        .after(() => {
          failures++;
          throw new Error('not serialisable');
        })
        .use(idempotent());
      expect(await rejectionOf(chain({ orderId: 1 }, lambdaContext()))).toMatchObject({
        message: 'not serialisable',
      });
      expect(await store.statuses()).toEqual(['done']);
      // The replay answers early: what comes before this middleware is not asked again.
      expect(await chain({ orderId: 1 }, lambdaContext())).toBe('run 1');
      expect([runs, failures]).toEqual([1, 1]);
      expect(store.requests).toEqual(['claim', 'settle', 'claim']);
    });

    it('stores the response as the later middlewares left it', async () => {
      const chain = middy(async () => ({ cake: 'lemon' }))
        .after((request) => {
          request.response = JSON.stringify(request.response);
        })
        .use(idempotent())
        .after((request) => {
          request.response = { ...(request.response as object), inspected: true };
        });
      expect(await chain({ orderId: 1 }, lambdaContext())).toBe('{"cake":"lemon","inspected":true}');
      expect(await chain({ orderId: 1 }, lambdaContext())).toEqual({ cake: 'lemon', inspected: true });
    });

    it('a later middleware that parses the body in place changes nothing of the key', async () => {
      let runs = 0;
      const chain = middy(async (event: { body: Order }) => ({ runs: ++runs, order: event.body.orderId }))
        .use(idempotent({ eventKeyJmesPath: 'powertools_json(body).orderId' }))
        .before(({ event }) => {
          const request = event as { body: unknown };
          request.body = JSON.parse(request.body as string);
        });
      const event = (): object => ({ body: '{"orderId":7}' });
      expect(await chain(event(), lambdaContext())).toEqual({ runs: 1, order: 7 });
      expect(await store.statuses()).toEqual(['done']);
      expect(await chain(event(), lambdaContext())).toEqual({ runs: 1, order: 7 });
    });

    it('a later middleware that replaces the event changes nothing of the claim', async () => {
      let runs = 0;
      const chain = middy(async () => {
        if (++runs === 1) throw new Error('no oven');
        return 'baked';
      })
        .use(idempotent())
        .before((request) => {
          request.event = { replaced: true };
        });
      await rejectionOf(chain({ orderId: 1 }, lambdaContext()));
      expect(await store.statuses()).toEqual([]);
      expect(await chain({ orderId: 1 }, lambdaContext())).toBe('baked');
      expect(await chain({ orderId: 1 }, lambdaContext())).toBe('baked');
      expect(runs).toBe(2);
    });

    it('a replay stops the chain: no later middleware, and no handler', async () => {
      const calls: string[] = [];
      const chain = middy(async () => {
        calls.push('handler');
        return undefined;
      })
        .use({ before: () => void calls.push('earlier'), after: () => void calls.push('earlier after') })
        .use(idempotent())
        .use({ before: () => void calls.push('later'), after: () => void calls.push('later after') });
      expect(await chain({ orderId: 1 }, lambdaContext())).toBeUndefined();
      expect(calls).toEqual(['earlier', 'later', 'handler', 'later after', 'earlier after']);
      calls.length = 0;
      expect(await chain({ orderId: 1 }, lambdaContext())).toBeUndefined();
      expect(calls).toEqual(['earlier']);
    });

    it('a replay lets Powertools clean up, and waits for it', async () => {
      const cleaned: unknown[] = [];
      const chain = middy(async () => 'baked')
        .before((request) => {
          request.internal['powertools-for-aws.tracer'] = async (given: MiddyRequest) => {
            await new Promise(setImmediate);
            cleaned.push(['tracer', given === request]);
          };
          request.internal['powertools-for-aws.logger'] = () => cleaned.push(['logger']);
          request.internal['powertools-for-aws.metrics'] = 'not a function';
          request.internal['someone-else'] = () => cleaned.push(['someone else']);
        })
        .use(idempotent());
      await chain({ orderId: 1 }, lambdaContext());
      expect(cleaned).toEqual([]);
      expect(await chain({ orderId: 1 }, lambdaContext())).toBe('baked');
      expect(cleaned).toEqual([['tracer', true], ['logger']]);
    });

    it("a later middleware's early answer after the handler leaves the claim to its lease", async () => {
      let runs = 0;
      const chain = middy(async () => `run ${++runs}`)
        .use(idempotent())
        .after(() => 'early');
      expect(await chain({ orderId: 1 }, lambdaContext())).toBe('early');
      // Middy runs no further `after`: nothing could settle, so nothing may run again either.
      expect(await rejectionOf(chain({ orderId: 1 }, lambdaContext()))).toBeInstanceOf(
        IdempotencyAlreadyInProgressError,
      );
      await clock.advance(LEASE_MS);
      await chain({ orderId: 1 }, lambdaContext());
      expect(runs).toBe(2);
    });
  });

  describe('when Middy answers before the handler does', () => {
    /** Middy's timer has no clock to move: it fires 10 ms after the handler's start. */
    const almostOver = (remainingMs: number, timeoutEarlyResponse?: () => unknown): object => ({
      timeoutEarlyInMillis: remainingMs - 10,
      ...(timeoutEarlyResponse && { timeoutEarlyResponse }),
    });

    const staysClaimed = async (
      remainingMs: number,
      expected: object,
      timeoutEarlyResponse?: () => unknown,
    ): Promise<void> => {
      const { handler, started, finish, counter } = gated();
      const chain = middy(handler, almostOver(remainingMs, timeoutEarlyResponse)).use(idempotent());
      const timedOut = chain({ orderId: 1 }, lambdaContext(remainingMs));
      await started.promise;
      expect(await rejectionOf(timedOut)).toMatchObject(expected);
      // The handler is at work: nobody else may run, and nothing was freed.
      expect(store.requests).toEqual(['claim']);
      const duplicate = await rejectionOf(chain({ orderId: 1 }, lambdaContext()));
      expect(duplicate).toBeInstanceOf(IdempotencyAlreadyInProgressError);
      // The process is thawed, and the handler ends: too late for this request.
      finish.open('late');
      await new Promise(setImmediate);
      expect(await store.statuses()).toEqual(['running']);
      expect(store.requests).toEqual(['claim', 'claim']);
      expect(counter.runs).toBe(1);
      await clock.advance(LEASE_MS);
      expect(await chain({ orderId: 1 }, lambdaContext())).toBe('late');
      expect(counter.runs).toBe(2);
    };

    it('by default, the claim stands until its lease is over', () =>
      staysClaimed(30_000, { name: 'TimeoutError' }));

    it('with an error of the user, close to the end, the claim stands until its lease is over', () =>
      staysClaimed(60, { message: 'out of time' }, () => {
        throw new Error('out of time');
      }));

    it("with an error of the user, seconds before the end, the claim stands if the error says that it is Middy's", () =>
      staysClaimed(30_000, { message: 'out of time' }, () => {
        throw new Error('out of time', { cause: { package: '@middy/core' } });
      }));

    it('a handler that goes on cannot overwrite what its successor stored', async () => {
      const { handler, started, finish } = gated();
      let isLate = true;
      const chain = middy(async () => (isLate ? handler() : 'of the successor'), almostOver(30_000)).use(
        idempotent(),
      );
      const timedOut = chain({ orderId: 1 }, lambdaContext());
      await started.promise;
      expect(await rejectionOf(timedOut)).toMatchObject({ name: 'TimeoutError' });
      await clock.advance(LEASE_MS);
      isLate = false;
      expect(await chain({ orderId: 1 }, lambdaContext())).toBe('of the successor');
      finish.open('late');
      await new Promise(setImmediate);
      expect(await store.statuses()).toEqual(['done']);
      expect(await chain({ orderId: 1 }, lambdaContext())).toBe('of the successor');
    });

    it('with an answer of the user, nobody runs beside the handler that is at work', async () => {
      const { handler, started, finish, counter } = gated();
      const busy = { statusCode: 503 };
      const chain = middy(
        handler,
        almostOver(30_000, () => busy),
      ).use(idempotent());
      const timedOut = chain({ orderId: 1 }, lambdaContext());
      await started.promise;
      expect(await timedOut).toEqual(busy);
      await chain({ orderId: 1 }, lambdaContext()).catch(() => {});
      finish.open('late');
      await new Promise(setImmediate);
      await chain({ orderId: 1 }, lambdaContext()).catch(() => {});
      expect(counter.runs).toBe(1);
    });
  });

  describe('around an inner function that shares its config', () => {
    /** A chain whose handler holds at its gate, then calls the inner function; and the leases that this got. */
    const nested = () => {
      const config = new IdempotencyConfig({});
      const leases: Record<string, number> = {};
      const [started, goOn] = [makeGate(), makeGate()];
      const charge = idempotency.makeIdempotent(
        async function charge(order: Order) {
          const [record] = (await store.records()).filter(
            ({ key, status }) => status === 'running' && key.startsWith('inner#'),
          );
          if (record?.status === 'running') leases[order.orderId] = record.leaseUntil - clock.now();
        },
        { persistenceStore: store, config, keyPrefix: 'inner' },
      );
      const chain = middy(async (order: Order) => {
        if (order['waits']) {
          started.open();
          await goOn.promise;
        }
        await charge(order);
        return 'charged';
      }).use(idempotency.makeHandlerIdempotent({ persistenceStore: store, config }));
      return { chain, leases, started, goOn };
    };

    it("the inner one takes its lease from the invocation's context", async () => {
      const { chain, leases } = nested();
      await chain({ orderId: 1 }, lambdaContext(12_000));
      await chain({ orderId: 2 }, lambdaContext(8_000));
      expect(leases).toEqual({ 1: 12_000, 2: 8_000 });
    });

    it('a request beside it that is about to end does not shorten its lease', async () => {
      const { chain, leases, started, goOn } = nested();
      const long = chain({ orderId: 1, waits: true }, lambdaContext(60_000));
      await started.promise;
      await chain({ orderId: 2 }, lambdaContext(2_000));
      goOn.open();
      await long;
      expect(leases[1]).toBeGreaterThanOrEqual(60_000);
    });
  });

  describe('two chains of one Lambda on one store', () => {
    it('keep apart by their prefixes', async () => {
      const charge = middy(async () => 'charged').use(idempotent({}, 'charge'));
      const refund = middy(async () => 'refunded').use(idempotent({}, 'refund'));
      for (let round = 0; round < 2; round++) {
        expect(await charge({ orderId: 1 }, lambdaContext())).toBe('charged');
        expect(await refund({ orderId: 1 }, lambdaContext())).toBe('refunded');
      }
      expect(await store.statuses()).toEqual(['done', 'done']);
    });

    it('without prefixes, neither answers for the other', async () => {
      const { makeHandlerIdempotent } = idempotency;
      const options = { persistenceStore: store };
      const charge = middy(async () => 'charged').use(makeHandlerIdempotent(options) as object);
      const refund = middy(async () => 'refunded').use(makeHandlerIdempotent(options) as object);
      expect(await charge({ orderId: 1 }, lambdaContext())).toBe('charged');
      const refusal = await rejectionOf(refund({ orderId: 1 }, lambdaContext()));
      expect(refusal).toBeInstanceOf(IdempotencyConfigError);
      expect(refusal).toMatchObject({ message: expect.stringContaining('keyPrefix') });
    });
  });
});
