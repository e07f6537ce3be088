import assert from 'node:assert/strict';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResultCodec } from '../../src/core/protocol/codec.js';
import { IdempotencyResultError, makeIdempotent } from '../../src/index.js';
import { compressed, s3Results } from '../../src/results/index.js';
import { DynamoDBPersistenceLayer } from '../../src/stores/dynamodb/sdk-layer.js';
import type { LocalDatabase } from '../support/dynalite.js';
import { noise } from '../support/noise.js';
import { startBucket, type TestBucket } from '../support/s3.js';
import { clientFor, createTable, type RawItem, scan, testEndpoint } from '../support/tables.js';

let database: LocalDatabase;
let client: DynamoDBClient;
let bucket: TestBucket;
beforeAll(async () => {
  database = await testEndpoint();
  client = clientFor(database.endpoint);
  bucket = await startBucket();
});
afterAll(async () => {
  client.destroy();
  await database.close();
  await bucket.close();
});

const sizes = ['1 KB', '20 KB', '100 KB', '399 KB', '401 KB', '900 KB', '6 MB'];
const bytesOf = (size: string): number => {
  const [count, unit] = size.split(' ');
  return Number(count) * (unit === 'MB' ? 1_024 * 1_024 : 1_024);
};

/** JSON of so many bytes. */
const makers = {
  orders: (bytes: number): unknown => {
    const order = (number: number) => ({
      id: `ord_${noise(8)}`,
      cake: ['lemon', 'carrot', 'cherry'][number % 3],
      price: (number * 37) % 1_000,
      address: 'Getreidegasse 9, Salzburg',
    });
    const orders = [order(1)];
    let length = JSON.stringify(orders).length;
    for (let number = 2; length < bytes - 150; number++) {
      const next = order(number);
      orders.push(next);
      length += JSON.stringify(next).length + 1;
    }
    return [...orders, 'x'.repeat(bytes - length - 3)];
  },
  noise: (bytes: number): unknown => noise(bytes - 2),
};

interface Seen {
  readonly record: RawItem;
  readonly parts: number;
  readonly first: unknown;
  readonly replay: unknown;
  readonly runs: number;
}

const callTwice = async (result: unknown, codec?: ResultCodec): Promise<Seen> => {
  const tableName = await createTable(client);
  let runs = 0;
  const list = makeIdempotent(
    async (_request: { id: number }): Promise<unknown> => {
      runs++;
      return result;
    },
    {
      persistenceStore: new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: client }),
      keyPrefix: 'list',
      config: codec ? { codec } : {},
    },
  );
  const first = await list({ id: 1 });
  const replay = await list({ id: 1 }).catch((error: unknown) => error);
  const items = await scan(client, tableName);
  const [record, ...others] = items.filter(({ status }) => status);
  if (!record || others.length > 0) throw new Error('not one record');
  return { record, parts: items.length - 1, first, replay, runs };
};

describe('a result of', () => {
  /** Where the data lies: with the record, in so many parts beside it, in S3, or nowhere. */
  const places: Record<string, Record<string, readonly [kind: keyof typeof makers, place: string][]>> = {
    'the default codec': {
      '1 KB': [
        ['orders', 'record json+br'],
        ['noise', 'record json+br'],
      ],
      '20 KB': [
        ['orders', 'record json+br'],
        ['noise', '1 json+br+parts'],
      ],
      '100 KB': [
        ['orders', '1 json+br+parts'],
        ['noise', '1 json+br+parts'],
      ],
      '399 KB': [['noise', '1 json+br+parts']],
      '401 KB': [['noise', '1 json+br+parts']],
      '900 KB': [['noise', '2 json+br+parts']],
      '6 MB': [['orders', '2 json+br+parts']],
    },
    's3Results, compressed': {
      '1 KB': [['noise', 'record json+br']],
      '20 KB': [['noise', '1 json+br+parts']],
      '100 KB': [
        ['orders', '1 json+br+parts'],
        ['noise', 'S3 json+br+s3'],
      ],
      '399 KB': [['noise', 'S3 json+br+s3']],
      '401 KB': [['noise', 'S3 json+br+s3']],
      '900 KB': [['noise', 'S3 json+br+s3']],
      '6 MB': [
        ['orders', 'S3 json+br+s3'],
        ['noise', 'S3 json+br+s3'],
      ],
    },
    's3Results alone': {
      '20 KB': [['orders', '1 json+parts']],
      '100 KB': [['orders', 'S3 json+s3']],
      '401 KB': [['noise', 'S3 json+s3']],
      '6 MB': [['noise', 'S3 json+s3']],
    },
  };
  const codecFor = (name: string): ResultCodec | undefined => {
    const s3 = () => s3Results({ bucket: bucket.bucket, awsSdkV3Client: bucket.client() });
    if (name === 'the default codec') return undefined;
    return name === 's3Results alone' ? s3() : compressed(s3());
  };
  const rows = Object.entries(places).flatMap(([codec, bySize]) =>
    Object.entries(bySize).flatMap(([size, cells]) =>
      cells.map(([kind, place]) => [size, kind, codec, place] as const),
    ),
  );

  it.each(rows)(
    '%s of %s, with %s: one run, its record settled, and a replay that equals it (%s)',
    async (...row) => {
      const [size, kind, codec, place] = row;
      const result = makers[kind](bytesOf(size));
      expect(JSON.stringify(result)).toHaveLength(bytesOf(size));
      const { record, parts, first, replay, runs } = await callTwice(result, codecFor(codec));
      assert.equal(first, result);
      assert.deepStrictEqual(replay, result);
      expect(runs).toBe(1);
      expect(record['status']).toEqual({ S: 'COMPLETED' });
      const name = record['codec']?.S ?? '';
      const where = parts > 0 ? parts : name.endsWith('+s3') ? 'S3' : 'record';
      expect(`${where} ${name}`).toBe(place);
    },
  );

  it('P6: 6 MB that compression does not help, without S3: one run, its record settled, and replays that say why', async () => {
    const result = makers.noise(bytesOf('6 MB'));
    const { record, parts, first, replay, runs } = await callTwice(result);
    assert.equal(first, result);
    expect(replay).toBeInstanceOf(IdempotencyResultError);
    expect(String(replay)).toContain('larger than 4 MB');
    expect([runs, parts, record['status']]).toEqual([1, 0, { S: 'COMPLETED' }]);
    expect(record['not_stored']?.S).toContain('larger than 4 MB');
  });

  it('every size was tried with the default codec and with S3', () => {
    for (const codec of ['the default codec', 's3Results, compressed']) {
      expect(Object.keys(places[codec] ?? {})).toEqual(sizes);
    }
  });
});
