/**
 * One text per value: equal values give equal text, different values different text.
 *
 * JSON values give RFC 8785 canonical JSON (members sorted by UTF-16 code units). Values that JSON cannot hold
 * (Map, Set, Date, bigint, NaN, bytes …) give an object-hash digest behind a prefix that no JSON text starts with.
 * As in JSON, members that are `undefined` or functions are absent, and `toJSON` speaks for its object.
 */

/** Deeper values are refused. Real events nest a few dozen levels; the bound keeps recursion far from the stack's end. */
const MAX_DEPTH = 1_000;

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

/** Key material that cannot be used. The message names the reason, never a value. */
export class KeyMaterialError extends Error {}

interface Findings {
  /** Holds something that JSON cannot. */
  exotic: boolean;
  /** Has keys that an object does not keep in the order they were added: integers, and `__proto__`. */
  oddKeys: boolean;
}

const isAbsent = (value: unknown): boolean =>
  value === undefined || typeof value === 'function' || typeof value === 'symbol';

const hasToJson = (value: object): value is { toJSON(): unknown } =>
  typeof (value as { toJSON?: unknown }).toJSON === 'function';

const isRootPrototype = (prototype: object | null): boolean =>
  prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;

/** Built-ins whose state is not in their members: JSON shows them as `{}` or as a string. */
const isBuiltIn = (value: object): boolean => Object.prototype.toString.call(value) !== '[object Object]';

const isOddKey = (key: string): boolean => (key >= '0' && key < ':') || key === '__proto__';

/**
 * A copy whose members are in canonical order, so that `JSON.stringify`, which is native and fast, writes canonical
 * JSON. (Given a sorted list of keys instead, it would ask every object for every key.)
 */
const inOrder = (value: unknown, found: Findings, depth: number): unknown => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) found.exotic = true;
      return value;
    case 'object':
      return value === null ? null : objectInOrder(value, found, depth + 1);
    default:
      found.exotic = true;
      return undefined;
  }
};

const objectInOrder = (value: object, found: Findings, depth: number): unknown => {
  if (depth > MAX_DEPTH) {
    throw new KeyMaterialError(
      `its value is nested deeper than ${MAX_DEPTH} levels, or circular; select fields with \`eventKey\``,
    );
  }
  if (Array.isArray(value)) {
    const items = new Array<unknown>(value.length);
    for (let i = 0; i < value.length; i++) items[i] = inOrder(value[i], found, depth);
    return items;
  }
  const isPlain = isRootPrototype(Object.getPrototypeOf(value));
  if (!isPlain && isBuiltIn(value)) {
    found.exotic = true;
    // Only for their depth: object-hash reads them.
    if (value instanceof Map || value instanceof Set) inOrder([...value], found, depth);
    return undefined;
  }
  if (hasToJson(value)) return inOrder(value.toJSON(), found, depth);
  const keys = Object.keys(value).sort();
  if (!isPlain && keys.length === 0) {
    throw new KeyMaterialError(
      'it holds an instance of a class without enumerable members, and all of those look alike; select fields with `eventKey`',
    );
  }
  const ordered: Record<string, unknown> = {};
  for (const key of keys) {
    const member = (value as Record<string, unknown>)[key];
    if (isAbsent(member)) continue;
    if (isOddKey(key)) found.oddKeys = true;
    ordered[key] = typeof member === 'string' ? member : inOrder(member, found, depth);
  }
  return ordered;
};

/** Canonical JSON member by member: slower, and right for all keys. */
const write = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (hasToJson(value)) return write(value.toJSON());
  const members: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (!isAbsent(member)) members.push(`${JSON.stringify(key)}:${write(member)}`);
  }
  return `{${members.join(',')}}`;
};

/** object-hash knows neither `toJSON` nor absent members by itself. */
const replacer = (value: unknown): unknown => {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  const isCustom = typeof value === 'object' && value !== null && !isBuiltIn(value) && hasToJson(value);
  return isCustom ? value.toJSON() : value;
};

/**
 * @throws KeyMaterialError for what cannot be told apart or is nested too deep
 * @throws NeedsObjectHash until `loadObjectHash` was called, for values that JSON cannot hold
 */
export const canonicalText = (value: unknown): string => {
  const found: Findings = { exotic: false, oddKeys: false };
  try {
    const ordered = inOrder(value, found, 0);
    if (!found.exotic) return found.oddKeys ? write(value) : JSON.stringify(ordered);
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
