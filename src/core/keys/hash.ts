import crypto from 'node:crypto';
import { canonicalBytes } from './canonical.js';

/**
 * The base64url digest of the scope's parts and the value's canonical text.
 *
 * @internal
 */
export const hashValue = (value: unknown, hashFunction = 'sha256', parts: readonly string[] = []): string => {
  // The length prefix keeps parts apart from each other and from the key: no JSON text starts with one.
  let prefix = '';
  for (const part of parts) prefix += `${Buffer.byteLength(part)}:${part}`;
  const material = canonicalBytes(value);
  // Node 20.12 or later. For short strings it takes a third of the time.
  if (crypto.hash && (prefix === '' || typeof material === 'string')) {
    return crypto.hash(hashFunction, prefix === '' ? material : `${prefix}${material}`, 'base64url');
  }
  return crypto.createHash(hashFunction).update(prefix).update(material).digest('base64url');
};
