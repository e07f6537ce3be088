import { createHash } from 'node:crypto';

/** The canonical form of built-in values that JSON cannot hold: by value, never by identity. */

/** The parts of the canonical writer that are used here. */
export interface ValueWriter {
  write(value: unknown, depth: number): void;
  /** Starts a value that JSON cannot hold. */
  head(type: string, length: number): void;
  /** A value that JSON cannot hold, as text. */
  tagged(type: string, text: string): void;
  /** Own members, as JSON writes them. */
  members(value: object, keys: readonly string[], depth: number): void;
  inOrder(keys: string[]): readonly string[];
  /** Runs `write`, and takes what it wrote out of the buffer again. The bytes are valid until the next write. */
  aside(write: () => void): Buffer;
  copy(bytes: Uint8Array): void;
}

type Write = (writer: ValueWriter, value: never, depth: number) => void;

const asText =
  <Value>(type: string, textOf: (value: Value) => string): Write =>
  (writer, value) =>
    writer.tagged(type, textOf(value));

const asBytes = (writer: ValueWriter, type: string, bytes: Uint8Array): void => {
  writer.head(type, bytes.length);
  writer.copy(bytes);
};

/** Longer items are represented by their hash, so that nested sets are not copied again on every level. */
const LONGEST_ITEM = 1_024;

/** Sorted by their written form, since equal sets may differ in order. */
const unordered = (writer: ValueWriter, type: string, items: readonly unknown[], depth: number): void => {
  const pieces = items.map((item) => {
    const written = writer.aside(() => writer.write(item, depth));
    return written.length > LONGEST_ITEM
      ? { type: 'hash', bytes: createHash('sha256').update(written).digest() }
      : { type: 'item', bytes: Buffer.from(written) };
  });
  pieces.sort((one, other) => Buffer.compare(one.bytes, other.bytes));
  writer.head(type, pieces.length);
  for (const piece of pieces) asBytes(writer, piece.type, piece.bytes);
};

/** Includes members that are not enumerable, but not the stack, which differs from run to run. */
const writeError: Write = (writer, error: Error & { errors?: unknown }, depth) => {
  const { name, message, cause, errors } = error;
  const members = { ...error, name, message, cause, errors };
  writer.head('Error', 1);
  writer.members(members, writer.inOrder(Object.keys(members)), depth);
};

/** A boxed primitive is its primitive, as in JSON. */
const unboxed =
  (primitiveOf: () => unknown): Write =>
  (writer, value, depth) =>
    writer.write(primitiveOf.call(value), depth);

const buffer =
  (type: string): Write =>
  (writer, value: ArrayBuffer) =>
    asBytes(writer, type, new Uint8Array(value));

/** Uses the built-ins' own methods, so that an object that only claims to be one is refused. */
const byType: Readonly<Record<string, Write>> = {
  Date: asText('Date', (date: Date) => String(Date.prototype.getTime.call(date))),
  RegExp: asText('RegExp', ({ source, flags }: RegExp) => `/${source}/${flags}`),
  URL: asText('URL', ({ href }: URL) => href),
  URLSearchParams: asText('URLSearchParams', (query: URLSearchParams) =>
    URLSearchParams.prototype.toString.call(query),
  ),
  Map: (writer, map: Map<unknown, unknown>, depth) =>
    unordered(writer, 'Map', [...Map.prototype.entries.call(map)], depth),
  Set: (writer, set: Set<unknown>, depth) =>
    unordered(writer, 'Set', [...Set.prototype.values.call(set)], depth),
  Error: writeError,
  DOMException: writeError,
  Number: unboxed(Number.prototype.valueOf),
  String: unboxed(String.prototype.valueOf),
  Boolean: unboxed(Boolean.prototype.valueOf),
  BigInt: unboxed(BigInt.prototype.valueOf),
  ArrayBuffer: buffer('ArrayBuffer'),
  SharedArrayBuffer: buffer('SharedArrayBuffer'),
};

const typeOfView = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get;

const viewName = (view: ArrayBufferView): string => {
  if (Buffer.isBuffer(view)) return 'Buffer';
  const name: unknown = typeOfView?.call(view);
  return typeof name === 'string' ? name : 'DataView';
};

/** The types by their classes, for subclasses that have a tag of their own. */
const classes = Object.keys(byType).flatMap((type) => {
  const found: unknown = (globalThis as Record<string, unknown>)[type];
  return typeof found === 'function' ? { type, isOf: (value: object) => value instanceof found } : [];
});

const typeOf = (value: object): string => {
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (tag === 'Object' || Object.hasOwn(byType, tag)) return tag;
  return classes.find(({ isOf }) => isOf(value))?.type ?? tag;
};

/** @returns whether the value is a built-in, and was written */
export const writeBuiltIn = (writer: ValueWriter, value: object, depth: number): boolean => {
  if (ArrayBuffer.isView(value)) {
    asBytes(writer, viewName(value), new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    return true;
  }
  const type = typeOf(value);
  if (!Object.hasOwn(byType, type)) return false;
  byType[type]?.(writer, value as never, depth);
  return true;
};
