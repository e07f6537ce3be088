/**
 * `npm run bench:batch`: SQS batches of 10 and 100 records, first and as replays, over dynalite in a process of its own:
 * `makeBatchIdempotent` beside Powertools' BatchProcessor with `makeIdempotent` on its record handler, in one process and
 * in turns. Prints milliseconds per batch, and what ours takes of the peer's: wall time, and processor time of this process.
 *
 *   BATCH_ROUNDS=40   how many rounds each column has
 */
import { deepStrictEqual, strictEqual } from 'node:assert';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import {
  IdempotencyConfig as PeerConfig,
  makeIdempotent as peerMakeIdempotent,
} from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer as PeerLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { tsImport } from 'tsx/esm/api';
import { eventNamed, lambdaContext } from './events.mjs';
import { ourBuild, tableName } from './libraries.mjs';
import { clientBasics } from './player.mjs';
import { quantile } from './statistics.mjs';

process.env.AWS_LAMBDA_FUNCTION_NAME = 'bench';
const rounds = Number(process.env.BATCH_ROUNDS ?? 40);
const { makeBatchIdempotent } = await import(new URL('fronts/batch/make-batch-idempotent.js', ourBuild).href);
const { DynamoDBPersistenceLayer } = await import(new URL('stores/dynamodb/sdk-layer.js', ourBuild).href);

let ran = 0;
const handleRecord = async ({ body }) => {
  ran += 1;
  return { orderId: JSON.parse(body).orderId, status: 'accepted' };
};

const ours = (awsSdkV3Client, keyPrefix, options) =>
  makeBatchIdempotent(handleRecord, {
    persistenceStore: new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client }),
    keyPrefix,
    ...options,
  });

const peer = (awsSdkV3Client, options) => {
  const config = new PeerConfig(options);
  const persistenceStore = new PeerLayer({ tableName, awsSdkV3Client });
  const recordHandler = peerMakeIdempotent(handleRecord, { persistenceStore, config, keyPrefix: 'peer' });
  const processor = new BatchProcessor(EventType.SQS);
  return (event, context) => {
    config.registerLambdaContext(context);
    return processPartialResponse(event, recordHandler, processor, { context });
  };
};

const eventKeyJmesPath = 'messageId';
const makers = {
  peer: (client) => peer(client, { eventKeyJmesPath }),
  // The peer starts all records at once.
  'ours, all at once': (client) => ours(client, 'all', { config: { eventKeyJmesPath }, concurrency: 100 }),
  'ours, 10 at a time': (client) => ours(client, 'ten', { config: { eventKeyJmesPath } }),
  'the same, keyed by preset': (client) => ours(client, 'preset', {}),
};

const batchOf = (size, id) => ({
  Records: Array.from({ length: size }, (_, index) => ({
    messageId: `${id}-${index}`,
    receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a',
    body: JSON.stringify({ ...eventNamed('small'), orderId: `${id}-${index}` }),
    attributes: { ApproximateReceiveCount: '1', SentTimestamp: '1', SenderId: 's' },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:orders',
    awsRegion: 'eu-central-1',
  })),
});

const processorMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** One batch, in milliseconds of wall and of processor time. */
const timed = async (handler, event, runs) => {
  const [ranBefore, start, before] = [ran, performance.now(), processorMs()];
  const answer = await handler(event, lambdaContext);
  const sample = { wall: performance.now() - start, processor: processorMs() - before };
  deepStrictEqual(answer, { batchItemFailures: [] });
  strictEqual(ran - ranBefore, runs);
  return sample;
};

const { createTable } = await tsImport('../tests/support/tables.ts', import.meta.url);
const database = fork(fileURLToPath(new URL('database.mjs', import.meta.url)));
const [endpoint] = await once(database, 'message');
const columns = Object.entries(makers).map(([name, make]) => {
  const client = new DynamoDBClient({ ...clientBasics, endpoint });
  return { name, client, handler: make(client) };
});
await createTable(columns[0].client, { tableName });

console.log('batch, median of rounds'.padEnd(28), 'wall ms   processor ms   of the peer’s: wall, processor');
for (const size of [10, 100]) {
  const perRound = size === 10 ? 5 : 1;
  for (const column of columns) column.samples = { first: [], replay: [] };
  // The first rounds warm up.
  for (let round = -8; round < rounds; round += 1) {
    for (let place = 0; place < columns.length; place += 1) {
      const column = columns[(round + 8 + place) % columns.length];
      for (let time = 0; time < perRound; time += 1) {
        const id = `${size}-${column.name}-${round}-${time}`;
        const first = await timed(column.handler, batchOf(size, id), size);
        const replay = await timed(column.handler, batchOf(size, id), 0);
        if (round < 0) continue;
        column.samples.first.push(first);
        column.samples.replay.push(replay);
      }
    }
  }
  for (const kind of ['first', 'replay']) {
    const figures = columns.map(({ name, samples }) => {
      const median = (what) =>
        quantile(
          samples[kind].map((sample) => sample[what]),
          0.5,
        );
      return { name, wall: median('wall'), processor: median('processor') };
    });
    console.log(`\n${size} records, ${kind}`);
    const [base] = figures;
    for (const { name, wall, processor } of figures) {
      const ratios = `${(wall / base.wall).toFixed(2)}, ${(processor / base.processor).toFixed(2)}`;
      console.log(
        `  ${name.padEnd(26)} ${wall.toFixed(2).padStart(7)} ${processor.toFixed(2).padStart(14)}   ${ratios}`,
      );
    }
  }
}
for (const { client } of columns) client.destroy();
database.disconnect();
