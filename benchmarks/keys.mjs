/**
 * Keys and hashes side by side, without calls: `npm run build && node benchmarks/keys.mjs`, after `npm ci` in
 * this folder.
 *
 *   BENCH_ROUNDS=20   rounds, of which the medians are reported
 *   BENCH_DIST=dir    measure another build than ../dist/esm
 *
 * In this process: there is no store and no client that could be in the way.
 */
import { deepStrictEqual } from 'node:assert';
import { createHash } from 'node:crypto';
import { loadavg } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { eventNamed, lambdaContext } from './events.mjs';
import { quantile } from './statistics.mjs';

const ourBuild = process.env.BENCH_DIST
  ? pathToFileURL(`${process.env.BENCH_DIST}/`)
  : new URL('../dist/esm/', import.meta.url);
const fromOurBuild = (path) => import(new URL(path, ourBuild).href);

const orderId = 'powertools_json(body).orderId';

/** What each row may take at most: microseconds, or a ratio of two columns. */
export const goals = {
  preset: { micros: ['preset', 10], ratios: [['preset', 'peer', 1]] },
  // 2.3 times as fast as the peer.
  hash: {
    ratios: [
      ['ours', 'bare', 1.6],
      ['ours', 'peer', 1 / 2.3],
    ],
  },
};

/** The peer's own method (TypeScript calls it private): select, sort, stringify, MD5. */
async function peerHash(eventKeyJmesPath) {
  const { IdempotencyConfig } = await import('@aws-lambda-powertools/idempotency');
  const { DynamoDBPersistenceLayer } = await import('@aws-lambda-powertools/idempotency/dynamodb');
  const { PowertoolsFunctions } = await import('@aws-lambda-powertools/jmespath/functions');
  // Never asked.
  const awsSdkV3Client = new DynamoDBClient({ region: 'eu-central-1' });
  const layer = new DynamoDBPersistenceLayer({ tableName: 'idempotency', awsSdkV3Client });
  const jmesPathOptions = new PowertoolsFunctions();
  layer.configure({ config: new IdempotencyConfig({ eventKeyJmesPath, jmesPathOptions }) });
  return (event) => layer.getHashedIdempotencyKey(event);
}

/** The key of an API Gateway event: what a call computes before its claim. */
export async function presetColumns(event) {
  const { resolveIdentityRules } = await fromOurBuild('core/config/resolve.js');
  const { nodeHost } = await fromOurBuild('fronts/host.js');
  const { hashValue } = await fromOurBuild('core/keys/hash.js');
  const { identityNow } = await fromOurBuild('core/keys/identity.js');
  const { apiGatewayRest } = await fromOurBuild('sources/index.js');
  const source = apiGatewayRest();
  const identify = (config) => {
    const plan = resolveIdentityRules(config, nodeHost);
    return () => identityNow(plan, 'bench', event, lambdaContext);
  };
  const peer = await peerHash(orderId);
  return {
    peer: () => peer(event),
    /** The same expression here. */
    expression: identify({ eventKeyJmesPath: orderId }),
    preset: () => {
      const reading = source.resolve(event, lambdaContext).read(event, lambdaContext);
      // As core/keys/identity.ts does it: no scope of the user's, and the source's.
      return hashValue(reading.key, 'sha256', ['0', reading.madeBy, ...reading.scope]);
    },
    /** As a call does it: the peer's counterpart would be `payloadValidationJmesPath`, which is not in its column. */
    'preset and fingerprint': identify({ source }),
  };
}

/** The hash of a whole event. */
export async function hashColumns(event) {
  const { hashValue } = await fromOurBuild('core/keys/hash.js');
  const peer = await peerHash('');
  return {
    /** Not canonical: what hashing costs at the very least. */
    bare: () => createHash('sha256').update(JSON.stringify(event)).digest('base64url'),
    peer: () => peer(event),
    ours: () => hashValue(event),
  };
}

const turnMicros = 3_000;

function processorMicros(work, repetitions) {
  const before = process.cpuUsage();
  for (let done = 0; done < repetitions; done += 1) work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** How many repetitions fill a turn, when V8 has optimised the work. */
function warmUp(work, leastMicros) {
  let repetitions = 1;
  for (let spent = 0; spent < leastMicros; ) {
    const micros = processorMicros(work, repetitions);
    spent += micros;
    if (micros < turnMicros) repetitions *= 2;
  }
  return Math.max(1, repetitions / 2);
}

/**
 * Columns in turn, another one first each time. What disturbs a machine makes turns dearer, never cheaper: a round's
 * figure is the lower quintile of its turns, and ratios are taken within a round.
 *
 * @returns microseconds of processor time by column, one for each round
 */
export function measure(columns, { rounds = 20, turns = 15, warmUpMicros = 500_000 } = {}) {
  const entries = Object.entries(columns).map(([name, work]) => ({ name, work, samples: [] }));
  for (const entry of entries) entry.repetitions = warmUp(entry.work, warmUpMicros);
  for (let round = 0; round < rounds; round += 1) {
    const taken = new Map(entries.map((entry) => [entry, []]));
    for (let turn = 0; turn < turns; turn += 1) {
      for (let place = 0; place < entries.length; place += 1) {
        const entry = entries[(round + turn + place) % entries.length];
        taken.get(entry).push(processorMicros(entry.work, entry.repetitions) / entry.repetitions);
      }
    }
    for (const entry of entries) entry.samples.push(quantile(taken.get(entry), 0.2));
  }
  return Object.fromEntries(entries.map(({ name, samples }) => [name, samples]));
}

const ratioOf = (samples, above, below) =>
  quantile(
    samples[above].map((sample, round) => sample / samples[below][round]),
    0.5,
  );

/** Which goals the samples reach. */
export function judge(samples, { micros, ratios }) {
  const limits = ratios.map(([above, below, limit]) => ({
    what: `${above}/${below}`,
    measured: ratioOf(samples, above, below),
    limit,
  }));
  if (micros) {
    const [column, limit] = micros;
    limits.push({ what: `${column}, µs`, measured: quantile(samples[column], 0.5), limit });
  }
  return limits.map((each) => ({ ...each, isReached: each.measured <= each.limit }));
}

function report(title, samples, goal) {
  console.log(`\n${title}`);
  for (const [name, each] of Object.entries(samples)) {
    const [median, p25, p75] = [0.5, 0.25, 0.75].map((share) => quantile(each, share).toPrecision(4));
    console.log(`  ${name.padEnd(24)} ${median} µs (${p25}–${p75})`);
  }
  const judged = judge(samples, goal);
  for (const { what, measured, limit, isReached } of judged) {
    console.log(
      `  ${isReached ? 'reached' : 'MISSED '}  ${what} ${measured.toFixed(3)}, at most ${limit.toFixed(3)}`,
    );
  }
  return judged.every(({ isReached }) => isReached);
}

/** @returns whether all goals are reached */
export async function measureKeys(rounds) {
  const gateway = await presetColumns(eventNamed('API Gateway'));
  // A key that is not one would be fast.
  deepStrictEqual(gateway.preset(), gateway['preset and fingerprint']().key.slice('bench#'.length));
  // The small ones first: megabytes make V8 collect the shapes of objects that optimised code rests on.
  const isPresetReached = report('key of an API Gateway event', measure(gateway, { rounds }), goals.preset);
  let areHashesReached = true;
  for (const name of ['1.3 MB', '1.3 MB, every key name distinct']) {
    const samples = measure(await hashColumns(eventNamed(name)), { rounds, turns: 5 });
    // The second is beside the goal: maps keyed by an id.
    if (!report(`hash of ${name}`, samples, goals.hash) && name === '1.3 MB') areHashesReached = false;
  }
  return isPresetReached && areHashesReached;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.env.AWS_LAMBDA_FUNCTION_NAME ??= 'bench';
  const [load] = loadavg();
  console.log(`Node ${process.version}, load average ${load.toFixed(1)}${load > 0.5 ? ': NOISY' : ''}`);
  process.exitCode = (await measureKeys(Number(process.env.BENCH_ROUNDS ?? 20))) ? 0 : 1;
}
