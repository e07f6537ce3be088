import { KeyMaterialError } from '../protocol/key-material-error.js';
import type { Drain } from './byte-writer.js';
import { CanonicalWriter } from './canonical-writer.js';

/**
 * The canonical form of a value: equal values have the same form, different values different forms.
 *
 * For JSON values it is canonical JSON (RFC 8785: members sorted by UTF-16 code units). Other values (Map, Set, Date,
 * bigint, NaN, bytes and others) have a written-out form of their own inside it. As in JSON, members that are `undefined`
 * or functions are skipped, and `toJSON` represents its object.
 */

let spare: CanonicalWriter | undefined;

const reasonFor = (error: unknown): string =>
  // Or a getter threw, or an object only claims to be of a built-in type.
  error instanceof RangeError
    ? 'its value is nested too deeply'
    : 'it contains a value that cannot be hashed';

/**
 * @param prefix comes before the value
 * @param drain gets all full chunks
 * @param finish gets what is left, which is all of a small value. The bytes are valid until it returns.
 * @throws KeyMaterialError for values that cannot be told apart or are nested too deeply
 */
export const writeCanonical = <T>(
  prefix: string,
  value: unknown,
  drain: Drain,
  finish: (rest: Uint8Array) => T,
): T => {
  const writer = spare ?? new CanonicalWriter();
  // A `toJSON` or a getter may compute a key of its own meanwhile.
  spare = undefined;
  try {
    writer.begin(drain);
    if (prefix !== '') writer.utf8(prefix);
    writer.write(value, 0);
    return finish(writer.written);
  } catch (error) {
    if (error instanceof KeyMaterialError) throw error;
    throw new KeyMaterialError(reasonFor(error), { cause: error });
  } finally {
    writer.end();
    spare = writer;
  }
};
