import { writeCanonical } from '../../src/core/keys/canonical.js';

/** What the hash of a key is over. */
const canonicalBytes = (value: unknown): Buffer => {
  const chunks: Buffer[] = [];
  const keep = (chunk: Uint8Array | string): void => {
    chunks.push(Buffer.from(chunk as string));
  };
  writeCanonical('', value, keep, keep);
  return Buffer.concat(chunks);
};

export const canonicalText = (value: unknown): string => canonicalBytes(value).toString('utf8');

/** For values with bytes that are not UTF-8. */
export const canonicalHex = (value: unknown): string => canonicalBytes(value).toString('hex');
