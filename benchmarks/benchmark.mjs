/** What is measured. */
import { deepStrictEqual } from 'node:assert';
import { executionAsyncId } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { callEvents, eventNamed, hashEvents, lambdaContext } from './events.mjs';
import { loadLibrary, ourBuild, ourModules } from './libraries.mjs';
import { measureCell, measureImports, startWorker } from './measure.mjs';
import { clientBasics, Player } from './player.mjs';
import { record } from './recorder.mjs';

const columnNames = ['bare', 'peer', 'ours'];
const importTimes = 9;

/**
 * The warm-up is not counted. Seen here: the SDK's request path gets faster for its first 2,000 calls, until V8 has
 * optimised it; later cells have less to learn, such as the path of an error.
 */
const callPace = { roundMicros: 300_000, warmUpMicros: 400_000 };
const firstWarmUpMicros = 2_000_000;
const functionPace = { roundMicros: 100_000, warmUpMicros: 100_000 };

const expressions = [
  '[headers."Idempotency-Key", requestContext.authorizer.claims.sub]',
  'powertools_json(body).orderId',
];

/** @param only the rows to measure */
export async function benchmark(rounds, only) {
  const libraries = await Promise.all(columnNames.map(loadLibrary));
  const hooksLeftOn = await whoLeavesHooksOn(libraries);
  const roundTrips = await countRoundTrips(libraries);
  proveExpressions(libraries);
  const cells = [...(await callCells(libraries)), ...hashCells(), ...jmesPathCells()].filter(({ name }) =>
    only.test(name),
  );

  const imports = measureImports('import, cold process', importedModules(), importTimes);
  const worker = startWorker(columnNames);
  try {
    const processor = [];
    for (const [index, cell] of cells.entries()) {
      const warmUpMicros = index === 0 ? firstWarmUpMicros : cell.warmUpMicros;
      processor.push(await measureCell(worker, { ...cell, warmUpMicros }, rounds));
    }
    return { versions: versions(), hooksLeftOn, roundTrips, processor: [...processor, imports] };
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

const importedModules = () => ({
  bare: [import.meta.resolve('@aws-sdk/client-dynamodb')],
  peer: [
    import.meta.resolve('@aws-lambda-powertools/idempotency'),
    import.meta.resolve('@aws-lambda-powertools/idempotency/dynamodb'),
  ],
  ours: [new URL(ourModules.entry, ourBuild).href, new URL(ourModules.store, ourBuild).href],
});

function versions() {
  const require = createRequire(import.meta.url);
  return {
    'lambda-idempotency': require('../package.json').version,
    '@aws-lambda-powertools/idempotency':
      require('./package.json').dependencies['@aws-lambda-powertools/idempotency'],
    '@aws-sdk/client-dynamodb': require('@aws-sdk/client-dynamodb/package.json').version,
  };
}
