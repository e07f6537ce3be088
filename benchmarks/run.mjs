/**
 * `npm run bench`: our library, Powertools and the bare SDK side by side, taking turns. Writes results/latest.json, and
 * from it docs/benchmarks.md and docs/benchmark.svg.
 *
 *   BENCH_ROUNDS=15    rounds, of which the medians are reported; with fewer than 10, everything is short, and nothing
 *                      is written
 *   BENCH_ONLY=replay  a regular expression: measure these rows, and those of the other parts (throughput, memory,
 *                      imports, bundles, costs) only, and write nothing
 *   BENCH_DIST=dir     measure another build than ../dist/esm
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

const rounds = Number(process.env.BENCH_ROUNDS ?? 15);
const isShort = rounds < 10;
const only = process.env.BENCH_ONLY;

// Both libraries read the scope of their keys from it.
process.env.AWS_LAMBDA_FUNCTION_NAME = 'bench';
// Once for each process otherwise.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

if (!existsSync(new URL('node_modules', import.meta.url))) {
  const { status } = spawnSync('npm', ['ci'], { cwd: import.meta.dirname, stdio: 'inherit' });
  if (status !== 0) throw new Error('npm ci failed in benchmarks/');
}

// Imported late: before `npm ci` the peer is not there.
const { benchmark } = await import('./benchmark.mjs');
const { printTables } = await import('./report.mjs');
const { writePages } = await import('./pages.mjs');

// Others' work on the same processor makes ours look dearer than it is: a table from a busy machine says so.
const [loadBefore] = loadavg();

const result = {
  date: new Date().toISOString(),
  node: process.version,
  machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`,
  rounds,
  loadBefore,
  ...(await benchmark({ rounds, isShort, only: new RegExp(only ?? '') })),
};
printTables(result);

if (only === undefined && !isShort) {
  const results = new URL('results/', import.meta.url);
  mkdirSync(results, { recursive: true });
  writeFileSync(new URL('latest.json', results), `${JSON.stringify(result, null, 2)}\n`);
  writePages({ latest: result });
}
