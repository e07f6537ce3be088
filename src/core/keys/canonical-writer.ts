import { KeyMaterialError } from '../protocol/key-material-error.js';
import { type ValueWriter, writeBuiltIn } from './built-ins.js';
import { ByteWriter } from './byte-writer.js';
import { deeper } from './depth.js';
import { isPlain } from './selection.js';

const isAbsent = (value: unknown): boolean =>
  value === undefined || typeof value === 'function' || typeof value === 'symbol';

const hasToJson = (value: object): value is { toJSON(): unknown } =>
  typeof (value as { toJSON?: unknown }).toJSON === 'function';

/** The most cached shapes. Keys of further shapes are sorted every time, so that the cache cannot grow without limit. */
const MAX_SHAPES = 256;
/** Objects with more keys are maps of data, whose keys do not occur again. */
const MAX_SHAPE_KEYS = 64;

const BANG = 0x21;
const SPACE = 0x20;
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
 * Writes the canonical form of a value as bytes, member by member. (A sorted copy for `JSON.stringify` costs more, and it
 * loses the order of integer keys and `__proto__`.)
 *
 * JSON values are canonical JSON (RFC 8785). Where JSON has no form for a value, it is `!`, the name of its type, a length
 * and a colon, and then that many bytes or parts. No JSON value starts with `!`.
 */
export class CanonicalWriter extends ByteWriter implements ValueWriter {
  /** By first key. Objects of a batch have few shapes, so each is sorted once. */
  readonly #shapes = new Map<string, Shape[]>();
  #shapeCount = 0;

  override end(): void {
    super.end();
    if (this.#shapeCount < MAX_SHAPES) return;
    this.#shapes.clear();
    this.#shapeCount = 0;
  }

  write(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'string':
        this.text(value);
        return;
      case 'number':
        if (Number.isFinite(value)) this.ascii(String(value));
        else this.tagged('number', String(value));
        return;
      case 'boolean':
        this.ascii(value ? 'true' : 'false');
        return;
      case 'object':
        if (value === null) this.ascii('null');
        else if (Array.isArray(value)) this.#array(value, deeper(depth));
        else this.#object(value, deeper(depth));
        return;
      case 'symbol':
      case 'function':
        // A member is skipped. Alone or as an item, all functions or symbols would look the same.
        throw new KeyMaterialError(`it contains a ${typeof value}, which cannot be hashed`);
      default:
        this.tagged(typeof value, value === undefined ? '' : String(value));
    }
  }

  head(type: string, length: number): void {
    this.byte(BANG);
    this.ascii(type);
    this.byte(SPACE);
    this.ascii(String(length));
    this.byte(COLON);
  }

  tagged(type: string, text: string): void {
    this.head(type, Buffer.byteLength(text));
    this.utf8(text);
  }

  members(value: object, keys: readonly string[], depth: number): void {
    let before = OPEN;
    for (const key of keys) {
      const member = (value as Record<string, unknown>)[key];
      if (isAbsent(member)) continue;
      this.byte(before);
      before = COMMA;
      this.text(key);
      this.byte(COLON);
      if (typeof member === 'string') this.text(member);
      else this.write(member, depth);
    }
    if (before === OPEN) this.byte(OPEN);
    this.byte(0x7d);
  }

  #array(items: readonly unknown[], depth: number): void {
    this.byte(0x5b);
    // By index: a hole counts as `undefined`.
    for (let i = 0; i < items.length; i++) {
      if (i > 0) this.byte(COMMA);
      this.write(items[i], depth);
    }
    this.byte(0x5d);
  }

  #object(value: object, depth: number): void {
    const isPlainObject = isPlain(value);
    if (!isPlainObject && writeBuiltIn(this, value, depth)) return;
    if (hasToJson(value)) {
      this.write(value.toJSON(), depth);
      return;
    }
    const keys = this.inOrder(Object.keys(value));
    if (!isPlainObject && (keys.length === 0 || isOfPlatform(value))) {
      throw new KeyMaterialError(
        `it contains an instance of ${className(value)}, whose content cannot be read, so it cannot be told apart from others; select fields with \`eventKey\``,
      );
    }
    this.members(value, keys, depth);
  }

  inOrder(keys: string[]): readonly string[] {
    const [first] = keys;
    if (first === undefined || keys.length === 1) return keys;
    if (keys.length > MAX_SHAPE_KEYS) return keys.sort();
    const known = this.#shapes.get(first);
    if (known) {
      for (const shape of known) if (haveSameKeys(shape.keys, keys)) return shape.sorted;
    }
    const sorted = [...keys].sort();
    if (this.#shapeCount < MAX_SHAPES) {
      this.#shapeCount++;
      if (known) known.push({ keys, sorted });
      else this.#shapes.set(first, [{ keys, sorted }]);
    }
    return sorted;
  }
}

/** Blobs, promises, headers and the like keep their state where it cannot be read. */
const isOfPlatform = (value: object): boolean => {
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  const global = (globalThis as Record<string, unknown>)[tag];
  return tag !== 'Object' && typeof global === 'function' && value instanceof global;
};

/** A name from the code, never from the data. */
const className = (value: object): string => {
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === 'string' && /^[\w$]{1,80}$/.test(name) ? `\`${name}\`` : 'a class';
};
