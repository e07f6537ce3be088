import middy6 from '@middy/core';
import type { Context } from 'aws-lambda';
import middy7 from 'middy-7';
import type { PersistenceStore } from '../../src/core/protocol/store.js';
import type { IdempotencyConfigOptions } from '../../src/index.js';
import type { Idempotency } from '../../src/testing/index.js';
import { lambdaContext } from '../support/contexts.js';

/** What the scenarios put in: members are read and changed as a user's handler would. */
export interface Order {
  [member: string]: unknown;
}

/** The user's function, as far as scenarios care. */
export type Run = (order: Order) => unknown;
/** The same, made idempotent by a front. */
export type Call = (payload: unknown) => Promise<unknown>;

export interface FrontOptions {
  readonly persistenceStore: PersistenceStore;
  readonly config?: IdempotencyConfigOptions;
  readonly keyPrefix?: string;
}

/** One way into the library, as the table of scenarios sees it. */
export interface Front {
  readonly name: string;
  /** What a duplicate of a run that has just begun is told: the lease, and 500 ms for clocks that differ. */
  readonly retryAfterMs: number;
  wrap(idempotency: Idempotency, run: Run, options: FrontOptions): Call;
}

/** Both Middy versions, as the tests use them: their own types differ in details that no test needs. */
export interface MiddyRequest {
  event: unknown;
  response?: unknown;
  error?: unknown;
  internal: Record<string, unknown>;
}
export interface MiddyChain {
  (event: unknown, context: Context): Promise<unknown>;
  use(middleware: object): MiddyChain;
  before(step: (request: MiddyRequest) => unknown): MiddyChain;
  after(step: (request: MiddyRequest) => unknown): MiddyChain;
  onError(step: (request: MiddyRequest) => unknown): MiddyChain;
}
export type Middy = (handler: (event: never, context: Context) => unknown, plugin?: object) => MiddyChain;

export const middyVersions: readonly (readonly [name: string, middy: Middy])[] = [
  ['Middy 6', middy6 as unknown as Middy],
  ['Middy 7', middy7 as unknown as Middy],
];

const middyFront = ([name, middy]: readonly [string, Middy]): Front => ({
  name,
  retryAfterMs: 30_500,
  wrap(idempotency, run, options) {
    // No early timeout: these scenarios move a clock that Middy does not know.
    const chain = middy(async (event: Order) => run(event), { timeoutEarlyInMillis: 0 }).use(
      idempotency.makeHandlerIdempotent(options),
    );
    return (payload) => chain(payload, lambdaContext());
  },
});

/** The wrapped function itself, called in three ways. */
export const functionFronts: readonly Front[] = [
  {
    name: 'makeIdempotent as a handler',
    retryAfterMs: 30_500,
    wrap(idempotency, run, options) {
      const handler = idempotency.makeIdempotent(
        async (event: unknown, _context: Context) => run(event as Order),
        options,
      );
      return (payload) => handler(payload, lambdaContext());
    },
  },
  {
    name: 'makeIdempotent as an inner function',
    retryAfterMs: 900_500,
    wrap(idempotency, run, options) {
      return idempotency.makeIdempotent(async function charge(payload: unknown) {
        return run(payload as Order);
      }, options);
    },
  },
  {
    name: 'makeIdempotent with dataIndexArgument 1',
    retryAfterMs: 900_500,
    wrap(idempotency, run, options) {
      const charge = idempotency.makeIdempotent(
        async function charge(_transaction: string, payload: unknown) {
          return run(payload as Order);
        },
        { ...options, dataIndexArgument: 1 },
      );
      let transactions = 0;
      // Another first argument each time: it must not count.
      return (payload) => charge(`transaction ${++transactions}`, payload);
    },
  },
];

/** Every front but the decorators, whose syntax needs a transform of its own. */
export const fronts: readonly Front[] = [...functionFronts, ...middyVersions.map(middyFront)];
