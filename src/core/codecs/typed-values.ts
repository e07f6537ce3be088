/**
 * JSON for values that plain JSON would change: a list of one reference to the value, followed by nodes. A node
 * refers to others by their place in the list, so that an object that occurs twice is one object again, and a
 * cyclic one is written only once.
 *
 *   reference   place | string | boolean | null | [number]
 *   node        [type, …content]; the types are those of typed-read.ts
 */

export type Reference = number | string | boolean | null | readonly [number];
export type Node = readonly [type: string, ...content: unknown[]];

export const ERRORS: Readonly<Record<string, new (message?: string) => Error>> = {
  Error,
  AggregateError: AggregateError as never,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

/** By the tag that `Object.prototype.toString` returns. */
export const VIEWS: Readonly<Record<string, new (buffer: ArrayBuffer) => ArrayBufferView>> =
  Object.fromEntries(
    [
      DataView,
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      Float32Array,
      Float64Array,
      BigInt64Array,
      BigUint64Array,
    ].map((View) => [View.name, View as never]),
  );

/** Whether an object is a plain one, as `{}` creates, of this realm or another. */
export const isPlain = (value: object): boolean => {
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return true;
  const isRoot = prototype !== null && Object.getPrototypeOf(prototype) === null;
  return (
    isRoot &&
    Object.hasOwn(prototype, 'isPrototypeOf') &&
    Object.prototype.toString.call(value) === '[object Object]'
  );
};
