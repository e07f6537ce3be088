import assert from 'node:assert/strict';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ResultCodec } from '../../src/core/protocol/codec.js';
import { startBucket, type TestBucket } from '../support/s3.js';
import { anyResult } from '../support/values.js';
import { Box, claimOf, combinations, wrapped, wrapsFor } from './codecs.js';

const names = ['br', 'gzip', 'aes-256-gcm', 's3', 'serialized'];

let bucket: TestBucket;
beforeAll(async () => {
  bucket = await startBucket();
});
afterAll(() => bucket.close());

/** Padded, so that it compresses; `stages` must all have had their turn. */
const roundTrip = async (codec: ResultCodec, value: unknown, stages: readonly string[]): Promise<unknown> => {
  const claim = claimOf();
  const encoded = await codec.encode(value, claim);
  for (const stage of stages) expect(`${encoded.codec}+`).toMatch(new RegExp(`\\b${stage}[+:]`));
  return codec.decode(encoded, claim);
};

describe('P7: a result comes back deep-strict-equal through', () => {
  it.each(combinations(names).map((set) => [set.join(' and ') || 'typed JSON alone', set] as const))(
    '%s',
    async (_, set) => {
      const codec = wrapped(wrapsFor(bucket), set);
      const isOfModels = set.includes('serialized');
      await fc.assert(
        fc.asyncProperty(anyResult, async (value) => {
          const padded = { value, padding: 'cake '.repeat(100) };
          const result = isOfModels ? new Box(padded) : padded;
          assert.deepStrictEqual(await roundTrip(codec, result, set), result);
          const bare = isOfModels ? new Box(value) : value;
          assert.deepStrictEqual(await roundTrip(codec, bare, []), bare);
        }),
        { numRuns: set.includes('s3') ? 10 : 50 },
      );
    },
  );
});

describe('the order in which codecs go around each other', () => {
  it.each([
    [['br', 's3'], 'json+br+s3'],
    [['s3', 'br'], 'json+br+s3'],
    [['gzip', 'aes-256-gcm', 's3', 'serialized'], 'serialized+json+gzip+aes-256-gcm:*+s3'],
    [['serialized', 's3', 'aes-256-gcm', 'gzip'], 'serialized+json+gzip+aes-256-gcm:*+s3'],
    [['aes-256-gcm', 'br'], 'json+br+aes-256-gcm:*'],
  ])('%j: what is done stands in the name, and is the same', async (set, name) => {
    const codec = wrapped(wrapsFor(bucket), set);
    const result = { orders: Array.from({ length: 20 }, (_, index) => ({ index, cake: 'lemon' })) };
    const encoded = await codec.encode(set.includes('serialized') ? new Box(result) : result, claimOf());
    expect(encoded.codec.replace(/:[^+]+/, ':*')).toBe(name);
  });

  it('what one order wrote, another reads', async () => {
    const wraps = wrapsFor(bucket);
    const claim = claimOf();
    const encoded = await wrapped(wraps, ['br', 'aes-256-gcm', 's3']).encode({ cake: 1 }, claim);
    expect(await wrapped(wraps, ['s3', 'aes-256-gcm', 'gzip']).decode(encoded, claim)).toEqual({ cake: 1 });
  });

  it('a codec that is there twice is refused', () => {
    const wraps = wrapsFor(bucket);
    for (const set of [
      ['br', 'gzip'],
      ['s3', 'br', 's3'],
      ['aes-256-gcm', 'aes-256-gcm'],
    ]) {
      expect(() => wrapped(wraps, set)).toThrow(
        /^`codec`: (compressed|s3Results|encrypted)\(\) is used twice/,
      );
    }
  });
});
