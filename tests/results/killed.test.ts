import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { IdempotencyAlreadyInProgressError } from '../../src/index.js';
import { s3Results } from '../../src/results/index.js';
import { DynamoDBPersistenceLayer } from '../../src/stores/dynamodb/sdk-layer.js';
import { createIdempotency, ManualClock } from '../../src/testing/index.js';
import type { LocalDatabase } from '../support/dynalite.js';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { noise } from '../support/noise.js';
import { startBucket, type TestBucket } from '../support/s3.js';
import { clientFor, createTable, scan, testEndpoint } from '../support/tables.js';
import type { WorkerSetup } from './killed-worker.js';

const worker = fileURLToPath(new URL('./killed-worker.ts', import.meta.url));
const LEASE_SECONDS = 60;

let database: LocalDatabase;
let bucket: TestBucket;
const folder = mkdtempSync(join(tmpdir(), 'killed-'));
beforeAll(async () => {
  [database, bucket] = await Promise.all([testEndpoint(), startBucket({ standIn: true })]);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await database.close();
  await bucket.close();
});

/** Requests to the database in the order in which a first call makes them; the settle is the one that updates. */
const isSettle = (operation: string): boolean => operation === 'UpdateItem';
const partIn = (operation: string, body: string): string | undefined =>
  operation === 'PutItem' ? /\/(\d+)"\}/.exec(body)?.[1] : undefined;

interface Point {
  readonly resultBytes: number;
  readonly inS3?: boolean;
  /** The request that is held back for ever; the process is killed when it comes. */
  readonly holds?: (operation: string, body: string) => boolean;
  readonly before?: (proxy: FaultProxy) => void;
  /** What lies in the table and in S3 at that moment. */
  readonly left: { readonly status: string; readonly parts: number; readonly objects: number };
}

const points: Record<string, Point> = {
  'after the S3 write, before the settle': {
    resultBytes: 100_000,
    inS3: true,
    holds: isSettle,
    left: { status: 'INPROGRESS', parts: 0, objects: 1 },
  },
  'after the result item, before the settle': {
    resultBytes: 20_000,
    holds: isSettle,
    left: { status: 'INPROGRESS', parts: 1, objects: 0 },
  },
  'between the result items': {
    resultBytes: 1_000_000,
    holds: (operation, body) => partIn(operation, body) === '2',
    left: { status: 'INPROGRESS', parts: 1, objects: 0 },
  },
  'before the settle of a small result': {
    resultBytes: 100,
    holds: isSettle,
    left: { status: 'INPROGRESS', parts: 0, objects: 0 },
  },
  'after the settle, whose answer was on its way': {
    resultBytes: 20_000,
    before: (proxy) => proxy.inject({ operation: 'UpdateItem', kind: 'hang-after-apply' }),
    left: { status: 'COMPLETED', parts: 1, objects: 0 },
  },
};

const stateOf = async (
  client: DynamoDBClient,
  tableName: string,
): Promise<Omit<Point['left'], 'objects'>> => {
  const items = await scan(client, tableName);
  const records = items.filter(({ status }) => status);
  return { status: records[0]?.['status']?.S ?? 'none', parts: items.length - records.length };
};

it.each(Object.entries(points))(
  'kill -9 %s: the next try runs once the lease is over, or replays; never half a result',
  async (name, { resultBytes, inS3 = false, holds, before, left }) => {
    let isHeld = !holds;
    const proxy = await startFaultProxy(database.endpoint, {
      onRequest: async (operation, body) => {
        if (!holds?.(operation, body)) return;
        isHeld = true;
        await new Promise(() => {});
      },
    });
    before?.(proxy);
    const direct = clientFor(database.endpoint);
    const tableName = await createTable(direct);
    const ledger = join(folder, randomUUID());
    const runs = (): string[] => readFileSync(ledger, 'utf8').trim().split('\n');
    const setup: WorkerSetup = {
      ledger,
      tableName,
      database: proxy.endpoint,
      scope: name,
      resultBytes,
      leaseSeconds: LEASE_SECONDS,
      ...(inS3 && { s3: { endpoint: bucket.endpoint, bucket: bucket.bucket } }),
    };
    const objectsBefore = (await bucket.keys()).length;

    const child = fork(worker, [JSON.stringify(setup)], {
      execArgv: ['--import', 'tsx'],
      env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    });
    const ended = once(child, 'exit');
    const { objects, ...inTable } = left;
    while (!isHeld || !isDeepStrictEqual(await stateOf(direct, tableName), inTable)) {
      if (child.exitCode !== null) throw new Error(`the worker ended by itself: ${child.exitCode}`);
      await sleep(5);
    }
    child.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect((await bucket.keys()).length - objectsBefore).toBe(objects);

    const clock = new ManualClock(Date.now());
    const codec = s3Results({ bucket: bucket.bucket, awsSdkV3Client: bucket.client() });
    const bake = createIdempotency({ clock }).makeIdempotent(
      async function bake(_: number) {
        appendFileSync(ledger, 'next\n');
        return { baker: 'next', text: noise(resultBytes) };
      },
      {
        persistenceStore: new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: direct }),
        keyPrefix: name,
        config: inS3 ? { codec } : {},
      },
    );
    const isSettled = left.status === 'COMPLETED';
    if (!isSettled) {
      // Its lease protects it: no effect is repeated.
      await expect(bake(1)).rejects.toBeInstanceOf(IdempotencyAlreadyInProgressError);
      expect(runs()).toEqual(['killed']);
      await clock.advance((LEASE_SECONDS + 1) * 1_000);
    }
    const outcome = (await bake(1)) as { baker: string; text: string };
    expect([outcome.baker, outcome.text.length]).toEqual([isSettled ? 'killed' : 'next', resultBytes]);
    expect(await bake(1)).toEqual(outcome);
    expect(runs()).toEqual(isSettled ? ['killed'] : ['killed', 'next']);
    direct.destroy();
    await proxy.close();
  },
  60_000,
);
