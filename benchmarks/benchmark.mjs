/** What is measured, and the proof that each column really does it. */
import { deepStrictEqual, strictEqual } from 'node:assert';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { apiGatewayEvent, distinctKeysEvent, events, lambdaContext } from './events.mjs';
import { libraries, ourBuild, ourModules, runs } from './libraries.mjs';
import { measure, measureImports } from './measure.mjs';
import { clientBasics, Player, Recorder, withTable } from './recorder.mjs';

/** The calls' figures matter most and are the noisiest; the rest is one synchronous function each. */
const callRoundMicros = 450_000;
const functionRoundMicros = 100_000;

const expressions = [
  '[headers."Idempotency-Key", requestContext.authorizer.claims.sub]',
  'powertools_json(body).orderId',
];

export async function benchmark({ rounds, importTimes }) {
  const roundTrips = await countRoundTrips();
  const imports = measureImports('import, cold process', importedModules(), importTimes);
  const cells = [...(await callCells()), ...hashCells(), ...jmesPathCells()];
  return { versions: versions(), roundTrips, processor: [...(await measure(cells, rounds)), imports] };
}

/** Records what a first call and its replay are answered, with the library itself as the writer of the record. */
async function record(library, event) {
  return withTable(async (endpoint) => {
    const recorder = new Recorder(endpoint);
    const client = new DynamoDBClient({ ...clientBasics, requestHandler: recorder });
    const call = library.make(client);
    const ranBefore = runs.count;
    const firstResult = await call(event, lambdaContext);
    const first = recorder.take();
    const replayed = await call(event, lambdaContext);
    const replay = recorder.take();
    strictEqual(runs.count - ranBefore, 1, `${library.name}: the replay ran the function`);
    deepStrictEqual(replayed, firstResult, `${library.name}: the replay differs from the first result`);
    return { first, replay };
  });
}

async function callCells() {
  const cells = [];
  for (const { name, bytes, event } of events) {
    const columns = { first: {}, replay: {} };
    for (const library of Object.values(libraries)) {
      const recorded = await record(library, event);
      for (const scenario of ['first', 'replay']) {
        const player = new Player();
        player.answers = recorded[scenario];
        const call = library.make(new DynamoDBClient({ ...clientBasics, requestHandler: player }));
        await proveScenario(library.name, scenario, () => call(event, lambdaContext));
        columns[scenario][library.name] = async (repetitions) => {
          for (let done = 0; done < repetitions; done += 1) await call(event, lambdaContext);
        };
      }
    }
    const size = bytes < 10_000 ? `${bytes} B` : `${Math.round(bytes / 1024)} KB`;
    cells.push({ name: `first call, ${name} (${size})`, roundMicros: callRoundMicros, columns: columns.first });
    cells.push({ name: `replay, ${name} (${size})`, roundMicros: callRoundMicros, columns: columns.replay });
  }
  return cells;
}

/** Twice, because a library may remember the first time: what is timed is the thousandth call. */
async function proveScenario(column, scenario, call) {
  const ranBefore = runs.count;
  await call();
  await call();
  const expected = scenario === 'first' ? 2 : 0;
  strictEqual(runs.count - ranBefore, expected, `${column}: the played-back ${scenario} is none`);
}

async function countRoundTrips() {
  const { event } = events[0];
  const counts = { 'first call': {}, replay: {}, 'replay from the local cache': {} };
  for (const library of [libraries.peer, libraries.ours]) {
    const recorded = await record(library, event);
    const player = new Player();
    const client = () => new DynamoDBClient({ ...clientBasics, requestHandler: player });
    const count = async (call, answers) => {
      player.answers = answers;
      player.requests = 0;
      await call(event, lambdaContext);
      return player.requests;
    };
    const call = library.make(client());
    counts['first call'][library.name] = await count(call, recorded.first);
    counts.replay[library.name] = await count(call, recorded.replay);
    const cached = library.make(client(), { useLocalCache: true });
    await count(cached, recorded.first);
    // Without answers, so that a library that did ask would fail and not only be counted.
    counts['replay from the local cache'][library.name] = await count(cached, new Map());
  }
  return counts;
}

function hashCells() {
  const bareHash = (event) => createHash('sha256').update(JSON.stringify(event)).digest('base64url');
  const subjects = [...events, { name: '1.3 MB, every key name distinct', event: distinctKeysEvent }];
  return subjects.map(({ name, event }) => ({
    name: `hash of the whole event, ${name}`,
    roundMicros: functionRoundMicros,
    columns: {
      bare: repeat(() => bareHash(event)),
      peer: repeat(() => libraries.peer.hash(event)),
      ours: repeat(() => libraries.ours.hash(event)),
    },
  }));
}

function jmesPathCells() {
  return expressions.map((expression) => {
    const peer = libraries.peer.jmesPath(expression);
    const ours = libraries.ours.jmesPath(expression);
    deepStrictEqual(ours(apiGatewayEvent), peer(apiGatewayEvent), `${expression}: the libraries disagree`);
    return {
      name: `JMESPath ${expression.length > 40 ? '[header, claim]' : expression}`,
      roundMicros: functionRoundMicros,
      columns: { peer: repeat(() => peer(apiGatewayEvent)), ours: repeat(() => ours(apiGatewayEvent)) },
    };
  });
}

/** Not through `await`: a turn of the event loop costs as much as what is measured here. */
function repeat(work) {
  return (repetitions) => {
    for (let done = 0; done < repetitions; done += 1) work();
  };
}

function importedModules() {
  const sdk = import.meta.resolve('@aws-sdk/client-dynamodb');
  return {
    bare: [sdk],
    peer: [
      import.meta.resolve('@aws-lambda-powertools/idempotency'),
      import.meta.resolve('@aws-lambda-powertools/idempotency/dynamodb'),
    ],
    ours: [new URL(ourModules.entry, ourBuild).href, new URL(ourModules.store, ourBuild).href],
  };
}

function versions() {
  const versionOf = (name) => createRequire(import.meta.url)(`${name}/package.json`).version;
  return {
    'lambda-idempotency': createRequire(import.meta.url)('../package.json').version,
    '@aws-lambda-powertools/idempotency': '2.35.0',
    '@aws-sdk/client-dynamodb': versionOf('@aws-sdk/client-dynamodb'),
  };
}
