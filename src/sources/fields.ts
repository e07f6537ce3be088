import { KeyMaterialError } from '../core/protocol/key-material-error.js';

/** Reading events: members that may not be there, and texts that callers made. */

/** An own member, however deep; undefined where a step is missing. */
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

/** Members whose name is the given one in any letter case, with their values. */
export const anyCase = (value: unknown, name: string): unknown[] => {
  if (typeof value !== 'object' || value === null) return [];
  const found: unknown[] = [];
  const lower = name.toLowerCase();
  for (const key of Object.keys(value)) {
    // Lengths first: events have dozens of headers, and letter case does not change the length of an ASCII name.
    if (key.length === lower.length && key.toLowerCase() === lower) {
      found.push((value as Record<string, unknown>)[key]);
    }
  }
  return found;
};

/** Stripe, PayPal and the like take no longer keys; a longer one is a payload by mistake. */
const MAX_KEY_LENGTH = 255;

const CONTROL = /\p{Cc}/u;

/**
 * A key that a client made.
 *
 * @param where how messages name the field
 * @throws KeyMaterialError for an empty or long one, or one with control characters
 */
export const checkedKey = (key: unknown, where: string): string | number | boolean | undefined => {
  if (key === undefined || key === null) return undefined;
  if (typeof key === 'boolean') return key;
  if (typeof key === 'number') {
    // JSON has rounded it: other numbers would be the same key.
    if (Math.abs(key) > Number.MAX_SAFE_INTEGER)
      throw new KeyMaterialError(`${where} is a number too large to be exact; send a text`);
    return key;
  }
  if (typeof key !== 'string') throw new KeyMaterialError(`${where} is not a text`);
  if (key === '') throw new KeyMaterialError(`${where} is empty`);
  if (key.length > MAX_KEY_LENGTH) {
    throw new KeyMaterialError(`${where} has ${key.length} characters; keys have ${MAX_KEY_LENGTH} at most`);
  }
  if (CONTROL.test(key)) throw new KeyMaterialError(`${where} has control characters`);
  return key;
};

/**
 * The key of a field that may occur more than once.
 *
 * @throws KeyMaterialError for different values
 */
export const onlyKey = (values: readonly string[], where: string): ReturnType<typeof checkedKey> => {
  const [key] = values;
  if (values.some((value) => value !== key)) {
    throw new KeyMaterialError(`${where} occurs more than once, with different values`);
  }
  return checkedKey(key, where);
};

/** The JSON of a text, or undefined where it is something else. */
export const tryJson = (text: string | undefined): unknown => {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/**
 * A field that the user named, in a body that must be JSON for it.
 *
 * @throws KeyMaterialError for a body that is not JSON
 */
export const namedField = (body: string | undefined, field: string, where: string): unknown => {
  if (body === undefined || body === '') return undefined;
  const json = tryJson(body);
  if (json === undefined)
    throw new KeyMaterialError(`${where} is not JSON, and its key lies in \`${field}\``);
  return checkedKey(member(json, ...field.split('.')), `\`${field}\` of ${where}`);
};

/** Fields by which services name a client's token in a body. */
const TOKEN_FIELDS = ['idempotency_key', 'idempotencyKey', 'clientToken', 'requestId'];

/** The first of the well-known fields that a JSON body has. */
export const wellKnownField = (body: unknown, where: string): unknown => {
  for (const field of TOKEN_FIELDS) {
    const key = checkedKey(member(body, field), `\`${field}\` of ${where}`);
    if (key !== undefined) return key;
  }
  return undefined;
};

/** A body as a fingerprint takes it: JSON by its value, anything else by its text. */
export const contentOf = (body: string | undefined): unknown =>
  body === undefined ? null : (tryJson(body) ?? body);
