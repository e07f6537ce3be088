import { describe, expect, it } from '@jest/globals';
import { compression } from '../../../src/core/codecs/compression.js';
import { defaultCodec, typedJson, withTransform } from '../../../src/core/codecs/pipeline.js';
import type { Transform } from '../../../src/core/codecs/transform.js';
import type { CodecContext, EncodedResult, ResultCodec } from '../../../src/core/protocol/codec.js';
import { encrypted, serialized } from '../../../src/results/index.js';

const context = (changes: Partial<CodecContext> = {}): CodecContext => ({
  key: 'shop#hash',
  fence: 'fence',
  kind: 'value',
  scope: 'shop',
  tenant: [],
  recordBytes: 200,
  timeoutMs: 1_000,
  ...changes,
});

const always = (base: ResultCodec): ResultCodec =>
  withTransform(compression({ aboveBytes: 0 }), 'compressed', base);
const encode = async (codec: ResultCodec, value: unknown) => codec.encode(value, context());
const decode = async (codec: ResultCodec, name: string, data?: string | Uint8Array) =>
  codec.decode({ codec: name, ...(data !== undefined && { data }) }, context());

/** A user's own, of text, bytes or nothing. */
const mine: ResultCodec = {
  encode: (result) => ({
    codec: 'mine',
    ...(result !== undefined && { data: result as string | Uint8Array }),
  }),
  decode: ({ codec, data }) => ({ codec, data }),
};

describe('the default codec', () => {
  const text = (bytes: number): string => 'x'.repeat(bytes - 2);
  const nameOf = async (result: unknown, recordBytes: number): Promise<string> =>
    (await defaultCodec.encode(result, context({ recordBytes }))).codec;

  it('leaves alone what fits into one write unit with its record, and compresses what does not', async () => {
    expect(await nameOf(text(824), 200)).toBe('json');
    expect(await nameOf(text(825), 200)).toBe('json+br');
    expect(await nameOf(text(824), 201)).toBe('json+br');
  });

  it('compresses only where a write unit is saved', async () => {
    const noise = (length: number): string => {
      let state = 1;
      const next = (): string => {
        state = (state * 48_271) % 0x7fffffff;
        return String.fromCharCode(33 + (state % 90));
      };
      return Array.from({ length }, next).join('');
    };
    // Nearly 2 KB which compress to four fifths: still two units. Past 2 KB: one unit less.
    expect(await nameOf(noise(1_600), 200)).toBe('json');
    expect(await nameOf(noise(1_900), 200)).toBe('json+br');
  });

  it('keeps small JSON readable', async () => {
    expect(await encode(defaultCodec, { cake: 1 })).toEqual({ codec: 'json', data: '{"cake":1}' });
    expect(await encode(defaultCodec, undefined)).toEqual({ codec: 'json' });
  });

  it('reads what was stored before, and typedJson reads what was stored by default', async () => {
    expect(await decode(defaultCodec, 'json', '{"cake":1}')).toEqual({ cake: 1 });
    const large = { text: text(5_000) };
    const encoded = await encode(defaultCodec, large);
    expect(encoded.codec).toBe('json+br');
    expect(encoded.data?.length).toBeLessThan(100);
    expect(await typedJson.decode(encoded, context())).toEqual(large);
  });
});

describe("a codec of the user's own as the base", () => {
  it.each([
    ['text', 'ü🎂 '.repeat(50), 'mine+br'],
    ['bytes', new Uint8Array(200).fill(200), 'mine+bytes+br'],
    ['text too small to compress', 'a', 'mine'],
    ['nothing', undefined, 'mine'],
  ])('gets its %s back under its own name', async (_, result, name) => {
    const encoded = await encode(always(mine), result);
    expect(encoded.codec).toBe(name);
    const { codec, data } = (await always(mine).decode(encoded, context())) as {
      codec: string;
      data: unknown;
    };
    expect(codec).toBe('mine');
    expect(ArrayBuffer.isView(data) ? [...(data as Uint8Array)] : data).toEqual(
      ArrayBuffer.isView(result) ? [...(result as Uint8Array)] : result,
    );
  });

  it('may not take the name of a stage', async () => {
    const taken: ResultCodec = { ...mine, encode: () => ({ codec: 'mine+gzip', data: 'x'.repeat(200) }) };
    await expect(encode(always(taken), 1)).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: 'the codec name `mine+gzip` is reserved',
    });
  });
});

describe("what a user's own codec can do beside", () => {
  /** Of a class, whose methods are not the instance's own. */
  class Archive implements ResultCodec {
    readonly discarded: EncodedResult[] = [];
    encode(result: unknown): EncodedResult {
      return { codec: 'archive', data: String(result) };
    }
    decode({ data }: EncodedResult): unknown {
      return data;
    }
    discard(encoded: EncodedResult): void {
      this.discarded.push(encoded);
    }
    fingerprint(digest: string): string {
      return `${digest} of ${this.discarded.length}`;
    }
  }
  const model = { serialize: (value: unknown) => value, deserialize: (value: unknown) => value };
  const key = new Uint8Array(32).fill(1);

  it('is done through any other codec', async () => {
    for (const wrap of [always, (base: ResultCodec) => serialized(model, always(base))]) {
      const archive = new Archive();
      const codec = wrap(archive);
      const encoded = await codec.encode('cake '.repeat(50), context());
      expect(encoded.codec).toMatch(/archive\+br$/);
      await codec.discard?.(encoded, context());
      expect(archive.discarded).toEqual([{ codec: 'archive', data: 'cake '.repeat(50) }]);
      expect(await codec.fingerprint?.('digest')).toBe('digest of 1');
    }
  });

  it('is done before that of a stage, which may hold what it needs; and the stage does its own in any case', async () => {
    const done: string[] = [];
    const transform: Transform = {
      names: ['s3'],
      encode: (data) => ({ name: 's3', data }),
      decode: ({ data }) => Buffer.from(data as string),
      discard: async () => void done.push('stage'),
    };
    const archive = new Archive();
    archive.discard = () => {
      done.push('base');
      throw new Error('no');
    };
    const codec = withTransform(transform, 's3Results', archive);
    const encoded = await codec.encode('cake', context());
    await expect(async () => codec.discard?.(encoded, context())).rejects.toThrow('no');
    expect(done).toEqual(['base', 'stage']);
  });

  it('is not asked of those who cannot', () => {
    for (const codec of [typedJson, defaultCodec, serialized(model), always(mine)]) {
      expect(codec.discard).toBeUndefined();
      expect(codec.fingerprint).toBeUndefined();
    }
  });

  it('P16: a fingerprint of its own becomes an HMAC as any other', async () => {
    const masked = (base: ResultCodec) => encrypted({ key }, base).fingerprint?.('digest');
    const own: ResultCodec = { ...mine, fingerprint: async (digest) => `my ${digest}` };
    expect(await masked(own)).toBe(await encrypted({ key }).fingerprint?.('my digest'));
    expect(await masked(own)).not.toBe(await masked(mine));
  });

  it('is refused as an encoding where it is none', async () => {
    for (const codec of [always, (base: ResultCodec) => serialized(model, base)]) {
      const nonsense: ResultCodec = { ...mine, encode: () => ({ data: 'a' }) as never };
      await expect(encode(codec(nonsense), 1)).rejects.toMatchObject({
        name: 'IdempotencyResultError',
        message: 'its codec did not return { codec, data } with a name and a string or bytes',
      });
    }
  });
});

describe('a codec of this package with a method changed', () => {
  const changes: Pick<ResultCodec, 'encode'> = { encode: () => ({ codec: 'json', data: '"mine"' }) };

  it.each([
    ['in a copy', { ...defaultCodec, ...changes }],
    ['in one that inherits', Object.assign(Object.create(defaultCodec), changes)],
  ])('is the base as it is: %s', async (_, changed: ResultCodec) => {
    expect(await encode(withTransform(compression(), 'compressed', changed), 'cake')).toEqual({
      codec: 'json',
      data: '"mine"',
    });
  });
});

describe('what cannot be read is refused with the reason', () => {
  it.each([
    [
      'json+s3',
      '{}',
      'the stored result was written by codec `json+s3`, and the current codec cannot read `s3`',
    ],
    [
      'json+aes-256-gcm:k1',
      new Uint8Array(40),
      'the stored result was written by codec `json+aes-256-gcm:k1`, and the current codec cannot read `aes-256-gcm`',
    ],
    [
      'json+zstd',
      new Uint8Array(4),
      'the stored result was written by codec `json+zstd`, which the current codec cannot read',
    ],
    ['json+br', undefined, 'the stored result has no data'],
    ['json+br', new Uint8Array([1, 2, 3]), 'the stored result is damaged: it cannot be decompressed'],
    ['json+gzip', new Uint8Array([1, 2, 3]), 'the stored result is damaged: it cannot be decompressed'],
    [
      'native',
      undefined,
      'the stored result was written by codec `native`, which the current codec cannot read',
    ],
  ])('%s', async (name, data, message) => {
    await expect(decode(defaultCodec, name, data)).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message,
    });
  });

  it('text that is not UTF-8', async () => {
    const { gzipSync } = await import('node:zlib');
    await expect(
      decode(defaultCodec, 'json+gzip', gzipSync(Buffer.from([0x22, 0xff, 0x22]))),
    ).rejects.toThrow('the stored result was not written by codec `json`');
  });
});

describe('the limit of what inflates', () => {
  const limited = withTransform(
    compression({ aboveBytes: 0, maxInflatedBytes: 1_000 }),
    'compressed',
    typedJson,
  );

  it.each(['br', 'gzip'])('ends %s', async (name) => {
    const { brotliCompressSync, gzipSync } = await import('node:zlib');
    const compress = name === 'br' ? brotliCompressSync : gzipSync;
    const json = (bytes: number): Buffer => compress(`"${'x'.repeat(bytes - 2)}"`);
    expect(await decode(limited, `json+${name}`, json(1_000))).toHaveLength(998);
    await expect(decode(limited, `json+${name}`, json(1_001))).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: 'the stored result inflates to more than `maxInflatedBytes` (1000 bytes)',
    });
  });

  it('is 20 MB by default, above what a Lambda can return', async () => {
    const { gzipSync } = await import('node:zlib');
    const bomb = gzipSync(Buffer.alloc(20 * 2 ** 20 + 1, 32), { level: 1 });
    await expect(decode(defaultCodec, 'json+gzip', bomb)).rejects.toThrow(
      'inflates to more than `maxInflatedBytes` (20971520 bytes)',
    );
  });

  it('holds for what is written: what is larger stays as it is', async () => {
    expect((await encode(limited, 'x'.repeat(998))).codec).toBe('json+br');
    expect((await encode(limited, 'x'.repeat(999))).codec).toBe('json');
  });
});

describe('a forged codec name', () => {
  const codec = encrypted({ key: new Uint8Array(32).fill(1) }, always(typedJson));

  it.each([
    'json+br+br',
    'json+gzip+br',
    'json+aes-256-gcm:k+br',
    'json+s3+aes-256-gcm:k',
    'json+br+aes-256-gcm:k+aes-256-gcm:k',
  ])('whose steps repeat or are out of order is refused before any work: %s', async (name) => {
    await expect(decode(codec, name, new Uint8Array([1]))).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: `the stored result names the codec \`${name}\`, whose steps repeat or are out of order`,
    });
  });

  it('with a thousand inflations costs none, and is quoted with 80 characters', async () => {
    const { brotliCompressSync } = await import('node:zlib');
    const bomb = brotliCompressSync(Buffer.alloc(2 ** 20));
    const name = `json${'+br'.repeat(1_000)}`;
    await expect(decode(defaultCodec, name, bomb)).rejects.toMatchObject({
      message: `the stored result names the codec \`${name.slice(0, 80)}…\`, whose steps repeat or are out of order`,
    });
  });

  it('is quoted on one line, cut at 80 characters', async () => {
    const name = `a\r\nb${'c'.repeat(200)}`;
    await expect(decode(defaultCodec, name, 'x')).rejects.toMatchObject({
      message: `the stored result was written by codec \`a\u{fffd}\u{fffd}b${'c'.repeat(76)}…\`, which the current codec cannot read`,
    });
  });
});

describe('plain JSON', () => {
  it('that fits one write unit is encoded and decoded without a promise', () => {
    const value = { cake: 1 };
    const encoded = defaultCodec.encode(value, context());
    expect(encoded).toEqual({ codec: 'json', data: '{"cake":1}' });
    expect(defaultCodec.decode(encoded as EncodedResult, context())).toEqual(value);
    expect(defaultCodec.encode(undefined, context())).toEqual({ codec: 'json' });
    expect(defaultCodec.decode({ codec: 'json' }, context())).toBeUndefined();
  });

  it('a large result comes by a promise and equals the same', async () => {
    for (const value of ['x'.repeat(5_000)]) {
      const encoded = defaultCodec.encode(value, context());
      expect(encoded).toBeInstanceOf(Promise);
      expect(await defaultCodec.decode(await encoded, context())).toEqual(value);
    }
  });
});
