import { types } from 'node:util';
import { IdempotencyResultError } from '../protocol/errors.js';
import { ERRORS, isPlain, type Node, type Reference, VIEWS } from './typed-values.js';

/** Members of an error that may not be enumerable. Without the stack, which reveals the host's files. */
const HIDDEN = ['name', 'message', 'cause', 'errors'];

const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : `${value}`);

const tagOf = (value: object): string => Object.prototype.toString.call(value).slice('[object '.length, -1);

const refuse = (what: string): never => {
  throw new IdempotencyResultError(`it contains ${what}`);
};

const isIndex = (key: string): boolean => /^\d+$/.test(key);

/** @throws IdempotencyResultError for an instance of a subclass, and for members that the built-in type lacks */
const checkBuiltIn = (value: object, tag: string): void => {
  // Read from the instance, not its prototype: fake timers set `constructor` on each Date.
  const name = value.constructor?.name;
  if (name !== tag && !(name === 'Buffer' && Buffer.isBuffer(value)))
    refuse(`an instance of a subclass of ${tag}`);
  // For bytes and String objects, the keys are the content.
  const keys = ArrayBuffer.isView(value) || tag === 'String' ? [] : Object.keys(value);
  const extra = keys.some((key) => !(Array.isArray(value) && isIndex(key)));
  if (extra || symbolsOf(value)) refuse(`extra members of ${tag}`);
};

const symbolsOf = (value: object): boolean =>
  Object.getOwnPropertySymbols(value).some((key) => Object.prototype.propertyIsEnumerable.call(value, key));

const bytesOf = (value: ArrayBufferView | ArrayBuffer): string =>
  (ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength)
    : Buffer.from(value)
  ).toString('base64');

/**
 * @throws IdempotencyResultError for values that cannot be restored exactly: functions, symbols, and instances of other
 *   classes. The message names the kind of a value, never the value.
 */
export const writeTyped = (root: unknown): string => {
  const list: (Node | Reference)[] = [null];
  const known = new Map<object, number>();

  const refer = (value: unknown): Reference => {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0) ? [value] : add(['n', numberText(value)]);
      case 'undefined':
        return add(['u']);
      case 'bigint':
        return add(['i', `${value}`]);
      case 'object':
        return value === null ? null : (known.get(value) ?? write(value));
      default:
        return refuse(`a ${typeof value}`);
    }
  };

  const add = (node: Node): number => list.push(node) - 1;

  const write = (value: object): number => {
    const place = add(['u']);
    known.set(value, place);
    list[place] = nodeOf(value);
    return place;
  };

  const members = (value: object, keys: readonly string[] = Object.keys(value)): unknown[] =>
    keys.flatMap((key) => [key, refer((value as Record<string, unknown>)[key])]);

  const nodeOf = (value: object): Node => {
    if (types.isArgumentsObject(value)) return refuse('`arguments`');
    if (types.isNativeError(value)) return errorNode(value);
    const tag = tagOf(value);
    if (tag === 'Object' && (Object.getPrototypeOf(value) === null || isPlain(value))) {
      if (symbolsOf(value)) return refuse('a member whose key is a symbol');
      return [Object.getPrototypeOf(value) === null ? 'z' : 'o', ...members(value)];
    }
    if (!Object.hasOwn(WRITERS, tag) && !Object.hasOwn(VIEWS, tag)) return refuse('an instance of a class');
    checkBuiltIn(value, tag);
    const writer = WRITERS[tag];
    if (writer) return writer(value as never, refer);
    return ['b', Buffer.isBuffer(value) ? 'Buffer' : tag, bytesOf(value as ArrayBufferView)];
  };

  const errorNode = (error: Error): Node => {
    const name = Object.getPrototypeOf(error)?.constructor?.name;
    if (!Object.hasOwn(ERRORS, name)) return refuse("an error of a class that is not JavaScript's own");
    const hidden = HIDDEN.filter((key) => Object.getOwnPropertyDescriptor(error, key)?.enumerable === false);
    return ['x', name, hidden.length, ...members(error, [...hidden, ...Object.keys(error)])];
  };

  list[0] = refer(root);
  return JSON.stringify(list);
};

type Refer = (value: unknown) => Reference;

const WRITERS: Readonly<Record<string, (value: never, refer: Refer) => Node>> = {
  Array: (items: unknown[], refer) => {
    const keys = Object.keys(items);
    return keys.length === items.length
      ? ['a', ...items.map(refer)]
      : ['h', items.length, ...keys.flatMap((key) => [Number(key), refer(items[Number(key)])])];
  },
  Map: (map: Map<unknown, unknown>, refer) => ['m', ...[...map].flat().map(refer)],
  Set: (set: Set<unknown>, refer) => ['t', ...[...set].map(refer)],
  Date: (date: Date) => ['d', date.getTime()],
  RegExp: ({ source, flags }: RegExp) => ['r', source, flags],
  URL: ({ href }: URL) => ['l', href],
  URLSearchParams: (query: URLSearchParams) => ['q', `${query}`],
  ArrayBuffer: (buffer: ArrayBuffer) => ['b', 'ArrayBuffer', bytesOf(buffer)],
  Number: (boxed: object) => ['p', ['n', numberText(boxed.valueOf() as number)]],
  String: (boxed: object) => ['p', boxed.valueOf()],
  Boolean: (boxed: object) => ['p', boxed.valueOf()],
  BigInt: (boxed: object) => ['p', ['i', `${boxed.valueOf()}`]],
};
