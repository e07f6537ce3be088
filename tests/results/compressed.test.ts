import { describe, expect, it } from '@jest/globals';
import { compressed, typedJson } from '../../src/results/index.js';
import { claimOf } from './codecs.js';

describe('compressed', () => {
  it.each([
    [{ algorithm: 'zstd' }, /`algorithm` must be "brotli" or "gzip"/],
    [{ level: 12 }, /`level` of brotli must be a whole number from 0 to 11/],
    [{ algorithm: 'gzip', level: 10 }, /`level` of gzip must be a whole number from 0 to 9/],
    [{ level: -1 }, /`level` must be/],
    [{ aboveBytes: 1.5 }, /`aboveBytes` must be/],
    [{ maxInflatedBytes: 0 }, /`maxInflatedBytes` must be/],
    [{ maxInflatedBytes: 4_294_967_297 }, /`maxInflatedBytes` must be a whole number from 1 to 4294967296/],
    [{ maxInflatedBytes: Number.MAX_SAFE_INTEGER }, /`maxInflatedBytes` must be/],
    [{ threshold: 1 }, /unknown option `threshold`/],
  ])('%j is refused', (options, message) => {
    expect(() => compressed(typedJson, options as never)).toThrow(message);
  });

  it('goes around a codec, and says so', () => {
    expect(() => compressed({ level: 9 } as never)).toThrow(
      /The codec given to compressed\(\) must be an object/,
    );
    expect(() => compressed(null as never)).toThrow(/The codec given to compressed\(\) must be an object/);
  });

  it('compresses what is larger than `aboveBytes`, if it becomes smaller', async () => {
    const codec = compressed(typedJson, { aboveBytes: 100 });
    expect((await codec.encode('x'.repeat(98), claimOf())).codec).toBe('json');
    expect((await codec.encode('x'.repeat(99), claimOf())).codec).toBe('json+br');
    const tiny = compressed(typedJson, { aboveBytes: 0 });
    expect((await tiny.encode('x', claimOf())).codec).toBe('json');
  });

  it('reads up to the most that can be inflated', async () => {
    for (const algorithm of ['brotli', 'gzip'] as const) {
      const codec = compressed(typedJson, { algorithm, aboveBytes: 0, maxInflatedBytes: 4_294_967_296 });
      const encoded = await codec.encode('x'.repeat(100), claimOf());
      expect(encoded.codec).not.toBe('json');
      expect(await codec.decode(encoded, claimOf())).toBe('x'.repeat(100));
    }
  });

  it('takes the level', async () => {
    const text = Array.from({ length: 2_000 }, (_, index) => `cake ${(index * 7_919) % 1_000}`).join();
    const bytesAt = async (level: number): Promise<number> =>
      (await compressed(typedJson, { level }).encode(text, claimOf())).data?.length ?? 0;
    expect(await bytesAt(9)).toBeLessThan(await bytesAt(1));
  });
});
