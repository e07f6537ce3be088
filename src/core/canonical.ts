import objectHash from 'object-hash';

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

/** Key material that cannot be used. The message names the reason, never a value. */
export class KeyMaterialError extends Error {}

interface Survey {
  readonly keys: Set<string>;
  objects: number;
  members: number;
  /** Holds something that JSON cannot. */
  exotic: boolean;
  /** JSON, but `JSON.stringify` with a key list would read it wrongly: `__proto__`, `toJSON`, class instances. */
  special: boolean;
}

const isAbsent = (value: unknown): boolean =>
  value === undefined || typeof value === 'function' || typeof value === 'symbol';

const hasToJson = (value: object): value is { toJSON(): unknown } =>
  typeof (value as { toJSON?: unknown }).toJSON === 'function';

const isRootPrototype = (prototype: object | null): boolean =>
  prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;

/** Built-ins whose state is not in their members: JSON shows them as `{}` or as a string. */
const isBuiltIn = (value: object): boolean => Object.prototype.toString.call(value) !== '[object Object]';

const survey = (value: unknown, found: Survey, depth: number): void => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return;
    case 'number':
      if (!Number.isFinite(value)) found.exotic = true;
      return;
    case 'object':
      if (value !== null) surveyObject(value, found, depth + 1);
      return;
    default:
      found.exotic = true;
  }
};

const surveyObject = (value: object, found: Survey, depth: number): void => {
  if (depth > MAX_DEPTH)
    throw new KeyMaterialError(
      `its value is nested deeper than ${MAX_DEPTH} levels, or circular; select fields with \`eventKey\``,
    );
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) survey(value[i], found, depth);
    return;
  }
  if (!isRootPrototype(Object.getPrototypeOf(value))) {
    if (isBuiltIn(value)) {
      found.exotic = true;
      if (value instanceof Map || value instanceof Set) survey([...value], found, depth);
      return;
    }
    found.special = true;
    if (!hasToJson(value) && Object.keys(value).length === 0) {
      throw new KeyMaterialError(
        'it holds an instance of a class without enumerable members, and all of those look alike; select fields with `eventKey`',
      );
    }
  }
  if (hasToJson(value)) {
    found.special = true;
    survey(value.toJSON(), found, depth);
    return;
  }
  found.objects++;
  for (const key of Object.keys(value)) {
    found.keys.add(key);
    found.members++;
    const member = (value as Record<string, unknown>)[key];
    if (typeof member === 'string') continue;
    if (!isAbsent(member)) survey(member, found, depth);
  }
};

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

/**
 * `JSON.stringify` with a list of keys writes members in the list's order, natively and fast, but asks every object
 * for every key. Where objects share few keys, that costs more than the plain writer.
 */
const LOOKUPS_WORTH_IT = 12;

const writeJson = (value: unknown, { keys, objects, members, special }: Survey): string => {
  if (special || keys.has('__proto__') || objects * keys.size > members * LOOKUPS_WORTH_IT)
    return write(value);
  return JSON.stringify(value, [...keys].sort());
};

/** object-hash knows neither `toJSON` nor absent members by itself. */
const replacer = (value: unknown): unknown => {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  const isCustom = typeof value === 'object' && value !== null && !isBuiltIn(value) && hasToJson(value);
  return isCustom ? value.toJSON() : value;
};

/** @throws KeyMaterialError for what cannot be told apart or is nested too deep. */
export const canonicalText = (value: unknown): string => {
  const found: Survey = { keys: new Set(), objects: 0, members: 0, exotic: false, special: false };
  try {
    survey(value, found, 0);
    if (!found.exotic) return writeJson(value, found);
    // respectType: false, since a class's source changes with every build.
    return EXOTIC_PREFIX + objectHash(value as object, { algorithm: 'sha256', respectType: false, replacer });
  } catch (error) {
    if (error instanceof KeyMaterialError) throw error;
    // A getter that throws, a stack that is full already, a type that object-hash does not know.
    const reason =
      error instanceof RangeError
        ? 'its value is nested too deep'
        : 'it holds a value that has no stable text';
    throw new KeyMaterialError(reason, { cause: error });
  }
};
