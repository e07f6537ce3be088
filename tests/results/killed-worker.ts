/** A process of killed.test.ts: one run with a large result, until it is killed. */
import { appendFileSync } from 'node:fs';
import { S3Client } from '@aws-sdk/client-s3';
import { makeIdempotent } from '../../src/index.js';
import { s3Results } from '../../src/results/index.js';
import { DynamoDBPersistenceLayer } from '../../src/stores/dynamodb/sdk-layer.js';
import { noise } from '../support/noise.js';
import { clientFor } from '../support/tables.js';

export interface WorkerSetup {
  readonly ledger: string;
  readonly tableName: string;
  readonly database: string;
  readonly scope: string;
  readonly resultBytes: number;
  readonly leaseSeconds: number;
  readonly s3?: { readonly endpoint: string; readonly bucket: string } | undefined;
}

const { ledger, tableName, database, scope, resultBytes, leaseSeconds, s3 } = JSON.parse(
  process.argv[2] ?? '{}',
) as WorkerSetup;

const codec =
  s3 &&
  s3Results({
    bucket: s3.bucket,
    awsSdkV3Client: new S3Client({
      endpoint: s3.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    }),
  });

const bake = makeIdempotent(
  async function bake(_: number) {
    appendFileSync(ledger, 'killed\n');
    return { baker: 'killed', text: noise(resultBytes) };
  },
  {
    // No retries: what is held back is held back once.
    persistenceStore: new DynamoDBPersistenceLayer({
      tableName,
      awsSdkV3Client: clientFor(database, { maxAttempts: 1 }),
    }),
    keyPrefix: scope,
    config: { lease: { seconds: leaseSeconds }, ...(codec && { codec }) },
  },
);

await bake(1);
