import { KeyMaterialError } from '../protocol/key-material-error.js';
import { CanonicalWriter, hasToJson, isBuiltIn } from './canonical-writer.js';

/**
 * The canonical text of a value: equal values have the same text, different values different texts.
 *
 * For JSON values it is canonical JSON (RFC 8785: members sorted by UTF-16 code units). For values that JSON cannot
 * represent (Map, Set, Date, bigint, NaN, bytes and others) it is an object-hash digest after a prefix that no JSON text
 * starts with. As in JSON, members that are `undefined` or functions are skipped, and `toJSON` represents its object.
 */

const EXOTIC_PREFIX = 'object-hash:';

/** The value needs object-hash, which is loaded on first use: nearly all keys are JSON. */
export class NeedsObjectHash extends Error {}

let objectHash: typeof import('object-hash') | undefined;

/** @throws KeyMaterialError if it cannot be loaded */
export const loadObjectHash = async (): Promise<void> => {
  try {
    objectHash ??= (await import('object-hash')).default;
  } catch (cause) {
    throw new KeyMaterialError(
      'it contains a value that is not JSON, and the package object-hash for such values cannot be loaded; in an ES module bundle, add a banner that defines `require`',
      { cause },
    );
  }
};

/** Members of an error, with those that JSON skips. */
const membersOf = (error: Error): object => {
  const { name, message, cause, errors } = error as Error & { errors?: unknown };
  return { ...error, name, message, cause, errors };
};

/**
 * Makes object-hash respect `toJSON` and skip functions and symbols, and tell data views and errors with the same message
 * apart.
 */
const replacer = (value: unknown): unknown => {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (value instanceof DataView) {
    return { 'a DataView': Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex') };
  }
  if (Object.prototype.toString.call(value) === '[object Error]')
    return { 'an Error': membersOf(value as Error) };
  const isCustom = typeof value === 'object' && value !== null && !isBuiltIn(value) && hasToJson(value);
  return isCustom ? value.toJSON() : value;
};

/**
 * @throws KeyMaterialError for values that cannot be told apart or are nested too deeply
 * @throws NeedsObjectHash for values that JSON cannot represent, until `loadObjectHash` was called
 */
export const canonicalBytes = (value: unknown): Uint8Array | string => {
  // The most common kind of key.
  if (typeof value === 'string') return JSON.stringify(value);
  const writer = new CanonicalWriter();
  try {
    writer.write(value, 0);
    if (!writer.isExotic) return writer.written;
    if (!objectHash) throw new NeedsObjectHash();
    // respectType: false, since a class's source changes with every build.
    return EXOTIC_PREFIX + objectHash(value as object, { algorithm: 'sha256', respectType: false, replacer });
  } catch (error) {
    if (error instanceof KeyMaterialError || error instanceof NeedsObjectHash) throw error;
    // A getter threw, the stack is full, or object-hash does not know a type.
    const reason =
      error instanceof RangeError
        ? 'its value is nested too deeply'
        : 'it contains a value that cannot be hashed';
    throw new KeyMaterialError(reason, { cause: error });
  }
};

/**
 * The same as text.
 *
 * @internal
 */
export const canonicalText = (value: unknown): string => canonicalBytes(value).toString();
