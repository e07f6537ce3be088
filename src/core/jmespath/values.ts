import { isPlain } from '../keys/selection.js';

/** False for instances: a Date has no members, but is not an empty object. */
export const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeOf(value) === 'object' && isPlain(value as object);

const hasMembers = (value: unknown): value is Record<string, unknown> =>
  Array.isArray(value) || isPlainObject(value);

/** The values that `||`, `&&`, `!` and filters treat as false. 0 is true. */
export const isFalse = (value: unknown): boolean =>
  value === null || value === false || value === '' || (hasMembers(value) && Object.keys(value).length === 0);

export const isEqual = (one: unknown, other: unknown): boolean => {
  if (one === other) return true;
  if (!hasMembers(one) || !hasMembers(other) || Array.isArray(one) !== Array.isArray(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isEqual(one[name], other[name]))
  );
};

export const typeOf = (value: unknown): string =>
  value === null || value === undefined ? 'null' : Array.isArray(value) ? 'array' : typeof value;
