/**
 * `npm run bench:cost`: what a first call and its replay cost in DynamoDB, beside Powertools, on the same database in
 * the same run.
 *
 * Units are those that the database tells (`ReturnConsumedCapacity`). Of a refused write it tells none: DynamoDB bills
 * it by the larger of the item met and the item sent, which is computed here.
 */
import { deepStrictEqual } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { tsImport } from 'tsx/esm/api';
import { lambdaContext } from './events.mjs';
import { resultOf } from './results-data.mjs';

const { startDynalite } = await tsImport('../tests/support/dynalite.ts', import.meta.url);
const { createTable } = await tsImport('../tests/support/tables.ts', import.meta.url);

/** On demand, US East (N. Virginia), November 2026: dollars per million request units. */
const WRITE_PRICE = 0.625;
const READ_PRICE = 0.125;
/** What a read unit is worth in write units. */
const READ_SHARE = READ_PRICE / WRITE_PRICE;

const WRITE_UNIT_BYTES = 1_024;

export const sizes = [500, 5_000, 20_000, 100_000];

/** Write-unit equivalents of orders, at most. */
export const goals = {
  20000: { first: 5, replay: 4 },
  100000: { first: 16, replay: 12 },
};

/** Of an attribute's value, by the rules of the developer guide. */
function valueBytes(value) {
  const [[type, content]] = Object.entries(value);
  switch (type) {
    case 'S':
      return Buffer.byteLength(content);
    case 'N':
      return Math.ceil(content.replace(/^-?0*\.?0*|\.|0+$/g, '').length / 2) + 1;
    case 'B':
      return content.byteLength;
    case 'M':
      return (
        3 + Object.entries(content).reduce((sum, [name, each]) => sum + 1 + name.length + valueBytes(each), 0)
      );
    case 'L':
      return 3 + content.reduce((sum, each) => sum + 1 + valueBytes(each), 0);
    default:
      return 1;
  }
}

const itemBytes = (item = {}) =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);

const unitsOf = (item) => Math.max(1, Math.ceil(itemBytes(item) / WRITE_UNIT_BYTES));

/** A client that counts its requests and what they are billed. */
function meteredClient(endpoint) {
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  let meter;
  const reset = () => {
    const taken = meter;
    meter = { requests: 0, write: 0, read: 0 };
    return taken;
  };
  reset();
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        meter.requests += 1;
        args.input.ReturnConsumedCapacity = 'TOTAL';
        try {
          const answer = await next(args);
          const { CapacityUnits = 0 } = answer.output.ConsumedCapacity ?? {};
          meter[commandName.startsWith('Get') ? 'read' : 'write'] += CapacityUnits;
          if (commandName.startsWith('Put') && unitsOf(args.input.Item) > CapacityUnits)
            throw new Error(`computed ${unitsOf(args.input.Item)} units, billed ${CapacityUnits}`);
          return answer;
        } catch (error) {
          if (error.name !== 'ConditionalCheckFailedException') throw error;
          meter.write += Math.max(unitsOf(error.Item), unitsOf(args.input.Item));
          throw error;
        }
      },
    { step: 'initialize', name: 'meter' },
  );
  return { client, reset };
}

async function loadLibraries() {
  const peer = await import('@aws-lambda-powertools/idempotency');
  const peerStore = await import('@aws-lambda-powertools/idempotency/dynamodb');
  const ours = await import('../dist/esm/index.js');
  const ourStore = await import('../dist/esm/stores/dynamodb/sdk-layer.js');
  return { Powertools: { ...peer, ...peerStore }, ours: { ...ours, ...ourStore } };
}

async function measure(
  { makeIdempotent, IdempotencyConfig, DynamoDBPersistenceLayer },
  endpoint,
  tableName,
  result,
) {
  const { client, reset } = meteredClient(endpoint);
  let runs = 0;
  const call = makeIdempotent(
    async function listOrders(_event, _context) {
      runs += 1;
      return result;
    },
    {
      persistenceStore: new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: client }),
      config: new IdempotencyConfig({}),
      keyPrefix: 'bench',
    },
  );
  const event = { request: `${Math.random()}` };
  await call(event, lambdaContext);
  const first = reset();
  deepStrictEqual(await call(event, lambdaContext), result);
  deepStrictEqual(runs, 1);
  client.destroy();
  return { first, replay: reset() };
}

const priced = ({ requests, write, read }) => ({
  requests,
  write,
  read,
  units: write + read * READ_SHARE,
  dollarsPerMillion: write * WRITE_PRICE + read * READ_PRICE,
});

/**
 * @returns rows of kind and size, each with requests, units and dollars per million of the first call and the replay of
 *   each library, and whether the goals of its size are reached
 */
export async function costTable(kinds = ['orders', 'uuids', 'tokens']) {
  const libraries = await loadLibraries();
  const database = await startDynalite();
  const setUp = meteredClient(database.endpoint);
  try {
    const tableName = await createTable(setUp.client);
    const rows = [];
    for (const kind of kinds) {
      for (const bytes of sizes) {
        const row = { kind, bytes };
        for (const [name, library] of Object.entries(libraries)) {
          const { first, replay } = await measure(
            library,
            database.endpoint,
            tableName,
            resultOf(kind, bytes),
          );
          row[name] = { first: priced(first), replay: priced(replay) };
        }
        const goal = kind === 'orders' ? goals[bytes] : undefined;
        if (goal) {
          const { first, replay } = row.ours;
          row.goal = { ...goal, isReached: first.units <= goal.first && replay.units <= goal.replay };
        }
        rows.push(row);
      }
    }
    return rows;
  } finally {
    setUp.client.destroy();
    await database.close();
  }
}

function print(rows) {
  const cell = ({ write, read, dollarsPerMillion }) =>
    `${write} W${read ? ` + ${read} R` : ''}  $${dollarsPerMillion.toFixed(2)}`;
  const table = [
    ['result, JSON', 'Powertools first', 'replay', 'ours first', 'replay', ''],
    ...rows.map(({ kind, bytes, Powertools, ours, goal }) => [
      `${bytes / 1_000} KB ${kind}`,
      cell(Powertools.first),
      cell(Powertools.replay),
      cell(ours.first),
      cell(ours.replay),
      goal ? `${goal.isReached ? 'reached' : 'MISSED'}: first ≤ ${goal.first}, replay ≤ ${goal.replay}` : '',
    ]),
  ];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  console.log(
    `DynamoDB, on demand: W write units, R read units (${READ_SHARE} of a write unit), dollars per million calls\n`,
  );
  for (const row of table)
    console.log(
      row
        .map((text, column) => text.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.env.AWS_LAMBDA_FUNCTION_NAME ??= 'bench';
  if (!existsSync(new URL('node_modules', import.meta.url))) {
    const { status } = spawnSync('npm', ['ci'], { cwd: import.meta.dirname, stdio: 'inherit' });
    if (status !== 0) throw new Error('npm ci failed in benchmarks/');
  }
  const rows = await costTable();
  print(rows);
  process.exitCode = rows.every(({ goal }) => goal?.isReached !== false) ? 0 : 1;
}
