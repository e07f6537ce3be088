import type { CodecContext, ResultCodec } from '../../src/core/protocol/codec.js';
import { compressed, encrypted, s3Results, serialized, typedJson } from '../../src/results/index.js';
import type { TestBucket } from '../support/s3.js';

/** What the tests of codecs share: claims to encode for, and every combination of codecs. */

export const claimOf = (changes: Partial<CodecContext> = {}): CodecContext => ({
  key: 'shop#hbsJ1iGXDDIlcmKDCbhkQnMmyWRd5ry4oKBpTBm0KNg',
  scope: 'shop',
  tenant: [],
  fence: crypto.randomUUID(),
  kind: 'value',
  recordBytes: 200,
  timeoutMs: 10_000,
  ...changes,
});

export const KEY: Uint8Array = new Uint8Array(32).fill(1);
export const OTHER_KEY: Uint8Array = new Uint8Array(32).fill(2);

/** Of a model: anything in a box. */
export class Box {
  readonly content: unknown;
  constructor(content: unknown) {
    this.content = content;
  }
}

type Wrap = (codec: ResultCodec) => ResultCodec;

/** Each codec as one that takes every result, however small. */
export const wrapsFor = ({ bucket, client }: TestBucket): Readonly<Record<string, Wrap>> => {
  const awsSdkV3Client = client();
  return {
    br: (codec) => compressed(codec, { aboveBytes: 0 }),
    gzip: (codec) => compressed(codec, { aboveBytes: 0, algorithm: 'gzip', level: 9 }),
    'aes-256-gcm': (codec) => encrypted({ key: KEY }, codec),
    s3: (codec) => s3Results({ bucket, awsSdkV3Client, aboveBytes: 0 }, codec),
    serialized: (codec) =>
      serialized(
        {
          serialize: async (box: Box) => box.content,
          deserialize: async (content: unknown) => new Box(content),
        },
        codec,
      ),
  };
};

/** All sets of codecs that can be put together, by the names of their members. */
export const combinations = (names: readonly string[]): string[][] => {
  let sets: string[][] = [[]];
  for (const name of names) sets = sets.concat(sets.map((set) => set.concat(name)));
  return sets.filter((set) => !(set.includes('br') && set.includes('gzip')));
};

export const wrapped = (wraps: Readonly<Record<string, Wrap>>, names: readonly string[]): ResultCodec =>
  names.reduce<ResultCodec>((codec, name) => wraps[name]?.(codec) ?? codec, typedJson);
