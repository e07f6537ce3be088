/**
 * The network, taken out. Answers are recorded once from a real database in this process (dynalite), then
 * played back to the SDK, so that what is left to measure is processor work: the library's and the SDK's.
 */
import { Readable } from 'node:stream';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { tsImport } from 'tsx/esm/api';

// The tests' database: it returns the refused item, which both libraries rely on and dynalite leaves out.
const { startDynalite } = await tsImport('../tests/helpers/dynalite.ts', import.meta.url);
const { createTable } = await tsImport('../tests/helpers/tables.ts', import.meta.url);

export const tableName = 'idempotency';

const operationOf = (request) => request.headers['x-amz-target'].split('.')[1];

/** Runs `use` against an empty table of its own, so that no recording sees what another one wrote. */
export async function withTable(use) {
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

/** The same for every column, so that signing and endpoint work are the same too. */
export const clientBasics = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
};

/** Passes requests on to `endpoint` and keeps the last answer to each operation. */
export class Recorder {
  answers = new Map();

  constructor(endpoint) {
    this.endpoint = endpoint;
  }

  /** What was answered since the last call, by operation. */
  take() {
    const taken = this.answers;
    this.answers = new Map();
    return taken;
  }

  async handle(request) {
    const { host: _, 'content-length': __, ...headers } = request.headers;
    const answer = await fetch(this.endpoint, { method: request.method, headers, body: request.body });
    const recorded = {
      statusCode: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: Buffer.from(await answer.arrayBuffer()),
    };
    this.answers.set(operationOf(request), recorded);
    return { response: responseFrom(recorded) };
  }
}

/** Answers from a recording and counts the requests. An operation that was not recorded is an error, not a guess. */
export class Player {
  requests = 0;
  answers = new Map();

  async handle(request) {
    this.requests += 1;
    const recorded = this.answers.get(operationOf(request));
    if (!recorded) throw new Error(`no answer was recorded for ${operationOf(request)}`);
    return { response: responseFrom(recorded) };
  }
}

/** A stream, not bytes: Node's own request handler hands the SDK a stream, and reading it is SDK work. */
function responseFrom({ statusCode, headers, body }) {
  const stream = new Readable({ read() {} });
  stream.push(body);
  stream.push(null);
  return { statusCode, headers: { ...headers }, body: stream };
}
