import { KeyMaterialError } from '../protocol/key-material-error.js';

/** Deeper values are rejected, long before recursion exhausts the stack. Real events nest a few dozen levels. */
const MAX_DEPTH = 1_000;

const isAbsent = (value: unknown): boolean =>
  value === undefined || typeof value === 'function' || typeof value === 'symbol';

export const hasToJson = (value: object): value is { toJSON(): unknown } =>
  typeof (value as { toJSON?: unknown }).toJSON === 'function';

const isRootPrototype = (prototype: object | null): boolean =>
  prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;

/** Built-ins whose state is not in their members: JSON turns them into `{}` or a string. */
export const isBuiltIn = (value: object): boolean =>
  Object.prototype.toString.call(value) !== '[object Object]';

/** Shorter strings are cheaper to write here than in native code. */
const LONG_TEXT = 256;

/** The most cached shapes. Keys of further shapes are sorted every time, so that the cache cannot grow without limit. */
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
 * Writes canonical JSON as bytes, member by member. (A sorted copy for `JSON.stringify` costs more, and it loses the order
 * of integer keys and `__proto__`.)
 */
export class CanonicalWriter {
  /** Whether the value contains something that JSON cannot represent. */
  isExotic = false;
  #bytes = Buffer.allocUnsafe(1_024);
  #length = 0;
  /** By first key. Objects of a batch have few shapes, so each is sorted once. */
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
        // A member is skipped. Alone or as an item, all functions or symbols would look the same.
        throw new KeyMaterialError(`it contains a ${typeof value}, which cannot be hashed`);
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
      // Only to check the depth: object-hash reads the members.
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
        'it contains a class instance without enumerable members, which cannot be told from others; select fields with `eventKey`',
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
    // Twice the length, since every character may be escaped.
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
    `its value is circular or nested deeper than ${MAX_DEPTH} levels; select fields with \`eventKey\``,
  );
};
