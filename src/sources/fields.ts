import { KeyMaterialError } from '../core/protocol/key-material-error.js';

/** Reads fields of events: they may be absent, and their values come from callers. */

/** An own member at any depth; undefined if any part of the path is missing. */
export const member = (value: unknown, ...path: readonly string[]): unknown => {
  let inner = value;
  for (const name of path) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, name)) return undefined;
    inner = (inner as Record<string, unknown>)[name];
  }
  return inner;
};

export const textOf = (value: unknown, ...path: readonly string[]): string | undefined => {
  const found = member(value, ...path);
  return typeof found === 'string' ? found : undefined;
};

/** The values of all members with this name, in any letter case. */
export const anyCase = (value: unknown, name: string): unknown[] => {
  if (typeof value !== 'object' || value === null) return [];
  const found: unknown[] = [];
  const lower = name.toLowerCase();
  for (const key of Object.keys(value)) {
    // Compare lengths first: events have dozens of headers, and case does not change the length of an ASCII name.
    if (key.length === lower.length && key.toLowerCase() === lower) {
      found.push((value as Record<string, unknown>)[key]);
    }
  }
  return found;
};

/** Stripe and PayPal accept no longer keys. A longer one is probably a payload. */
const MAX_KEY_LENGTH = 255;

const CONTROL_CHARACTER = /\p{Cc}/u;

/**
 * Checks a key made by a client.
 *
 * @param where how messages name the field
 * @throws KeyMaterialError if it is empty, too long, not a string, or contains control characters
 */
export const checkedKey = (key: unknown, where: string): string | number | boolean | undefined => {
  if (key === undefined || key === null) return undefined;
  if (typeof key === 'boolean') return key;
  if (typeof key === 'number') {
    // JSON.parse has rounded it: different numbers would be the same key.
    if (Math.abs(key) > Number.MAX_SAFE_INTEGER)
      throw new KeyMaterialError(`${where} is a number too large to be exact; send a string`);
    return key;
  }
  if (typeof key !== 'string') throw new KeyMaterialError(`${where} is not a string`);
  if (key === '') throw new KeyMaterialError(`${where} is empty`);
  if (key.length > MAX_KEY_LENGTH) {
    throw new KeyMaterialError(`${where} has ${key.length} characters; the limit is ${MAX_KEY_LENGTH}`);
  }
  if (CONTROL_CHARACTER.test(key)) throw new KeyMaterialError(`${where} contains control characters`);
  return key;
};

/**
 * The key in a field that may occur more than once.
 *
 * @throws KeyMaterialError if the values differ
 */
export const onlyKey = (values: readonly string[], where: string): ReturnType<typeof checkedKey> => {
  const [key] = values;
  if (values.some((value) => value !== key)) {
    throw new KeyMaterialError(`${where} occurs more than once with different values`);
  }
  return checkedKey(key, where);
};

/** The parsed JSON; undefined if it is not JSON, as bytes that are not UTF-8 never are. */
export const tryJson = (text: string | Buffer | undefined): unknown => {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * A field that the user named, in a body that must be JSON.
 *
 * @throws KeyMaterialError if the body is not JSON
 */
export const namedField = (body: string | Buffer | undefined, field: string, where: string): unknown => {
  if (body === undefined || body === '') return undefined;
  if (typeof body !== 'string')
    throw new KeyMaterialError(`${where} is not UTF-8, so it has no field \`${field}\` for the key`);
  const json = tryJson(body);
  if (json === undefined)
    throw new KeyMaterialError(`${where} is not JSON, so it has no field \`${field}\` for the key`);
  return checkedKey(member(json, ...field.split('.')), `\`${field}\` of ${where}`);
};

/**
 * Names that services use for a client's key in a body. `requestId` is not one: it may be a trace id, which several
 * messages share, or new on every try.
 */
export const WELL_KNOWN_FIELDS: readonly string[] = ['idempotency_key', 'idempotencyKey', 'clientToken'];

/** The first well-known field that a JSON body has. */
export const wellKnownField = (body: unknown, where: string): unknown => {
  for (const field of WELL_KNOWN_FIELDS) {
    const key = checkedKey(member(body, field), `\`${field}\` of ${where}`);
    if (key !== undefined) return key;
  }
  return undefined;
};

/** A body for a fingerprint: its JSON value, or its text if it is not JSON. */
export const contentOf = (body: string | undefined): unknown =>
  body === undefined ? null : (tryJson(body) ?? body);

/**
 * What was looked for, as messages say it: `none of the headers A, B, nor a body field C`. Kinds without a name are left
 * out.
 */
export const listOf = (kinds: readonly (readonly [kind: string, names: readonly string[]])[]): string =>
  kinds
    .filter(([, names]) => names.length > 0)
    .map(([kind, names], index) => {
      if (index > 0) return `nor a ${kind} ${names.join(', ')}`;
      return names.length > 1 ? `none of the ${kind}s ${names.join(', ')}` : `no ${kind} ${names[0]}`;
    })
    .join(', ');
