import { types } from 'node:util';
import { IdempotencyResultError } from '../protocol/errors.js';

/** What typed JSON would give back as something else without a word. Messages name kinds of values, and no value. */

/** What devalue knows by its tag, beside objects, typed arrays and boxed texts, whose keys are no members. */
const builtIns = new Set([
  'Array',
  'ArrayBuffer',
  'BigInt',
  'Boolean',
  'DataView',
  'Date',
  'Map',
  'Number',
  'RegExp',
  'Set',
  'URL',
  'URLSearchParams',
]);

const isIndex = (key: string): boolean => /^\d+$/.test(key);

const isEnumerable = (value: object, key: PropertyKey): boolean =>
  Object.prototype.propertyIsEnumerable.call(value, key);

const hasOwnMembers = (value: object): boolean =>
  Object.keys(value).some((key) => !(Array.isArray(value) && isIndex(key))) ||
  Object.getOwnPropertySymbols(value).some((key) => isEnumerable(value, key));

/**
 * A reducer of devalue that never takes a value.
 *
 * @throws IdempotencyResultError for instances of subclasses, members beside a content, and `arguments`
 */
export const refuseOdd = (value: unknown): false => {
  if (typeof value !== 'object' || value === null) return false;
  if (types.isArgumentsObject(value)) throw new IdempotencyResultError('Cannot store `arguments`');
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
  const isBuiltIn = builtIns.has(kind);
  if (!isBuiltIn && kind !== 'String' && !types.isTypedArray(value)) return false;
  // Not the prototype's: the Date of faked timers says on each instance that it is a Date.
  const name = value.constructor?.name;
  if (name !== kind && !(name === 'Buffer' && Buffer.isBuffer(value))) {
    throw new IdempotencyResultError(`Cannot store an instance of a subclass of ${kind}`);
  }
  if (isBuiltIn && hasOwnMembers(value)) {
    throw new IdempotencyResultError(`Cannot store members beside the content of ${kind}`);
  }
  return false;
};
