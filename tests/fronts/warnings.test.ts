import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { makeHandlerIdempotent } from '../../src/fronts/middy.js';
import { warnOnce } from '../../src/fronts/warnings.js';
import { IdempotencyConfig, idempotent, makeIdempotent } from '../../src/index.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { lambdaContext } from '../support/contexts.js';
import { hear } from '../support/events.js';
import { rejectionOf } from '../support/gates.js';
import { middyVersions } from './fronts.js';

interface Order {
  readonly orderId?: number;
}

const emitWarning = jest.spyOn(process, 'emitWarning');
/** Text by code, in order. */
const warned = (): [code: string, text: string][] =>
  emitWarning.mock.calls.map(([text, options]) => {
    const { code = '', type } = options as unknown as { code?: string; type?: string };
    expect(type).toBe('IdempotencyWarning');
    return [code, String(text)];
  });
const codes = (): string[] => warned().map(([code]) => code);

let scopes = 0;
/** A warning comes once in a process, so that each test has a name of its own. */
const freshName = (): string => `charge${++scopes}`;

beforeEach(() => {
  emitWarning.mockReset();
  emitWarning.mockImplementation(() => {});
});
afterEach(() => {
  for (const name of [
    'AWS_LAMBDA_FUNCTION_NAME',
    'IDEMPOTENCY_DISABLED',
    'POWERTOOLS_IDEMPOTENCY_DISABLED',
  ]) {
    delete process.env[name];
  }
});

const wrapped = (config: IdempotencyConfig | object = {}, keyPrefix = freshName()) =>
  makeIdempotent(async (order: Order) => order.orderId, {
    persistenceStore: new MemoryPersistenceLayer(),
    config,
    keyPrefix,
  });

describe('a missing key', () => {
  it('is reported once for each scope, with what was looked for; the event comes each time', async () => {
    const scope = freshName();
    const charge = wrapped({ eventKeyJmesPath: 'orderId' }, scope);
    const heard = await hear(['keyMissing'], async () => {
      for (let call = 0; call < 3; call++) await charge({});
      await wrapped({ eventKeyJmesPath: 'orderId' })({});
    });
    expect(heard).toHaveLength(4);
    expect(codes()).toEqual(['IDEMPOTENCY_KEY_MISSING', 'IDEMPOTENCY_KEY_MISSING']);
    const [[, text] = []] = warned();
    expect(text).toContain(`The idempotency key of a call to ${scope} is missing: `);
    expect(text).toContain('orderId');
    expect(text).toContain('ran unprotected');
    expect(text).toContain('`throwOnNoIdempotencyKey`');
  });

  it('is no warning where it is an error', async () => {
    const charge = wrapped({ eventKeyJmesPath: 'orderId', throwOnNoIdempotencyKey: true });
    await rejectionOf(charge({}));
    expect(codes()).toEqual([]);
  });
});

describe('in Lambda, a call without a context', () => {
  beforeEach(() => {
    process.env['AWS_LAMBDA_FUNCTION_NAME'] = 'shop';
  });

  it('is reported once for each function: how long its lease is, and how to hand the context over', async () => {
    const scope = freshName();
    const charge = wrapped({}, scope);
    await charge({ orderId: 1 });
    await charge({ orderId: 2 });
    expect(codes()).toEqual(['IDEMPOTENCY_NO_CONTEXT']);
    const [[, text] = []] = warned();
    expect(text).toContain(`A call to ${scope} has no Lambda context, so its lease is 900 s (15 minutes)`);
    expect(text).toContain('config.registerLambdaContext(context)');
    expect(text).toContain('up to 5400 s');
    await wrapped()({ orderId: 1 });
    expect(codes()).toHaveLength(2);
  });

  it('is reported for a context that tells no time', async () => {
    const handler = makeIdempotent(async (_order: Order, _context: object) => 1, {
      persistenceStore: new MemoryPersistenceLayer(),
      keyPrefix: freshName(),
    });
    await handler({ orderId: 1 }, { awsRequestId: 'r' });
    expect(codes()).toEqual(['IDEMPOTENCY_NO_CONTEXT']);
  });

  it('is not reported where the context is handed over, or the lease was chosen', async () => {
    const config = new IdempotencyConfig();
    config.registerLambdaContext(lambdaContext());
    await wrapped(config)({ orderId: 1 });
    await wrapped({ lease: { seconds: 60 } })({ orderId: 1 });
    const inner = wrapped();
    const handler = makeIdempotent(async (order: Order, _context: Context) => inner(order), {
      persistenceStore: new MemoryPersistenceLayer(),
      keyPrefix: freshName(),
    });
    await handler({ orderId: 1 }, lambdaContext());
    expect(codes()).toEqual([]);
  });

  it('outside of Lambda is not reported', async () => {
    delete process.env['AWS_LAMBDA_FUNCTION_NAME'];
    await wrapped()({ orderId: 1 });
    expect(codes()).toEqual([]);
  });

  it('its duplicate is told why the key is blocked so long, in minutes, and what to do', async () => {
    delete process.env['AWS_LAMBDA_FUNCTION_NAME'];
    const options = { persistenceStore: new MemoryPersistenceLayer(), keyPrefix: freshName() };
    const charge: (order: Order) => Promise<unknown> = makeIdempotent(
      async (order: Order): Promise<unknown> => rejectionOf(charge(order)),
      options,
    );
    const busy = await charge({ orderId: 1 });
    expect(busy).toMatchObject({
      name: 'IdempotencyAlreadyInProgressError',
      message: expect.stringMatching(
        /Its claim ends in \d+ ms at the latest\. That is 15 minutes, because a call without a Lambda context has a lease of `lease\.seconds`, here 15 minutes: register the context, or set `lease\.seconds`\.$/,
      ),
    });
  });
});

describe('idempotency that is switched off', () => {
  it.each(['IDEMPOTENCY_DISABLED', 'POWERTOOLS_IDEMPOTENCY_DISABLED'])(
    '%s: one warning in a process, and an event each time, of every front',
    async (variable) => {
      // The warning of the other variable is the same one.
      (globalThis as Record<symbol, unknown>)[Symbol.for('lambda-idempotency.warned')] = undefined;
      process.env[variable] = 'true';
      const persistenceStore = new MemoryPersistenceLayer();
      const charge = wrapped({}, 'charge');
      class Till {
        @idempotent({ persistenceStore, keyPrefix: 'till' })
        async charge(_order: Order): Promise<number> {
          return 1;
        }
      }
      const [[, middy] = []] = middyVersions;
      const chain = middy?.(async () => 1).use(
        makeHandlerIdempotent({ persistenceStore, keyPrefix: 'chain' }),
      );
      const heard = await hear(['disabled', 'claimed'], async () => {
        expect([await charge({ orderId: 1 }), await charge({ orderId: 1 })]).toEqual([1, 1]);
        await new Till().charge({ orderId: 1 });
        await chain?.({ orderId: 1 }, lambdaContext());
      });
      expect(heard).toEqual(
        ['charge', 'charge', 'till', 'chain'].map((scope) => ({ event: 'disabled', message: { scope } })),
      );
      expect(warned()).toEqual([
        [
          'IDEMPOTENCY_DISABLED',
          `Idempotency is switched off by the environment variable ${variable}: every function runs unprotected, and duplicates run again. Remove the variable to switch it back on.`,
        ],
      ]);
    },
  );
});

it('a prefix for each tenant, wrapped anew, keeps no list without end', () => {
  for (let tenant = 0; tenant < 1_001; tenant++) warnOnce('IDEMPOTENCY_KEY_MISSING', `tenant ${tenant}`, 'm');
  expect(emitWarning).toHaveBeenCalledTimes(1_001);
  warnOnce('IDEMPOTENCY_KEY_MISSING', 'tenant 1000', 'm');
  expect(emitWarning).toHaveBeenCalledTimes(1_001);
  warnOnce('IDEMPOTENCY_KEY_MISSING', 'tenant 0', 'm');
  expect(emitWarning).toHaveBeenCalledTimes(1_002);
});
