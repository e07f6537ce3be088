import { writeCanonical } from '../../src/core/keys/canonical.js';

/** What the hash of a key is over. */
export const canonicalBytes = (value: unknown): Buffer => {
  const chunks: Buffer[] = [];
  const keep = (chunk: Uint8Array | string): void => {
    chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk));
  };
  writeCanonical('', value, keep, keep);
  return Buffer.concat(chunks);
};

export const canonicalText = (value: unknown): string => canonicalBytes(value).toString('utf8');

/** For values with bytes that are not UTF-8. */
export const canonicalHex = (value: unknown): string => canonicalBytes(value).toString('hex');
