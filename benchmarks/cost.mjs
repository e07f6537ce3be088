/**
 * What first calls and replays cost in DynamoDB's units, side by side: `npm run bench:cost`.
 *
 * The units are dynalite's count, which is DynamoDB's arithmetic: a write unit per started KB of the larger item before
 * or after, a read unit per started 4 KB. Of a refused conditional write it says nothing; DynamoDB bills that by the
 * item that it met ("at least 1", Amazon DynamoDB Developer Guide, "Read and write operations"), and so does this.
 */
import { deepStrictEqual } from 'node:assert';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import database from 'dynalite/db/index.js';
import { tsImport } from 'tsx/esm/api';
import { lambdaContext } from './events.mjs';
import { loadLibrary, tableName } from './libraries.mjs';
import { clientBasics } from './player.mjs';
import { kinds, resultOf } from './results-data.mjs';
import { printRows } from './rows.mjs';

/** On-demand, us-east-1, dollars per million units (aws.amazon.com/dynamodb/pricing/on-demand, since November 2024). */
export const prices = { write: 0.625, read: 0.125 };

const KB = 1_024;
export const resultBytes = [KB / 2, 5 * KB, 20 * KB, 100 * KB];

const isRead = (commandName) => /^(Get|BatchGet|TransactGet|Query|Scan)/.test(commandName);

/** A client that counts the units of its requests. */
export function meter(config) {
  const units = {
    write: 0,
    read: 0,
    reset() {
      units.write = 0;
      units.read = 0;
    },
  };
  const count = (commandName, amount) => {
    units[isRead(commandName) ? 'read' : 'write'] += amount;
  };
  const client = new DynamoDBClient({ ...clientBasics, ...config });
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (request) => {
        request.input.ReturnConsumedCapacity = 'TOTAL';
        try {
          const answer = await next(request);
          for (const { CapacityUnits } of [answer.output.ConsumedCapacity ?? []].flat()) {
            count(commandName, CapacityUnits);
          }
          return answer;
        } catch (error) {
          if (error.name === 'ConditionalCheckFailedException') {
            count(commandName, database.capacityUnits(error.Item, false));
          }
          throw error;
        }
      },
    { step: 'initialize' },
  );
  return { client, units };
}

export const dollarsPerMillion = ({ write, read }) => write * prices.write + read * prices.read;

/** A read unit in write units, by their prices. */
const READ_SHARE = prices.read / prices.write;

/** Write-unit equivalents of a list of orders, at most (design.md 7). */
const goals = {
  [20 * KB]: { first: 5, replay: 4 },
  [100 * KB]: { first: 16, replay: 12 },
};

const isWithin = ({ write, read }, units) => write + read * READ_SHARE <= units;

/** What a first call and a replay cost with one library, and the proof that they were these. */
async function costsOf({ makeFor }, { kind, bytes }, endpoint) {
  const { client, units } = meter({ endpoint });
  const result = resultOf(kind, bytes);
  let runs = 0;
  const list = async () => {
    runs += 1;
    return result;
  };
  const call = makeFor(list, client);
  const costs = {};
  for (const name of ['first', 'replay']) {
    units.reset();
    deepStrictEqual(await call({ orderId: `${kind}-${bytes}` }, lambdaContext), result);
    costs[name] = { write: units.write, read: units.read, dollarsPerMillion: dollarsPerMillion(units) };
  }
  deepStrictEqual(runs, 1);
  client.destroy();
  return costs;
}

/**
 * @param columns by name: `makeFor(fn, client)` gives an idempotent function
 * @returns one row for each kind and size of result: `{ kind, bytes, costs: { [column]: { first, replay } } }`; where our
 *   costs have a goal, `goal: { first, replay, isReached }`
 */
export async function costTable(columns, sizes = resultBytes) {
  const { startDynalite } = await tsImport('../tests/helpers/dynalite.ts', import.meta.url);
  const { createTable } = await tsImport('../tests/helpers/tables.ts', import.meta.url);
  const rows = kinds.flatMap((kind) => sizes.map((bytes) => ({ kind, bytes, costs: {} })));
  for (const [name, column] of Object.entries(columns)) {
    const database = await startDynalite({ returnsOldItem: true });
    const admin = new DynamoDBClient({ ...clientBasics, endpoint: database.endpoint });
    try {
      await createTable(admin, { tableName });
      for (const row of rows) row.costs[name] = await costsOf(column, row, database.endpoint);
    } finally {
      admin.destroy();
      await database.close();
    }
  }
  for (const row of rows) {
    const goal = row.kind === 'orders' && row.costs.ours ? goals[row.bytes] : undefined;
    if (!goal) continue;
    const { first, replay } = row.costs.ours;
    row.goal = { ...goal, isReached: isWithin(first, goal.first) && isWithin(replay, goal.replay) };
  }
  return rows;
}

export const bothLibraries = async () => ({
  peer: await loadLibrary('peer'),
  ours: await loadLibrary('ours'),
});

const sizeOf = (bytes) => `${bytes / KB} KB`;
const amount = ({ write, read, dollarsPerMillion: dollars }) =>
  `${read > 0 ? `${write} + ${read} read` : write}  $${dollars.toFixed(2)}`;

export function printCosts(rows) {
  const names = Object.keys(rows[0].costs);
  console.log(
    '\nWrite units (and read units) per call, and dollars per million calls, by size of the result\n',
  );
  printRows([
    ['', ...names.flatMap((name) => [`${name}, first`, `${name}, replay`]), ''],
    ...rows.map(({ kind, bytes, costs, goal }) => [
      `${sizeOf(bytes)} ${kind}`,
      ...names.flatMap((name) => [amount(costs[name].first), amount(costs[name].replay)]),
      goal ? `${goal.isReached ? 'reached' : 'MISSED'}: first ≤ ${goal.first}, replay ≤ ${goal.replay}` : '',
    ]),
  ]);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.env.AWS_LAMBDA_FUNCTION_NAME ??= 'bench';
  const rows = await costTable(await bothLibraries());
  printCosts(rows);
  process.exitCode = rows.some(({ goal }) => goal?.isReached === false) ? 1 : 0;
}
