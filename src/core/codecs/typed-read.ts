import { ERRORS, type Node, type Reference, VIEWS } from './typed-values.js';

/** @throws for a text that `writeTyped` did not write; the message may quote it */
export const readTyped = (text: string): unknown => {
  const [root, ...nodes] = JSON.parse(text) as [Reference, ...Node[]];
  const deref = (reference: Reference): unknown => {
    if (typeof reference !== 'number') return Array.isArray(reference) ? reference[0] : reference;
    if (!Object.hasOwn(made, reference - 1)) throw new Error('no such node');
    return made[reference - 1];
  };
  // Values that may contain themselves are created empty, and filled once all exist.
  const made: unknown[] = [];
  for (const node of nodes) made.push(make(node));
  nodes.forEach((node, index) => {
    fill(node, made[index], deref);
  });
  return deref(root);
};

const make = ([type, first, second]: Node): unknown => {
  switch (type) {
    case 'u':
      return undefined;
    case 'n':
      return Number(first);
    case 'i':
      return BigInt(first as string);
    case 'd':
      return new Date((first as number | null) ?? Number.NaN);
    case 'r':
      return new RegExp(first as string, second as string);
    case 'l':
      return new URL(first as string);
    case 'q':
      return new URLSearchParams(first as string);
    case 'b':
      return bytesFrom(first as string, Buffer.from(second as string, 'base64'));
    case 'p':
      return Object(scalarOf(first));
    case 'a':
      return [];
    case 'h':
      return new Array(first as number);
    case 'o':
      return {};
    case 'z':
      return Object.create(null);
    case 'm':
      return new Map();
    case 't':
      return new Set();
    case 'x':
      return blankError(first as string);
    default:
      throw new Error('unknown type of node');
  }
};

/** A boxed value: text for what is no JSON scalar. */
const scalarOf = (boxed: unknown): unknown => (Array.isArray(boxed) ? make(boxed as never) : boxed);

const bytesFrom = (kind: string, bytes: Buffer): unknown => {
  if (kind === 'Buffer') return bytes;
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const View = VIEWS[kind];
  return View ? new View(buffer) : buffer;
};

const blankError = (name: string): Error => {
  const ErrorClass = ERRORS[name] as new (...args: unknown[]) => Error;
  const blank = name === 'AggregateError' ? new ErrorClass([]) : new ErrorClass();
  delete (blank as Partial<AggregateError>).errors;
  return blank;
};

const fill = ([type, ...content]: Node, made: unknown, deref: (reference: Reference) => unknown): void => {
  const references = content as Reference[];
  switch (type) {
    case 'a':
      for (const reference of references) (made as unknown[]).push(deref(reference));
      break;
    case 'h':
      pairs(references.slice(1), (index, item) => {
        (made as unknown[])[index as number] = deref(item);
      });
      break;
    case 'o':
    case 'z':
      pairs(references, (key, member) => define(made as object, key as string, deref(member), true));
      break;
    case 'm':
      pairs(references, (key, value) => (made as Map<unknown, unknown>).set(deref(key), deref(value)));
      break;
    case 't':
      for (const reference of references) (made as Set<unknown>).add(deref(reference));
      break;
    case 'x': {
      let hidden = content[1] as number;
      pairs(references.slice(2), (key, member) =>
        define(made as object, key as string, deref(member), hidden-- <= 0),
      );
    }
  }
};

const pairs = (list: readonly Reference[], use: (first: Reference, second: Reference) => void): void => {
  for (let at = 0; at + 1 < list.length; at += 2) use(list[at] as Reference, list[at + 1] as Reference);
};

/** Defines the member instead of assigning it: assigning `__proto__` would set the prototype. */
const define = (on: object, key: string, value: unknown, enumerable: boolean): void => {
  if (enumerable && key !== '__proto__') (on as Record<string, unknown>)[key] = value;
  else Object.defineProperty(on, key, { value, configurable: true, writable: true, enumerable });
};
