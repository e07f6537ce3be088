import { describe, expect, it } from '@jest/globals';
import { compression } from '../../../src/core/codecs/compression.js';
import { noise } from '../../support/noise.js';

const context = {
  key: 'k',
  fence: 'f',
  kind: 'value',
  scope: 'shop',
  tenant: [],
  recordBytes: 200,
  timeoutMs: 1_000,
  codec: 'json',
} as const;
const CAKES = 'cake '.repeat(1_000);

describe('compression', () => {
  it.each([
    ['brotli by default', {}, 'br'],
    ['gzip', { algorithm: 'gzip' }, 'gzip'],
    ['at a level of its own', { algorithm: 'gzip', level: 1 }, 'gzip'],
  ] as const)('%s comes back as it was', async (_, options, name) => {
    const stage = compression(options);
    const staged = await stage.encode(CAKES, context);
    expect(staged?.name).toBe(name);
    expect(Buffer.byteLength(staged?.data ?? '')).toBeLessThan(200);
    const data = await stage.decode({ name, data: staged?.data ?? '' }, context);
    expect(Buffer.from(data).toString()).toBe(CAKES);
  });

  it.each([
    ['what is one write unit already', {}, 'cake '.repeat(150)],
    ['what gets no unit smaller', {}, noise(1_600)],
    ['what is not above `aboveBytes`', { aboveBytes: 5_000 }, CAKES],
    ['what is larger than may be inflated', { maxInflatedBytes: 4_999 }, CAKES],
  ])('leaves alone %s', async (_, options, data) => {
    expect(await compression(options).encode(data, context)).toBeUndefined();
  });

  it.each([
    [
      'damaged bytes',
      {},
      async () => Buffer.from('no brotli'),
      'the stored result is damaged: it cannot be decompressed',
    ],
    [
      'what inflates past its limit',
      { maxInflatedBytes: 4_999 },
      async () => (await compression().encode(CAKES, context))?.data as Uint8Array,
      'the stored result inflates to more than `maxInflatedBytes` (4999 bytes)',
    ],
  ])('refuses %s', async (_, options, bytes, message) => {
    await expect(compression(options).decode({ name: 'br', data: await bytes() }, context)).rejects.toThrow(
      message,
    );
  });
});
