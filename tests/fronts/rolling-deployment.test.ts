import * as powertools from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer as PowertoolsLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { makeHandlerIdempotent as powertoolsMiddleware } from '@aws-lambda-powertools/idempotency/middleware';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { makeHandlerIdempotent } from '../../src/fronts/middy.js';
import { makeIdempotent } from '../../src/index.js';
import { DynamoDBPersistenceLayer } from '../../src/stores/dynamodb/sdk-layer.js';
import { lambdaContext } from '../support/contexts.js';
import type { LocalDatabase } from '../support/dynalite.js';
import { makeGate, rejectionOf } from '../support/gates.js';
import { clientFor, createTable, scan, testEndpoint } from '../support/tables.js';
import { middyVersions } from './fronts.js';

/** The recipes of docs/moving-from-powertools.md for a deployment during which both libraries run. */

interface Order {
  readonly orderId: number;
}
type Handler = (event: Order, context: Context) => Promise<unknown>;

const ORDER: Order = { orderId: 1 };

describe('while a deployment shifts traffic from Powertools', () => {
  let database: LocalDatabase;
  let client: DynamoDBClient;
  let tableName: string;
  let runs: number;
  beforeAll(async () => {
    database = await testEndpoint();
    client = clientFor(database.endpoint);
  });
  afterAll(async () => {
    delete process.env['AWS_LAMBDA_FUNCTION_NAME'];
    client.destroy();
    await database.close();
  });
  beforeEach(async () => {
    process.env['AWS_LAMBDA_FUNCTION_NAME'] = 'shop';
    tableName = await createTable(client);
    runs = 0;
  });
  const oldOptions = () => ({
    persistenceStore: new PowertoolsLayer({ tableName, awsSdkV3Client: client }),
  });
  const newOptions = () => ({
    persistenceStore: new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: client }),
  });
  const work = async (_event: Order, _context: Context): Promise<string> => `run ${++runs}`;

  const statuses = async (): Promise<(string | undefined)[]> =>
    (await scan(client, tableName)).map((item) => item['status']?.S);

  /** The three states of a function: before, during and after the roll-out. */
  type Recipe = (run: Handler) => { old: Handler; both: Handler; alone: Handler };

  const functions: Recipe = (run) => {
    const wrapOld = (): Handler => powertools.makeIdempotent(run as never, oldOptions()) as never;
    const inner = wrapOld();
    return {
      old: wrapOld(),
      both: makeIdempotent(async (event: Order, context: Context) => inner(event, context), newOptions()),
      alone: makeIdempotent(run, newOptions()),
    };
  };

  const chains =
    (middy: (typeof middyVersions)[number][1]): Recipe =>
    (run) => ({
      old: middy(run).use(powertoolsMiddleware(oldOptions())) as never,
      both: middy(run)
        .use(powertoolsMiddleware(oldOptions()))
        .use(makeHandlerIdempotent(newOptions())) as never,
      alone: middy(run).use(makeHandlerIdempotent(newOptions())) as never,
    });

  const recipes: [string, Recipe][] = [
    ['makeIdempotent around makeIdempotent', functions],
    ...middyVersions.map(([name, middy]): [string, Recipe] => [
      `.use(old).use(new) in ${name}`,
      chains(middy),
    ]),
  ];

  describe.each(recipes)('%s', (_, recipe) => {
    it.each([
      ['old', 'both'],
      ['both', 'old'],
      ['both', 'both'],
      ['both', 'alone'],
    ] as const)('a first call in %s is replayed in %s', async (first, second) => {
      const handlers = recipe(work);
      expect(await handlers[first](ORDER, lambdaContext())).toBe('run 1');
      expect(await handlers[second](ORDER, lambdaContext())).toBe('run 1');
      expect(await handlers[first](ORDER, lambdaContext())).toBe('run 1');
      expect(runs).toBe(1);
      expect(new Set(await statuses())).toEqual(new Set(['COMPLETED']));
    });

    it.each([
      ['old', 'both'],
      ['both', 'old'],
      ['both', 'both'],
      ['both', 'alone'],
    ] as const)(
      'a duplicate in %s of a run in %s is rejected, and the run is stored',
      async (first, second) => {
        const [started, finish] = [makeGate(), makeGate()];
        const handlers = recipe(async () => {
          runs++;
          started.open();
          await finish.promise;
          return `run ${runs}`;
        });
        const running = handlers[first](ORDER, lambdaContext());
        await started.promise;
        expect(await rejectionOf(handlers[second](ORDER, lambdaContext()))).toMatchObject({
          name: 'IdempotencyAlreadyInProgressError',
        });
        finish.open();
        expect(await running).toBe('run 1');
        expect(await handlers[second](ORDER, lambdaContext())).toBe('run 1');
        expect(runs).toBe(1);
      },
    );

    it('a run that fails is free for a retry in every version', async () => {
      let failures = 2;
      const handlers = recipe(async (event, context) => {
        if (failures-- > 0) throw new Error('no oven');
        return work(event, context);
      });
      expect(await rejectionOf(handlers.both(ORDER, lambdaContext()))).toMatchObject({ message: 'no oven' });
      expect(await statuses()).toEqual([]);
      expect(await rejectionOf(handlers.old(ORDER, lambdaContext()))).toMatchObject({ message: 'no oven' });
      expect(await handlers.both(ORDER, lambdaContext())).toBe('run 1');
      expect(await handlers.old(ORDER, lambdaContext())).toBe('run 1');
    });
  });

  it.each(middyVersions)('%s: the old middleware must come first, as the page says', async (_, middy) => {
    const old = middy(work).use(powertoolsMiddleware(oldOptions()));
    const reversed = middy(work)
      .use(makeHandlerIdempotent(newOptions()))
      .use(powertoolsMiddleware(oldOptions()));
    await old(ORDER, lambdaContext());
    expect(await reversed(ORDER, lambdaContext())).toBe('run 1');
    expect((await statuses()).sort()).toEqual(['COMPLETED', 'INPROGRESS']);
  });
});
