/** Answers of a real database in this process (dynalite), with the library itself as the writer of its record. */
import { deepStrictEqual, strictEqual } from 'node:assert';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { tsImport } from 'tsx/esm/api';
import { lambdaContext } from './events.mjs';
import { runs, tableName } from './libraries.mjs';
import { clientBasics, operationOf, Player, responseFrom } from './player.mjs';

// The tests' database: it returns the refused item, which both libraries rely on and dynalite leaves out.
const { startDynalite } = await tsImport('../tests/support/dynalite.ts', import.meta.url);
const { createTable } = await tsImport('../tests/support/tables.ts', import.meta.url);

/** Passes requests on to `endpoint` and keeps the last answer to each operation. */
class Recorder {
  #answers = {};

  constructor(endpoint) {
    this.endpoint = endpoint;
  }

  /** What was answered since the last call, by operation. */
  take() {
    const taken = this.#answers;
    this.#answers = {};
    return taken;
  }

  async handle(request) {
    const { host: _, 'content-length': __, ...headers } = request.headers;
    const response = await fetch(this.endpoint, { method: request.method, headers, body: request.body });
    const answer = {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    };
    this.#answers[operationOf(request)] = answer;
    return { response: responseFrom(answer) };
  }
}

/** What the library is answered on a first call and on its replay, and the proof that they are one. */
export async function record(library, event, options) {
  const recorded = await withTable(async (endpoint) => {
    const recorder = new Recorder(endpoint);
    const call = library.make(new DynamoDBClient({ ...clientBasics, requestHandler: recorder }), options);
    const ranBefore = runs.count;
    const result = await call(event, lambdaContext);
    const first = recorder.take();
    deepStrictEqual(await call(event, lambdaContext), result, `${library.name}: another result on replay`);
    strictEqual(runs.count - ranBefore, 1, `${library.name}: the replay ran the function`);
    return { first, replay: recorder.take() };
  });
  await proveScenario(library, event, options, recorded.first, 1);
  await proveScenario(library, event, options, recorded.replay, 0);
  return recorded;
}

/** Played back, again and again, it must still be what it was: a library may remember the time before. */
async function proveScenario(library, event, options, answers, runsPerCall) {
  const client = new DynamoDBClient({ ...clientBasics, requestHandler: new Player(answers) });
  const call = library.make(client, options);
  const ranBefore = runs.count;
  for (let time = 0; time < 3; time += 1) await call(event, lambdaContext);
  strictEqual(runs.count - ranBefore, 3 * runsPerCall, `${library.name}: not what was recorded`);
}

/** An empty table for each recording, so that none meets what another one wrote. */
async function withTable(use) {
  const database = await startDynalite();
  const client = new DynamoDBClient({ ...clientBasics, endpoint: database.endpoint });
  try {
    await createTable(client, { tableName });
    return await use(database.endpoint);
  } finally {
    client.destroy();
    await database.close();
  }
}
