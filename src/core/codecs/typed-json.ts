import { types } from 'node:util';
import type { EncodedResult, ResultCodec } from '../protocol/codec.js';
import { IdempotencyResultError } from '../protocol/errors.js';
import { quoted } from '../protocol/values.js';
import { refuseUnsupported } from './unsupported-values.js';

const JSON_CODEC = 'json';
const TYPED_CODEC = 'devalue';

/** Values nested deeper go to devalue, which handles cycles. Ordinary results nest a few levels. */
const MAX_DEPTH = 200;

/** Whether JSON restores a deep-strict-equal value. */
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

/** Whether it is a plain object of another realm. */
const isForeignPlain = (value: object, prototype: object | null): boolean =>
  prototype !== null &&
  Object.getPrototypeOf(prototype) === null &&
  Object.prototype.toString.call(value) === '[object Object]';

const objectSurvivesJson = (value: object, depth: number): boolean => {
  // The loop below does not see a non-enumerable toJSON, but JSON.stringify calls it.
  if ((value as { toJSON?: unknown }).toJSON !== undefined) return false;
  if (Array.isArray(value)) {
    // The prototype of every realm's Array is itself an array; a subclass's is not.
    if (!Array.isArray(Object.getPrototypeOf(value))) return false;
    // Holes, and members that are not items (as on a RegExp match), change the count.
    if (Object.keys(value).length !== value.length) return false;
    if (Object.getOwnPropertySymbols(value).length > 0) return false;
    for (const item of value) if (!survivesJson(item, depth)) return false;
    return true;
  }
  // Also excludes `arguments`.
  if (Object.getOwnPropertySymbols(value).length > 0) return false;
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && !isForeignPlain(value, prototype)) return false;
  // Cheaper than Object.keys(); a plain object inherits nothing enumerable.
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

/** Members of an error that may not be enumerable. Without the stack, which reveals the host's files. */
const hiddenMembers = ['name', 'message', 'cause', 'errors'] as const;

type ErrorPayload = [keyof typeof errorClasses, hidden: object, members: object];

const reduceError = (value: unknown): false | [string, object, object] => {
  if (!types.isNativeError(value)) return false;
  const className = Object.getPrototypeOf(value)?.constructor?.name;
  // A subclass could not be restored as itself.
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

/** Defines members instead of assigning: assigning `__proto__` would set the prototype. */
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

/** Copies the view's bytes, if its buffer is larger (such as Node's pool): devalue would store the whole buffer. */
const reduceView = (value: unknown): false | [ArrayBufferView] => {
  if (!ArrayBuffer.isView(value) || value.byteLength === value.buffer.byteLength) return false;
  if (!(value instanceof DataView)) return [(value as Uint8Array).slice()];
  return [new DataView(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength))];
};

const reducers = {
  Unsupported: refuseUnsupported,
  // In an array: devalue takes a falsy answer, such as an empty string, for "not handled".
  Buffer: (value: unknown): false | [string] => Buffer.isBuffer(value) && [value.toString('base64')],
  View: reduceView,
  Error: reduceError,
  // devalue rejects an own `__proto__`. As an entry it is an ordinary key.
  Entries: (value: unknown): false | EntriesPayload =>
    isPlain(value) &&
    Object.hasOwn(value, '__proto__') && [Object.getPrototypeOf(value) && {}, Object.entries(value)],
};

/**
 * Values that may contain themselves are created empty, once per payload, and filled after parsing: inside itself, a
 * payload is not complete yet.
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

/** Replaces errors of devalue, whose messages name only a kind of value. Others pass: a getter's message may quote a value. */
const toResultError = (error: unknown): unknown => {
  const { name, message } = (error ?? {}) as Partial<Error>;
  if (name === 'DevalueError') return new IdempotencyResultError(String(message));
  if (message === 'Maximum call stack size exceeded')
    return new IdempotencyResultError('it is nested too deeply');
  return error;
};

const stringifyTyped = async (result: unknown): Promise<EncodedResult> => {
  // Loaded on first use: most results are plain JSON.
  const { stringify } = await import('./devalue.js');
  try {
    return { codec: TYPED_CODEC, data: stringify(result, reducers) };
  } catch (error) {
    throw toResultError(error);
  }
};

/** The parsers' messages may quote the result. */
const throwNotWrittenBy = (codec: string): never => {
  throw new IdempotencyResultError(`the stored result was not written by codec \`${codec}\``);
};

/** Plain JSON if that restores the value exactly, otherwise devalue's typed JSON. No promise for plain JSON. */
export const plainCodec: ResultCodec = {
  encode(result) {
    if (result === undefined) return { codec: JSON_CODEC };
    return survivesJson(result)
      ? { codec: JSON_CODEC, data: JSON.stringify(result) }
      : stringifyTyped(result);
  },
  decode({ codec, data }) {
    if (codec === JSON_CODEC && data === undefined) return undefined;
    if (typeof data !== 'string' || (codec !== JSON_CODEC && codec !== TYPED_CODEC)) {
      throw new IdempotencyResultError(
        `the stored result was written by codec \`${quoted(codec)}\`, which the current codec cannot read`,
      );
    }
    if (codec === TYPED_CODEC) return parseTyped(data).catch(() => throwNotWrittenBy(codec));
    try {
      return JSON.parse(data);
    } catch {
      return throwNotWrittenBy(codec);
    }
  },
};
