import { types } from 'node:util';
import { IdempotencyResultError } from '../protocol/errors.js';

/** Values that typed JSON would silently change. Messages name the kind of a value, never the value. */

/** Types that devalue recognises by their tag. Also objects, typed arrays and String objects, whose keys are not members. */
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
 * A devalue reducer that only checks: it never replaces a value.
 *
 * @throws IdempotencyResultError for `arguments`, instances of subclasses, and built-ins with extra members
 */
export const refuseUnsupported = (value: unknown): false => {
  if (typeof value !== 'object' || value === null) return false;
  if (types.isArgumentsObject(value)) throw new IdempotencyResultError('Cannot store `arguments`');
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
  const isBuiltIn = builtIns.has(kind);
  if (!isBuiltIn && kind !== 'String' && !types.isTypedArray(value)) return false;
  // Read from the instance, not its prototype: fake timers set `constructor` on each Date.
  const name = value.constructor?.name;
  if (name !== kind && !(name === 'Buffer' && Buffer.isBuffer(value))) {
    throw new IdempotencyResultError(`Cannot store an instance of a subclass of ${kind}`);
  }
  if (isBuiltIn && hasOwnMembers(value)) {
    throw new IdempotencyResultError(`Cannot store extra members of ${kind}`);
  }
  return false;
};
