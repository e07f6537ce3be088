/**
 * The pages of docs/ whose figures come from benchmarks/results: `node benchmarks/pages.mjs` writes them,
 * `node benchmarks/pages.mjs --check` fails when one says something else. Needs nothing that is installed here.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chartOf } from './chart.mjs';
import { markdownOf as scorecardOf } from './scorecard/table.mjs';

const docs = new URL('../docs/', import.meta.url);
const resultOf = (name) => JSON.parse(readFileSync(new URL(`results/${name}.json`, import.meta.url), 'utf8'));

const time = (micros) => {
  if (micros === undefined) return '';
  return micros < 1_000 ? `${micros.toPrecision(3)} µs` : `${(micros / 1_000).toPrecision(3)} ms`;
};
const ratio = (sample) => sample?.median.toFixed(2) ?? '';
const kilobytes = (bytes) => (bytes === undefined ? '' : `${(bytes / 1_000).toFixed(1)} kB`);
const units = ({ write, read }) => (read > 0 ? `${write} write, ${read} read` : `${write}`);
const dollars = ({ dollarsPerMillion }) => `$${dollarsPerMillion.toFixed(2)}`;

const table = (head, rows) =>
  [head, head.map((_, column) => (column === 0 ? '---' : '--:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

export function benchmarksPage(result) {
  const { date, node, machine, rounds, loadBefore, versions, processor } = result;
  const { roundTrips, throughput, memory, imports, bundles, costs } = result;
  const peer = versions['@aws-lambda-powertools/idempotency'];
  const noise =
    loadBefore > 0.5
      ? `\n**Noisy**: the machine was busy with other work (load average ${loadBefore.toFixed(1)} before the start).\n`
      : '';
  return `# Benchmarks

<!-- Written by \`npm run bench\`, from benchmarks/results/latest.json. -->

\`npm ci && npm run bench\` measures this library, Powertools for AWS Lambda (TypeScript) ${peer} and the bare AWS SDK
side by side, and writes this page. These figures are from ${date.slice(0, 10)}: Node ${node.slice(1)}, ${machine}, AWS
SDK ${versions['@aws-sdk/client-dynamodb']}, ${rounds} rounds. Times differ from machine to machine; the ratios should be similar.
${noise}
The column **bare** is what a careful engineer would write by hand: a conditional \`PutItem\` and a conditional
\`UpdateItem\`, with the key in a field. **Powertools** and **here** (this library) are \`makeIdempotent\` over \`DynamoDBPersistenceLayer\`, without
options.

## Processor time

![Processor time of one call](./benchmark.svg)

Lambda bills processor time, so these figures are the user and system time of the process, without the network. The
answers of a real database (dynalite) are recorded once, and a request handler plays them back to the SDK. The recording
also checks that the function ran once and that the replay is equal. All columns run in one process, take turns of 3 ms
in changing order, and warm up until they get no faster. A round's figure is the lower quintile of its turns, and the
table shows the median of the rounds. Ratios are computed within a round.

${table(
  ['', 'bare', 'Powertools', 'here', 'Powertools / bare', 'here / bare', 'here / Powertools'],
  processor.map(({ name, micros, ratios }) => [
    name,
    ...[micros.bare, micros.peer, micros.ours].map((each) => time(each?.median)),
    ...[ratios['peer/bare'], ratios['ours/bare'], ratios['ours/peer']].map(ratio),
  ]),
)}

The bare hash is SHA-256 over \`JSON.stringify\`, which is not canonical. Powertools uses MD5.

## Requests to the table

${table(
  ['', 'Powertools', 'here'],
  Object.entries(roundTrips).map(([name, each]) => [name, each.peer, each.ours]),
)}

## Throughput

Calls per second of sixteen concurrent callers over HTTP, with dynalite in its own process. The libraries take turns, and
the table shows the upper quintile of the rounds. The database is the bottleneck, so the figures show whether a library
slows it down further.

${table(
  ['', 'bare', 'Powertools', 'here'],
  throughput.map(({ name, perSecond }) => [
    name,
    ...['bare', 'peer', 'ours'].map((column) => perSecond[column].toFixed(0)),
  ]),
)}

## Memory

The heap after batches of ${memory.callsPerBatch.toLocaleString('en')} calls with different keys, half of them replays, after garbage collection:
after the first batch, after the last, and the growth. A library that keeps something of every call would show growth.

${table(
  ['', 'first', 'last', 'per 10,000 calls'],
  [
    ['bare', 'bare'],
    ['Powertools', 'peer'],
    ['here', 'ours'],
  ].map(([name, column]) => {
    const { heapKB, growthKB } = memory.columns[column];
    return [name, `${heapKB.at(0)} KB`, `${heapKB.at(-1)} KB`, `${growthKB.toFixed(0)} KB`];
  }),
)}

## Imports and bundles

Processor time of an import, in a fresh process each time; medians. \`./dynamodb\` includes the AWS SDK's client.

${table(
  ['', 'bare', 'Powertools', 'here'],
  imports.map(({ name, micros }) => [name, time(micros.bare), time(micros.peer), time(micros.ours)]),
)}

Minified with esbuild, without the SDK. An import path is bundled with all of its exports. "Loaded at start" leaves out
what is imported when it is first needed; a bundler with code splitting puts that into another file.

${table(
  ['', 'Powertools', 'here'],
  bundles.map(({ name, bytes }) => [name, kilobytes(bytes.peer), kilobytes(bytes.ours)]),
)}

## The bill

DynamoDB units for one call by the size of its JSON result, and dollars per million calls, on demand in us-east-1
($0.625 per million write units, $0.125 per million read units;
[pricing](https://aws.amazon.com/dynamodb/pricing/on-demand/)). A rejected write is billed by the size of the existing
item, so the cost of a replay depends on the size of its result. \`npm run bench:cost\` measures this part alone.

${table(
  [
    'result',
    'Powertools, first',
    'here, first',
    'Powertools, replay',
    'here, replay',
    'Powertools, million replays',
    'here, million replays',
  ],
  costs.map(({ bytes, Powertools: theirs, ours }) => [
    `${bytes / 1_000} KB`,
    units(theirs.first),
    units(ours.first),
    units(theirs.replay),
    units(ours.replay),
    dollars(theirs.replay),
    dollars(ours.replay),
  ]),
)}

## What it does not show

The time spent waiting for a real table, which is most of a call's time and the same for all. Cold starts of Lambda,
except for the import. How reliable the records are when something fails: see the [scorecard](./scorecard.md).
`;
}

const pagesOf = ({ latest, scorecard }) => ({
  ...(latest && { 'benchmarks.md': benchmarksPage(latest), 'benchmark.svg': chartOf(latest) }),
  ...(scorecard && { 'scorecard.md': scorecardOf(scorecard) }),
});

/** @param results `latest`, `scorecard`, or both: what their JSON holds */
export function writePages(results) {
  for (const [name, page] of Object.entries(pagesOf(results))) writeFileSync(new URL(name, docs), page);
}

/** @returns the names of the pages that say something else */
export const stalePages = (results) =>
  Object.entries(pagesOf(results))
    .filter(([name, page]) => readFileSync(new URL(name, docs), 'utf8') !== page)
    .map(([name]) => name);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = { latest: resultOf('latest'), scorecard: resultOf('scorecard') };
  if (process.argv.includes('--check')) {
    const stale = stalePages(results);
    if (stale.length > 0) {
      console.error(`stale in docs: ${stale.join(', ')}; run \`node benchmarks/pages.mjs\``);
      process.exitCode = 1;
    }
  } else {
    writePages(results);
  }
}
