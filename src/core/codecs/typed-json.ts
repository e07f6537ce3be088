import { types } from 'node:util';
import type { ResultCodec } from '../protocol/codec.js';
import { IdempotencyResultError } from '../protocol/errors.js';
import { refuseOdd } from './unsupported-values.js';

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

/** Whether it is an object as `{}` makes them in another realm. */
const isForeignPlain = (value: object, prototype: object | null): boolean =>
  prototype !== null &&
  Object.getPrototypeOf(prototype) === null &&
  Object.prototype.toString.call(value) === '[object Object]';

const objectSurvivesJson = (value: object, depth: number): boolean => {
  // One that is not enumerable is not met below, and JSON calls it all the same.
  if ((value as { toJSON?: unknown }).toJSON !== undefined) return false;
  if (Array.isArray(value)) {
    // A subclass's is none; every realm's own is.
    if (!Array.isArray(Object.getPrototypeOf(value))) return false;
    // A hole, or a member beside the items and `length` (as on a RegExp match), shows in the count.
    if (Object.keys(value).length !== value.length) return false;
    if (Object.getOwnPropertySymbols(value).length > 0) return false;
    for (const item of value) if (!survivesJson(item, depth)) return false;
    return true;
  }
  // Also that of `arguments`.
  if (Object.getOwnPropertySymbols(value).length > 0) return false;
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && !isForeignPlain(value, prototype)) return false;
  // Cheaper than Object.keys(); there is nothing to inherit.
  for (const key in value) {
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

/** Members that an error may hide. The stack stays out: it tells of the host's files, not of the outcome. */
const hiddenMembers = ['name', 'message', 'cause', 'errors'] as const;

type ErrorPayload = [keyof typeof errorClasses, hidden: object, members: object];

const reduceError = (value: unknown): false | [string, object, object] => {
  if (!types.isNativeError(value)) return false;
  const className = Object.getPrototypeOf(value)?.constructor?.name;
  // A subclass cannot be rebuilt as itself: not ours to store as something else.
  if (!Object.hasOwn(errorClasses, className)) return false;
  const hidden = hiddenMembers.filter(
    (name) => Object.getOwnPropertyDescriptor(value, name)?.enumerable === false,
  );
  return [
    className,
    Object.fromEntries(hidden.map((name) => [name, value[name as 'message']])),
    { ...value },
  ];
};

const blankError = ([className]: ErrorPayload): Error => {
  const blank = className === 'AggregateError' ? new AggregateError([]) : new errorClasses[className]();
  delete (blank as Partial<AggregateError>).errors;
  return blank;
};

/** Defined, not set: setting `__proto__` would set the prototype. */
const define = (on: object, entries: readonly [string, unknown][], enumerable: boolean): void => {
  for (const [name, value] of entries) {
    Object.defineProperty(on, name, { value, configurable: true, writable: true, enumerable });
  }
};

type EntriesPayload = [ordinary: object | null, entries: [string, unknown][]];

const isPlain = (value: unknown): value is object => {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
};

/** Bytes that are a part of their buffer, as of Node's pool: alone, since devalue stores the whole of it. */
const reduceView = (value: unknown): false | [ArrayBufferView] => {
  if (!ArrayBuffer.isView(value) || value.byteLength === value.buffer.byteLength) return false;
  if (!(value instanceof DataView)) return [(value as Uint8Array).slice()];
  return [new DataView(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength))];
};

const reducers = {
  Odd: refuseOdd,
  // In an array, since devalue takes a falsy answer (an empty text) for "not mine".
  Buffer: (value: unknown): false | [string] => Buffer.isBuffer(value) && [value.toString('base64')],
  View: reduceView,
  Error: reduceError,
  // devalue refuses an own `__proto__`; as entries it is a key like any other.
  Entries: (value: unknown): false | EntriesPayload =>
    isPlain(value) &&
    Object.hasOwn(value, '__proto__') && [Object.getPrototypeOf(value) && {}, Object.entries(value)],
};

/**
 * What may hold itself is made without its content, once for each payload, and filled when all is made: a payload
 * that is met inside itself is not complete.
 */
const revivers = (fillings: (() => void)[]) => {
  const inTwoSteps = <Payload extends object, Made extends object>(
    make: (payload: Payload) => Made,
    fill: (made: Made, payload: Payload) => void,
  ) => {
    const known = new Map<Payload, Made>();
    return (payload: Payload): Made => {
      const made = known.get(payload) ?? make(payload);
      if (!known.has(payload)) fillings.push(() => fill(made, payload));
      known.set(payload, made);
      return made;
    };
  };
  return {
    Buffer: ([base64]: [string]): Buffer => Buffer.from(base64, 'base64'),
    View: ([view]: [ArrayBufferView]): ArrayBufferView => view,
    Error: inTwoSteps(blankError, (error, [, hidden, members]) => {
      define(error, Object.entries(hidden), false);
      define(error, Object.entries(members), true);
    }),
    Entries: inTwoSteps(
      ([ordinary]: EntriesPayload): object => ordinary ?? Object.create(null),
      (object, [, entries]) => define(object, entries, true),
    ),
  };
};

const parseTyped = async (data: string): Promise<unknown> => {
  const { parse } = await import('./devalue.js');
  const fillings: (() => void)[] = [];
  const value = parse(data, revivers(fillings));
  for (const fill of fillings) fill();
  return value;
};

/** Of what stringifying threw: devalue's own messages name a kind of value; a getter's may quote one. */
const told = (error: unknown): unknown => {
  const { name, message } = (error ?? {}) as Partial<Error>;
  if (name === 'DevalueError') return new IdempotencyResultError(String(message));
  if (message === 'Maximum call stack size exceeded')
    return new IdempotencyResultError('it is nested too deeply');
  return error;
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
      throw told(error);
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
      return codec === JSON_CODEC ? JSON.parse(data) : await parseTyped(data);
    } catch {
      // The parsers' messages quote the result.
      throw new IdempotencyResultError(`the stored result is not what codec \`${codec}\` wrote`);
    }
  },
};
