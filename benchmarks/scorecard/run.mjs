/**
 * `npm run scorecard`: what users of an idempotency library meet, played against this library and against Powertools, on
 * one database, over HTTP, with the real SDK.
 *
 *   SCORECARD_ONLY=lost   a regular expression: play the scenarios with such an id only, and write nothing
 *   SCORECARD_DIST=dir    play another build than ../dist, and write nothing
 *
 *   node benchmarks/scorecard/run.mjs --check   write nothing, and fail if docs/scorecard.md says something else
 *
 * Exits with 1 when this library does not hold what it claims, or when a scenario is broken.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const benchmarks = new URL('../', import.meta.url);
if (!existsSync(new URL('node_modules', benchmarks))) {
  const { status } = spawnSync('npm', ['ci'], { cwd: fileURLToPath(benchmarks), stdio: 'inherit' });
  if (status !== 0) throw new Error('npm ci failed in benchmarks/');
}

// Imported late: before `npm ci` the peer is not there.
const { build } = await import('esbuild');
const { tsImport } = await import('tsx/esm/api');
const { libraryNames, versions } = await import('./libraries.mjs');
const { scenarios } = await import('./scenarios.mjs');
const { failuresOf, printTable } = await import('./table.mjs');
const { stalePages, writePages } = await import('../pages.mjs');

const { startDynalite } = await tsImport('../../tests/support/dynalite.ts', import.meta.url);
const { clientFor, createTable } = await tsImport('../../tests/support/tables.ts', import.meta.url);

const CONCURRENT = 4;
const LIMIT_MS = 60_000;

/** Cheaper for each thread than to compile it there. */
const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('../../tests/support/fault-proxy.ts', import.meta.url))],
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  write: false,
});
const proxyCode = outputFiles[0].text;

const client = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
const env = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AWS_|POWERTOOLS_|IDEMPOTENCY_)/.test(name)),
  ),
  AWS_LAMBDA_FUNCTION_NAME: 'cake-orders',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
};

async function play({ id, sortKeyAttr }, libraryName, database) {
  const admin = clientFor(database.endpoint, client);
  const table = await createTable(admin, { tableName: `${id}-${libraryName}`, sortKeyAttr });
  admin.destroy();
  const workerData = { id, libraryName, endpoint: database.endpoint, table, proxyCode, client };
  // Their standard streams would be ours: what libraries print is in the lab.
  const worker = new Worker(new URL('worker.mjs', import.meta.url), {
    workerData,
    env,
    stdout: true,
    stderr: true,
  });
  let timer;
  try {
    return await new Promise((resolve) => {
      const broken = (evidence) => resolve({ verdict: 'broken', evidence });
      timer = setTimeout(broken, LIMIT_MS, `it did not end within ${LIMIT_MS / 1_000} s`);
      worker.once('message', resolve);
      worker.once('error', (error) => broken(error.stack ?? String(error)));
      worker.once('exit', () => broken('it ended without a verdict'));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

async function playAll(chosen) {
  const database = await startDynalite({ returnsOldItem: true });
  const results = new Map(chosen.map(({ id }) => [id, {}]));
  // Those that wait are started first.
  const waiting = chosen
    .toSorted((one, other) => Number(other.waits ?? false) - Number(one.waits ?? false))
    .flatMap((scenario) => libraryNames.map((libraryName) => ({ scenario, libraryName })));
  const workOff = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { scenario, libraryName } = next;
      results.get(scenario.id)[libraryName] = await play(scenario, libraryName, database);
    }
  };
  try {
    await Promise.all(Array.from({ length: CONCURRENT }, workOff));
  } finally {
    await database.close();
  }
  return chosen.map(({ play: _, ...scenario }) => ({ ...scenario, ...results.get(scenario.id) }));
}

const only = process.env.SCORECARD_ONLY;
const start = performance.now();
const rows = await playAll(scenarios.filter(({ id }) => new RegExp(only ?? '').test(id)));
const card = { versions, rows };
printTable(card);
console.log(`\n${rows.length} scenarios in ${((performance.now() - start) / 1_000).toFixed(0)} s`);

const failures = failuresOf(card);
for (const { id, ours, powertools } of failures) {
  for (const [name, { verdict, evidence }] of Object.entries({ ours, powertools })) {
    if (name === 'ours' || verdict === 'broken')
      console.log(`FAILED  ${id}, ${name}: ${verdict}: ${evidence}`);
  }
}
if (failures.length > 0) process.exitCode = 1;
for (const { id } of rows.filter(({ unclaimed, ours }) => unclaimed && ours.verdict === 'held')) {
  console.log(`NOTE    ${id} holds: claim it, and remove \`unclaimed\``);
}

if (process.argv.includes('--check')) {
  if (stalePages({ scorecard: card }).length > 0) {
    console.log(
      'FAILED  docs/scorecard.md says something else: run `npm run scorecard` and look at the difference',
    );
    process.exitCode = 1;
  }
} else if (only === undefined && process.env.SCORECARD_DIST === undefined) {
  mkdirSync(new URL('results/', benchmarks), { recursive: true });
  writeFileSync(new URL('results/scorecard.json', benchmarks), `${JSON.stringify(card, null, 2)}\n`);
  writePages({ scorecard: card });
}
