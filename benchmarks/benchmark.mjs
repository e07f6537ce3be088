/** What is measured. */
import { deepStrictEqual } from 'node:assert';
import { executionAsyncId } from 'node:async_hooks';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { costTable } from './cost.mjs';
import { callEvents, eventNamed, hashEvents, lambdaContext } from './events.mjs';
import { loadLibrary } from './libraries.mjs';
import { measureCell, startWorker } from './measure.mjs';
import { measureMemory } from './memory.mjs';
import { measureBundles, measureImports } from './packages.mjs';
import { clientBasics, Player } from './player.mjs';
import { record } from './recorder.mjs';
import { measureThroughput } from './throughput.mjs';

const columnNames = ['bare', 'peer', 'ours'];
/** Over a real connection: the last two with the store's own clients, of the SDK and without. */
const connectionNames = [...columnNames, 'own', 'lite'];

/**
 * The warm-up is not counted. Seen here: the SDK's request path gets faster for its first 2,000 calls, until V8 has
 * optimised it; later cells have less to learn, such as the path of an error.
 */
const callPace = { roundMicros: 300_000, warmUpMicros: 400_000 };
const firstWarmUpMicros = 2_000_000;
const functionPace = { roundMicros: 100_000, warmUpMicros: 100_000 };
const shortWarmUpMicros = 100_000;

const expressions = [
  '[headers."Idempotency-Key", requestContext.authorizer.claims.sub]',
  'powertools_json(body).orderId',
];

/**
 * @param only the rows of the processor time, and the other parts, to measure
 * @param isShort whether the figures are for nobody: little of everything, to see that it works
 */
export async function benchmark({ rounds, isShort, only }) {
  const libraries = await Promise.all(columnNames.map(loadLibrary));
  const part = async (name, measure) => (only.test(name) ? measure() : undefined);
  proveExpressions(libraries);
  return {
    versions: versions(),
    hooksLeftOn: await whoLeavesHooksOn(libraries),
    roundTrips: await countRoundTrips(libraries),
    processor: await measureProcessor(await processorCells(libraries, only), columnNames, {
      rounds,
      isShort,
    }),
    connection: await part('connection', () => measureConnection(libraries, { rounds, isShort })),
    throughput: await part('throughput', () => measureThroughput(libraries, isShort)),
    memory: await part('memory', () => measureMemory(libraries, isShort)),
    imports: await part('imports', () => measureImports(isShort)),
    bundles: await part('bundles', measureBundles),
    costs: await part('costs', () => costTable(['orders'])),
  };
}

const processorCells = async (libraries, only) =>
  [
    ...(await callCells(libraries)),
    ...(await keyedCells(libraries)),
    ...hashCells(),
    ...jmesPathCells(),
  ].filter(({ name }) => only.test(name));

async function measureProcessor(cells, columns, { rounds, isShort }) {
  const worker = startWorker(columns);
  try {
    const rows = [];
    for (const [index, cell] of cells.entries()) {
      const full = index === 0 ? firstWarmUpMicros : cell.warmUpMicros;
      const warmUpMicros = isShort ? Math.min(full, shortWarmUpMicros) : full;
      rows.push(await measureCell(worker, { ...cell, warmUpMicros }, rounds));
    }
    return rows;
  } finally {
    worker.child.kill();
  }
}

/**
 * An `AsyncLocalStorage` that stays in use makes every promise of the process dearer (Node 20: 10 % of a bare SDK
 * request), so that one column's habit would be charged to all: the table has to say so.
 */
async function whoLeavesHooksOn(libraries) {
  for (const library of libraries) {
    await record(library, eventNamed('small'));
    await null;
    // Promises have ids of their own only while somebody listens.
    if (executionAsyncId() !== 0) return library.name;
  }
  return null;
}

async function callCells(libraries) {
  const cells = [];
  for (const event of callEvents) {
    const recorded = {};
    for (const library of libraries) recorded[library.name] = await record(library, eventNamed(event));
    for (const [scenario, label] of Object.entries({ first: 'first call', replay: 'replay' })) {
      const inputs = columnNames.map((column) => [column, { answers: recorded[column][scenario] }]);
      cells.push({
        name: `${label}, ${event} (${sizeOf(eventNamed(event))})`,
        kind: 'call',
        event,
        inputs: Object.fromEntries(inputs),
        columns: columnNames,
        ...callPace,
      });
    }
  }
  return cells;
}

function sizeOf(event) {
  const bytes = Buffer.byteLength(JSON.stringify(event));
  return bytes < 10_000 ? `${bytes} B` : `${Math.round(bytes / 1024)} KB`;
}

/** A key of one's own, as most functions have. */
async function keyedCells(libraries) {
  const rows = [
    ['small', 'eventKey', columnNames],
    ['API Gateway', 'header and claim', ['peer', 'ours']],
  ];
  const cells = [];
  for (const [event, key, columns] of rows) {
    const recorded = {};
    for (const library of libraries.filter(({ name }) => columns.includes(name))) {
      recorded[library.name] = await record(library, eventNamed(event), library.optionsFor?.(key));
    }
    for (const [scenario, label] of Object.entries({ first: 'first call', replay: 'replay' })) {
      cells.push({
        name: `${label}, ${event}, keyed by ${key}`,
        kind: 'call',
        event,
        key,
        inputs: Object.fromEntries(columns.map((name) => [name, { answers: recorded[name][scenario] }])),
        columns,
        ...callPace,
      });
    }
  }
  return cells;
}

/** The stores' own clients get what a client of the user's was answered: the records are the same. */
async function measureConnection(libraries, { rounds, isShort }) {
  const event = 'small';
  const answers = {};
  for (const library of libraries) {
    const recorded = await record(library, eventNamed(event));
    const names = library.name === 'ours' ? ['ours', 'own', 'lite'] : [library.name];
    for (const name of names) {
      for (const scenario of ['first', 'replay']) answers[`${name}, ${scenario}`] = recorded[scenario];
    }
  }
  const server = fork(fileURLToPath(new URL('answers-server.mjs', import.meta.url)), {
    serialization: 'advanced',
  });
  try {
    server.send(answers);
    const [endpoints] = await once(server, 'message');
    const cells = Object.entries({ first: 'first call', replay: 'replay' }).map(([scenario, label]) => ({
      name: `${label}, ${event}, real connection`,
      kind: 'connection',
      event,
      inputs: Object.fromEntries(
        connectionNames.map((name) => [name, { endpoint: endpoints[`${name}, ${scenario}`] }]),
      ),
      columns: connectionNames,
      ...callPace,
    }));
    return await measureProcessor(cells, connectionNames, { rounds, isShort });
  } finally {
    server.disconnect();
  }
}

const hashCells = () =>
  hashEvents.map((event) => ({
    name: `hash of the whole event, ${event}`,
    kind: 'hash',
    event,
    columns: columnNames,
    ...functionPace,
  }));

const jmesPathCells = () =>
  expressions.map((expression) => ({
    name: `JMESPath ${expression.length > 40 ? '[header, claim]' : expression}`,
    kind: 'jmesPath',
    event: 'API Gateway',
    expression,
    columns: ['peer', 'ours'],
    ...functionPace,
  }));

/** A faster search that finds something else would be no achievement. */
function proveExpressions(libraries) {
  const event = eventNamed('API Gateway');
  const [peer, ours] = ['peer', 'ours'].map((name) => libraries.find((library) => library.name === name));
  for (const expression of expressions) {
    deepStrictEqual(ours.jmesPath(expression)(event), peer.jmesPath(expression)(event), expression);
  }
}

async function countRoundTrips(libraries) {
  const event = eventNamed('small');
  const counts = { 'first call': {}, replay: {}, 'replay from the local cache': {} };
  for (const library of libraries.filter(({ name }) => name !== 'bare')) {
    const recorded = await record(library, event);
    const player = new Player();
    const make = (options) =>
      library.make(new DynamoDBClient({ ...clientBasics, requestHandler: player }), options);
    const count = async (call, answers) => {
      player.answers = answers;
      player.requests = 0;
      await call(event, lambdaContext);
      return player.requests;
    };
    const call = make();
    counts['first call'][library.name] = await count(call, recorded.first);
    counts.replay[library.name] = await count(call, recorded.replay);
    const cached = make({ useLocalCache: true });
    await count(cached, recorded.first);
    // Without answers, so that a library that did ask would fail and not only be counted.
    counts['replay from the local cache'][library.name] = await count(cached, {});
  }
  return counts;
}

function versions() {
  const require = createRequire(import.meta.url);
  return {
    'lambda-idempotency': require('../package.json').version,
    '@aws-lambda-powertools/idempotency':
      require('./package.json').dependencies['@aws-lambda-powertools/idempotency'],
    '@aws-sdk/client-dynamodb': require('@aws-sdk/client-dynamodb/package.json').version,
  };
}
