import { types } from 'node:util';
import type { ResultCodec } from './codec.js';
import { IdempotencyResultError } from './errors.js';

const JSON_CODEC = 'json';
const TYPED_CODEC = 'devalue';

/** Results nest a few levels; deeper ones go to devalue, which copes with cycles and says where it gives up. */
const MAX_DEPTH = 200;

/** Whether JSON gives the value back deep-strict-equal. */
const survivesJson = (value: unknown, depth = 0): boolean => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object':
      return value === null || (depth < MAX_DEPTH && objectSurvivesJson(value, depth + 1));
    default:
      return false;
  }
};

const objectSurvivesJson = (value: object, depth: number): boolean => {
  if (Array.isArray(value)) {
    // A hole, or a member beside the items (as on a RegExp match), shows in the count.
    if (Object.keys(value).length !== value.length) return false;
    for (const item of value) if (!survivesJson(item, depth)) return false;
    return true;
  }
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === null || Object.getPrototypeOf(prototype) !== null) return false;
  if (Object.prototype.toString.call(value) !== '[object Object]') return false;
  if (Object.getOwnPropertySymbols(value).length > 0) return false;
  for (const key of Object.keys(value)) {
    if (!survivesJson((value as Record<string, unknown>)[key], depth)) return false;
  }
  return true;
};

const errorClasses = {
  Error,
  AggregateError: AggregateError as unknown as ErrorConstructor,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

/** Own members of an error that are not enumerable. The stack stays out: it tells of the host's files, not of the outcome. */
const hiddenMembers = ['message', 'cause', 'errors'] as const;

const reduceError = (value: unknown): false | [string, object, object] => {
  if (!types.isNativeError(value)) return false;
  const className = Object.getPrototypeOf(value)?.constructor?.name;
  // A subclass cannot be rebuilt as itself: not ours to store as something else.
  if (!(className in errorClasses)) return false;
  const hidden = hiddenMembers.filter((name) => Object.hasOwn(value, name));
  return [
    className,
    Object.fromEntries(hidden.map((name) => [name, value[name as 'message']])),
    { ...value },
  ];
};

const reviveError = ([className, hidden, members]: [keyof typeof errorClasses, object, object]): Error => {
  const blank = className === 'AggregateError' ? new AggregateError([]) : new errorClasses[className]();
  delete (blank as Partial<AggregateError>).errors;
  for (const [name, value] of Object.entries(hidden)) {
    Object.defineProperty(blank, name, { value, configurable: true, writable: true, enumerable: false });
  }
  return Object.assign(blank, members);
};

const isPlain = (value: unknown): value is object => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
};

/** devalue would drop such members without a word (a RegExp match has them). */
const refuseOddArray = (value: unknown): false => {
  if (Array.isArray(value) && Object.keys(value).some((key) => !/^\d+$/.test(key))) {
    throw new IdempotencyResultError('Cannot store an array with members beside its items');
  }
  return false;
};

const reducers = {
  OddArray: refuseOddArray,
  // In an array, since devalue takes a falsy answer (an empty text) for "not mine".
  Buffer: (value: unknown): false | [string] => Buffer.isBuffer(value) && [value.toString('base64')],
  Error: reduceError,
  // devalue refuses an own `__proto__`; as entries it is a key like any other.
  Entries: (value: unknown): false | [object | null, [string, unknown][]] =>
    isPlain(value) &&
    Object.hasOwn(value, '__proto__') && [Object.getPrototypeOf(value) && {}, Object.entries(value)],
};

const revivers = {
  Buffer: ([base64]: [string]): Buffer => Buffer.from(base64, 'base64'),
  Error: reviveError,
  Entries: ([ordinary, entries]: [object | null, [string, unknown][]]): object => {
    const object: object = ordinary ?? Object.create(null);
    for (const [key, value] of entries) {
      // Defined, not set: setting `__proto__` would set the prototype.
      Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true });
    }
    return object;
  },
};

/** JSON where that gives the value back as it was, devalue's typed JSON elsewhere. */
export const plainCodec: ResultCodec = {
  async encode(result) {
    if (result === undefined) return { codec: JSON_CODEC };
    if (survivesJson(result)) return { codec: JSON_CODEC, data: JSON.stringify(result) };
    // Loaded when first needed: most results are JSON.
    const { stringify } = await import('./devalue.js');
    try {
      return { codec: TYPED_CODEC, data: stringify(result, reducers) };
    } catch (error) {
      // devalue's own messages name a kind of value; a getter's may quote one.
      throw (error as Error)?.name === 'DevalueError'
        ? new IdempotencyResultError((error as Error).message)
        : error;
    }
  },
  async decode({ codec, data }) {
    if (codec === JSON_CODEC && data === undefined) return undefined;
    if (typeof data !== 'string' || (codec !== JSON_CODEC && codec !== TYPED_CODEC)) {
      throw new IdempotencyResultError(
        `the stored result is of codec \`${codec}\`, which is not the one in use`,
      );
    }
    try {
      return codec === JSON_CODEC ? JSON.parse(data) : (await import('./devalue.js')).parse(data, revivers);
    } catch {
      // The parsers' messages quote the result.
      throw new IdempotencyResultError(`the stored result is not what codec \`${codec}\` wrote`);
    }
  },
};
