import { gzipSync } from 'node:zlib';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResultCodec } from '../../src/core/protocol/codec.js';
import { IdempotencyResultError, makeIdempotent } from '../../src/index.js';
import { compressed, encrypted, s3Results } from '../../src/results/index.js';
import { startTable, type TestTable } from '../support/fault-table.js';
import { noise } from '../support/noise.js';
import { startBucket, type TestBucket } from '../support/s3.js';
import type { RawItem } from '../support/tables.js';
import { KEY, OTHER_KEY } from './codecs.js';

/** What was stored and is not what was written: IdempotencyResultError with the reason; never a run, never a wrong value. */

let table: TestTable;
let bucket: TestBucket;
beforeAll(async () => {
  [table, bucket] = await Promise.all([startTable(), startBucket()]);
});
afterAll(async () => {
  await table.close();
  await bucket.close();
});

const s3 = (codec?: ResultCodec): ResultCodec =>
  s3Results({ bucket: bucket.bucket, awsSdkV3Client: bucket.client(), aboveBytes: 100 }, codec);
const pointerIn = (item: RawItem) => {
  const { bucket: Bucket, key: Key } = JSON.parse(item['data']?.S ?? '{}');
  return { Bucket, Key };
};
const damaged = (bytes: Uint8Array = new Uint8Array()): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy[20] = (copy[20] ?? 0) ^ 1;
  return copy;
};

interface Case {
  readonly codec?: () => ResultCodec;
  /** What a replay is read with, where that is another. */
  readonly reader?: () => ResultCodec;
  /** Changes what lies in the table, or elsewhere. */
  readonly change: (item: RawItem) => RawItem | Promise<RawItem>;
  readonly reason: string;
}

const same = (item: RawItem): RawItem => item;

const cases: Record<string, Case> = {
  'an unknown codec': {
    change: (item) => ({ ...item, codec: { S: 'msgpack' } }),
    reason: 'the stored result was written by codec `msgpack`, which the current codec cannot read',
  },
  'an unknown codec around a known one': {
    change: (item) => ({ ...item, codec: { S: 'json+zstd' } }),
    reason: 'the stored result was written by codec `json+zstd`, which the current codec cannot read',
  },
  "another library's own data": {
    change: ({ codec: _, ...item }) => ({ ...item, data: { M: { secret: { S: 'a' } } } }),
    reason: 'the stored result was written by codec `native`, which the current codec cannot read',
  },
  'JSON that is cut': {
    change: (item) => ({ ...item, data: { S: item['data']?.S?.slice(0, -1) ?? '' } }),
    reason: 'the stored result was not written by codec `json`',
  },
  'a codec that is no longer in use': {
    codec: () => s3(),
    reader: () => compressed(),
    change: same,
    reason: 'the stored result was written by codec `json+s3`, and the current codec cannot read `s3`',
  },
  'a tampered ciphertext': {
    codec: () => encrypted({ key: KEY }),
    change: (item) => ({ ...item, data: { B: damaged(item['data']?.B) } }),
    reason: 'the stored result cannot be decrypted',
  },
  'a ciphertext in place of the plain text that it says to be': {
    codec: () => encrypted({ key: KEY }),
    change: (item) => ({ ...item, codec: { S: 'json' }, data: { S: '"a forged result"' } }),
    reason: 'it was stored without encryption',
  },
  'a key that is not known': {
    codec: () => encrypted({ key: KEY }),
    reader: () => encrypted({ key: OTHER_KEY }),
    change: same,
    reason: 'is unknown',
  },
  'an encrypted result, read without encryption': {
    codec: () => encrypted({ key: KEY }),
    reader: () => compressed(),
    change: same,
    reason: 'and the current codec cannot read `aes-256-gcm`',
  },
  'a missing S3 object': {
    codec: s3,
    change: async (item) => {
      await bucket.client().send(new DeleteObjectCommand(pointerIn(item)));
      return item;
    },
    reason: 'its object is missing in S3',
  },
  'an S3 object with another checksum': {
    codec: s3,
    change: async (item) => {
      await bucket.client().send(new PutObjectCommand({ ...pointerIn(item), Body: '"a forged result"' }));
      return item;
    },
    reason: 'its object in S3 is damaged: its size or checksum does not match',
  },
  'an inflated size past the cap': {
    reader: () => compressed(undefined, { maxInflatedBytes: 1_000 }),
    change: (item) => ({
      ...item,
      codec: { S: 'json+gzip' },
      data: { B: gzipSync(JSON.stringify('x'.repeat(1_000))) },
    }),
    reason: 'the stored result inflates to more than `maxInflatedBytes` (1000 bytes)',
  },
  'a compressed result that is damaged': {
    change: (item) => ({ ...item, codec: { S: 'json+gzip' }, data: { B: damaged(gzipSync('"a result"')) } }),
    reason: 'the stored result is damaged: it cannot be decompressed',
  },
};

describe('a replay of', () => {
  it.each(Object.entries(cases))('%s', async (name, { codec, reader, change, reason }) => {
    let runs = 0;
    const result = { secret: noise(300) };
    const callWith = (used: ResultCodec | undefined) =>
      makeIdempotent(
        async function list(_: number) {
          runs++;
          return result;
        },
        { persistenceStore: table.store(), keyPrefix: name, config: used ? { codec: used } : {} },
      );
    await callWith(codec?.())(1);
    const item = await table.item(name);
    await table.put(await change(item));
    const replaying = callWith((reader ?? codec)?.());
    for (let time = 0; time < 2; time++) {
      const failure = await replaying(1).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(IdempotencyResultError);
      expect(String(failure)).toContain(`is finished and was not run again`);
      expect(String(failure)).toContain(reason);
      expect(String(failure)).not.toContain(result.secret.slice(0, 20));
    }
    expect(runs).toBe(1);
  });
});
