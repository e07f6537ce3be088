import { KeyMaterialError } from '../protocol/key-material-error.js';

/** Deeper values are refused. Real events nest a few dozen levels; the bound keeps recursion far from the stack's end. */
const MAX_DEPTH = 1_000;

const isAbsent = (value: unknown): boolean =>
  value === undefined || typeof value === 'function' || typeof value === 'symbol';

export const hasToJson = (value: object): value is { toJSON(): unknown } =>
  typeof (value as { toJSON?: unknown }).toJSON === 'function';

const isRootPrototype = (prototype: object | null): boolean =>
  prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;

/** Built-ins whose state is not in their members: JSON shows them as `{}` or as a string. */
export const isBuiltIn = (value: object): boolean =>
  Object.prototype.toString.call(value) !== '[object Object]';

/** Shorter texts are cheaper to write here than to hand over to native code. */
const LONG_TEXT = 256;

/** Beyond these, orders are sorted again: a value with a shape of its own for every object would only fill them. */
const MAX_SHAPES = 256;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;

interface Shape {
  readonly keys: readonly string[];
  readonly sorted: readonly string[];
}

const haveSameKeys = (one: readonly string[], other: readonly string[]): boolean => {
  if (one.length !== other.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
};

/**
 * Writes canonical JSON as bytes, member by member. (A sorted copy for `JSON.stringify` costs more to make than to write,
 * and does not keep the order of keys that are integers, nor `__proto__`.)
 */
export class CanonicalWriter {
  /** Holds something that JSON cannot. */
  isExotic = false;
  #bytes = Buffer.allocUnsafe(1_024);
  #length = 0;
  /** Objects of a batch have few shapes: each is sorted once. By the first key. */
  readonly #shapes = new Map<string, Shape[]>();
  #shapeCount = 0;

  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  write(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        this.#text(value);
        return;
      case 'number':
        if (!Number.isFinite(value)) this.isExotic = true;
        this.#ascii(String(value));
        return;
      case 'boolean':
        this.#ascii(value ? 'true' : 'false');
        return;
      case 'object':
        if (value === null) this.#ascii('null');
        else if (Array.isArray(value)) this.#array(value, deeper(depth));
        else this.#object(value, deeper(depth));
        return;
      case 'symbol':
      case 'function':
        // As a member it is absent. Alone or as an item, one would look like any other.
        throw new KeyMaterialError(`it holds a ${typeof value}, which has no stable text`);
      default:
        this.isExotic = true;
    }
  }

  #array(items: readonly unknown[], depth: number): void {
    this.#byte(0x5b);
    for (let i = 0; i < items.length; i++) {
      if (i > 0) this.#byte(COMMA);
      this.write(items[i], depth);
    }
    this.#byte(0x5d);
  }

  #object(value: object, depth: number): void {
    const isPlain = isRootPrototype(Object.getPrototypeOf(value));
    if (!isPlain && isBuiltIn(value)) {
      this.isExotic = true;
      // Only for their depth: object-hash reads them.
      if (value instanceof Map || value instanceof Set) this.write([...value], depth);
      return;
    }
    if (hasToJson(value)) {
      this.write(value.toJSON(), depth);
      return;
    }
    const keys = this.#inOrder(Object.keys(value));
    if (!isPlain && keys.length === 0) {
      throw new KeyMaterialError(
        'it holds an instance of a class without enumerable members, and all of those look alike; select fields with `eventKey`',
      );
    }
    let before = OPEN;
    for (const key of keys) {
      const member = (value as Record<string, unknown>)[key];
      if (isAbsent(member)) continue;
      this.#byte(before);
      before = COMMA;
      this.#text(key);
      this.#byte(COLON);
      if (typeof member === 'string') this.#text(member);
      else this.write(member, depth);
    }
    if (before === OPEN) this.#byte(OPEN);
    this.#byte(0x7d);
  }

  #inOrder(keys: string[]): readonly string[] {
    const [first] = keys;
    if (first === undefined || keys.length === 1) return keys;
    const known = this.#shapes.get(first);
    if (known) {
      for (const shape of known) if (haveSameKeys(shape.keys, keys)) return shape.sorted;
    }
    const sorted = [...keys].sort();
    if (this.#shapeCount++ < MAX_SHAPES) {
      if (known) known.push({ keys, sorted });
      else this.#shapes.set(first, [{ keys, sorted }]);
    }
    return sorted;
  }

  #text(text: string): void {
    const { length } = text;
    if (length > LONG_TEXT) {
      this.#native(text);
      return;
    }
    // Twice, where each is escaped.
    this.#reserve(length * 2 + 2);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = QUOTE;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code < 0x20 || code >= 0x7f) {
        this.#native(text);
        return;
      }
      if (code === QUOTE || code === BACKSLASH) bytes[at++] = BACKSLASH;
      bytes[at++] = code;
    }
    bytes[at++] = QUOTE;
    this.#length = at;
  }

  #native(text: string): void {
    const json = JSON.stringify(text);
    this.#reserve(json.length * 3);
    this.#length += this.#bytes.write(json, this.#length);
  }

  #ascii(text: string): void {
    const { length } = text;
    this.#reserve(length);
    const bytes = this.#bytes;
    const at = this.#length;
    for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
    this.#length = at + length;
  }

  #byte(byte: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.written);
    this.#bytes = larger;
  }
}

const deeper = (depth: number): number => {
  if (depth < MAX_DEPTH) return depth + 1;
  throw new KeyMaterialError(
    `its value is nested deeper than ${MAX_DEPTH} levels, or circular; select fields with \`eventKey\``,
  );
};
