/** How many calls per second sixteen concurrent callers get through, over HTTP, with the database in its own process. */
import { strictEqual } from 'node:assert';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { tsImport } from 'tsx/esm/api';
import { eventNamed, lambdaContext } from './events.mjs';
import { runs, tableName } from './libraries.mjs';
import { clientBasics } from './player.mjs';
import { quantile } from './statistics.mjs';

const CALLERS = 16;
const FULL = { rounds: 24, calls: 160 };
const SHORT = { rounds: 2, calls: 64 };
/** What disturbs a machine makes it slower, never faster. */
const SHARE = 0.8;

/** @returns calls per second */
async function callAll(call, events) {
  const waiting = events.values();
  const caller = async () => {
    for (const event of waiting) await call(event, lambdaContext);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return events.length / ((performance.now() - start) / 1_000);
}

/** First calls of new keys and then their replays, libraries in turn; one more round comes first, which is not counted. */
async function takeRounds(columns, { rounds, calls }) {
  for (let round = 0; round <= rounds; round += 1) {
    for (let place = 0; place < columns.length; place += 1) {
      const column = columns[(round + place) % columns.length];
      const events = Array.from({ length: calls }, (_, index) => ({
        ...eventNamed('small'),
        orderId: `ord_${column.name}_${round}_${index}`,
      }));
      const ranBefore = runs.count;
      const first = await callAll(column.call, events);
      const replay = await callAll(column.call, events);
      strictEqual(runs.count - ranBefore, calls, `${column.name}: a replay ran the function`);
      if (round > 0) {
        column.first.push(first);
        column.replay.push(replay);
      }
    }
  }
}

/** @returns calls per second, the upper quintile of the rounds: `[{ name, perSecond: { [column] } }]` */
export async function measureThroughput(libraries, isShort) {
  const { createTable } = await tsImport('../tests/support/tables.ts', import.meta.url);
  const database = fork(fileURLToPath(new URL('database.mjs', import.meta.url)));
  const clients = [];
  try {
    const [endpoint] = await once(database, 'message');
    const columns = [];
    for (const library of libraries) {
      const client = new DynamoDBClient({ ...clientBasics, endpoint });
      clients.push(client);
      // They share the table's name, and must not share records: their keys differ.
      columns.push({ name: library.name, call: library.make(client), first: [], replay: [] });
    }
    await createTable(clients[0], { tableName });
    await takeRounds(columns, isShort ? SHORT : FULL);
    const byColumn = (scenario) =>
      Object.fromEntries(columns.map((column) => [column.name, quantile(column[scenario], SHARE)]));
    return [
      { name: `first call, ${CALLERS} callers`, perSecond: byColumn('first') },
      { name: `replay, ${CALLERS} callers`, perSecond: byColumn('replay') },
    ];
  } finally {
    for (const client of clients) client.destroy();
    database.disconnect();
  }
}
