import { KeyMaterialError } from '../protocol/key-material-error.js';
import { CanonicalWriter, hasToJson, isBuiltIn } from './canonical-writer.js';

/**
 * One text per value: equal values give equal text, different values different text.
 *
 * JSON values give RFC 8785 canonical JSON (members sorted by UTF-16 code units). Values that JSON cannot hold
 * (Map, Set, Date, bigint, NaN, bytes …) give an object-hash digest behind a prefix that no JSON text starts with.
 * As in JSON, members that are `undefined` or functions are absent, and `toJSON` speaks for its object.
 */

const EXOTIC_PREFIX = 'object-hash:';

/** The value needs object-hash, which is loaded when first needed: keys are JSON nearly always. */
export class NeedsObjectHash extends Error {}

let objectHash: typeof import('object-hash') | undefined;

/** @throws KeyMaterialError where a bundle cannot load it */
export const loadObjectHash = async (): Promise<void> => {
  try {
    objectHash ??= (await import('object-hash')).default;
  } catch (cause) {
    throw new KeyMaterialError(
      'it holds a value that is not JSON, and object-hash, which hashes those, cannot be loaded: an ES module bundle needs a banner that defines `require`',
      { cause },
    );
  }
};

/** Members that JSON does not show; an error's own `toString` tells of two only. */
const membersOf = (error: Error): object => {
  const { name, message, cause, errors } = error as Error & { errors?: unknown };
  return { ...error, name, message, cause, errors };
};

/**
 * object-hash knows neither `toJSON` nor absent members by itself, and takes all data views for one, and errors of one
 * message.
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
 * @throws KeyMaterialError for what cannot be told apart or is nested too deep
 * @throws NeedsObjectHash until `loadObjectHash` was called, for values that JSON cannot hold
 */
export const canonicalBytes = (value: unknown): Uint8Array | string => {
  // Most keys.
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
    // A getter that throws, a stack that is full already, a type that object-hash does not know.
    const reason =
      error instanceof RangeError
        ? 'its value is nested too deep'
        : 'it holds a value that has no stable text';
    throw new KeyMaterialError(reason, { cause: error });
  }
};

/**
 * The same as text.
 *
 * @internal
 */
export const canonicalText = (value: unknown): string => canonicalBytes(value).toString();
