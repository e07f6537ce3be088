import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import objectHash from 'object-hash';
import { hashValue } from '../../../src/core/keys/hash.js';
import { KeyMaterialError } from '../../../src/core/protocol/key-material-error.js';

const bytes = (...items: number[]): Uint8Array => Uint8Array.from(items);
const viewOf = (...items: number[]): DataView => new DataView(bytes(...items).buffer);
const tagged = (tag: string, members: object): object =>
  Object.assign(Object.create({ constructor: class {}, [Symbol.toStringTag]: tag, more: 1 }), members);

describe('P16: different values that JSON cannot hold have different keys', () => {
  it.each<[string, unknown, unknown]>([
    // biome-ignore lint/suspicious/noSparseArray: that is the point
    ['holes of arrays', [, 1], [1, ,]],
    ['the length of an array of holes', new Array(1), new Array(2)],
    ['Maps of Buffers', new Map([[Buffer.from([255]), 1]]), new Map([[Buffer.from([254]), 1]])],
    ['Sets of Buffers', new Set([Buffer.from([255])]), new Set([Buffer.from([254])])],
    [
      'Sets of Buffers with more than 1 KB',
      new Set([Buffer.alloc(2_000, 1)]),
      new Set([Buffer.alloc(2_000, 2)]),
    ],
    ['URLs', new URL('https://a.example/1'), new URL('https://a.example/2')],
    ['queries', new URLSearchParams('a=1'), new URLSearchParams('a=2')],
    ['DataViews', viewOf(1), viewOf(2)],
    ['ArrayBuffers', bytes(1).buffer, bytes(2).buffer],
    ['a part of a buffer', bytes(1, 2).subarray(1), bytes(1, 3).subarray(1)],
    ['instances with the tag Connection', tagged('Connection', { id: 1 }), tagged('Connection', { id: 2 })],
    ['instances with the tag Context', tagged('Context', { id: 1 }), tagged('Context', { id: 2 })],
    ['the text [CIRCULAR:0] and an object twice', [{}, '[CIRCULAR:1]'], ((it) => [it, it])({})],
    ['a Date and its text', new Date(1), new Date(1).toJSON()],
    ['a Date and its time', new Date(1), 1],
    ['invalid and valid Dates', new Date(Number.NaN), new Date(0)],
    ['a bigint and its number', 1n, 1],
    ['NaN and null', Number.NaN, null],
    ['infinities', Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    ['an undefined item and null', [undefined], [null]],
    ['a Set and its list', new Set([1]), [1]],
    ['a Map and its object', new Map([['a', 1]]), { a: 1 }],
    ['a Map and a Set of its entries', new Map([['a', 1]]), new Set([['a', 1]])],
    ['an item that looks like two', new Set(['1!item 1:2']), new Set([1, 2])],
    ['bytes of other types', bytes(1), Int8Array.of(1)],
    ['numbers of other sizes', Float32Array.of(1), Float64Array.of(1)],
    ['errors by their cause', new Error('x', { cause: 1 }), new Error('x', { cause: 2 })],
    ['errors by their members', Object.assign(new Error('x'), { code: 1 }), new Error('x')],
    ['flags of regular expressions', /a/g, /a/i],
  ])('%s', (_, one, other) => {
    expect(hashValue(one)).not.toBe(hashValue(other));
    expect(hashValue({ in: one })).not.toBe(hashValue({ in: other }));
  });
});

describe('P16: equal values that JSON cannot hold have equal keys', () => {
  const shared = { at: new Date(1) };
  class Pool extends Map<number, number> {
    override get [Symbol.toStringTag](): string {
      return 'Pool';
    }
  }
  class Money {
    readonly #cents: number;
    constructor(cents: number) {
      this.#cents = cents;
    }
    toJSON(): unknown {
      return { cents: this.#cents };
    }
  }

  it.each<[string, unknown, unknown]>([
    [
      'the same object twice, and two equal ones',
      [shared, shared],
      [{ at: new Date(1) }, { at: new Date(1) }],
    ],
    ['an undefined member beside a Date', { at: new Date(1), b: undefined }, { at: new Date(1) }],
    ['a function as a member beside a Date', { at: new Date(1), f: () => 1 }, { at: new Date(1) }],
    // biome-ignore lint/suspicious/noSparseArray: that is the point
    ['a hole and undefined', [, 1], [undefined, 1]],
    ['Sets in another order', new Set([1, 'b', 3n]), new Set([3n, 1, 'b'])],
    [
      'Maps of Buffers in another order',
      new Map([
        [Buffer.from([255]), 1],
        [Buffer.from([254]), 2],
      ]),
      new Map([
        [Buffer.from([254]), 2],
        [Buffer.from([255]), 1],
      ]),
    ],
    ['members in another order', { b: 1n, a: 2n }, { a: 2n, b: 1n }],
    ['boxed primitives', [Object('a'), Object(1), Object(true), Object(1n)], ['a', 1, true, 1n]],
    ['0 and -0, as in JSON', [0, 1n], [-0, 1n]],
    ['what toJSON returns, beside a Date', [new Money(250), new Date(1)], [{ cents: 250 }, new Date(1)]],
    ['a subclass with a tag of its own', new Pool([[1, 2]]), new Map([[1, 2]])],
    ['errors with other stacks', new Error('x'), [1].map(() => new Error('x'))[0]],
  ])('%s', (_, one, other) => {
    expect(hashValue(one)).toBe(hashValue(other));
  });
});

it.each<[string, () => unknown, string]>([
  ['a Blob', () => new Blob(['x']), '`Blob`'],
  ['a File', () => new File(['x'], 'name'), '`File`'],
  ['a Blob with a member', () => Object.assign(new Blob(['x']), { id: 1 }), '`Blob`'],
  ['headers', () => new Headers({ a: '1' }), '`Headers`'],
  ['a promise', () => Promise.resolve(1), '`Promise`'],
  ['a WeakMap', () => new WeakMap(), '`WeakMap`'],
  ['an iterator', () => [1].values(), 'an instance of'],
  ['an object that claims to be a Date', () => Object.create(Date.prototype), 'cannot be hashed'],
])('P16: %s is refused by name, in a list too', (_, value, name) => {
  expect(() => hashValue([value()])).toThrow(KeyMaterialError);
  expect(() => hashValue({ at: value() })).toThrow(name);
});

describe('P16: the cost is linear', () => {
  /** Processor time in milliseconds: the machine may be busy. */
  const elapsed = (work: () => unknown): number => {
    const before = process.cpuUsage();
    work();
    return process.cpuUsage(before).user / 1_000;
  };

  it('40,000 Dates take milliseconds', () => {
    const dates = Array.from({ length: 40_000 }, (_, index) => new Date(index));
    hashValue(dates);
    // 13,000 ms with object-hash.
    expect(elapsed(() => hashValue(dates))).toBeLessThan(500);
  });

  it('megabytes in 500 Sets inside of one another are not copied 500 times', () => {
    let value: unknown = 'x'.repeat(4_000_000);
    for (let level = 0; level < 500; level++) value = new Set([level, value]);
    expect(elapsed(() => hashValue(value))).toBeLessThan(1_000);
  });

  it('one object referenced again and again is refused when it gets longer than 256 MB', () => {
    let value: unknown = 'x'.repeat(1_000_000);
    for (let level = 0; level < 30; level++) value = [value, value];
    expect(() => hashValue(value)).toThrow(/longer than 256 MB/);
  });

  it('texts, lists and bytes past the size of a chunk have the key of their canonical form', () => {
    const items = Array.from({ length: 30_000 }, (_, index) => `item ${index} €`);
    const long = { z: items, a: 'ä'.repeat(100_000), '"': '\ud800'.repeat(70_000) };
    const canonical = `{"\\"":${JSON.stringify(long['"'])},"a":${JSON.stringify(long.a)},"z":${JSON.stringify(items)}}`;
    expect(hashValue(long)).toBe(sha256(canonical));
    expect(hashValue(long, 'sha256', ['€'])).toBe(sha256(`3:€${canonical}`));
    expect(hashValue({ a: 1 })).toBe(sha256('{"a":1}'));
  });
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** What object-hash takes for equal, or tells apart, against the values; each was seen in its version 3.0.0. */
describe('object-hash as an oracle', () => {
  const oracle = (value: unknown): string =>
    objectHash(value as object, { algorithm: 'sha256', respectType: false });

  /** Values of what both know, without object-hash's known faults. */
  const leaf = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.bigInt({ min: -5n, max: 5n }),
    fc.integer({ min: 0, max: 5 }).map((time) => new Date(time)),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 3 }).map((items) => Uint8Array.from(items)),
    fc.string({ maxLength: 3 }).map((text) => Buffer.from(text)),
    fc.constantFrom('a', 'b').map((source) => new RegExp(source)),
  );
  const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3, noNullPrototype: true }),
      fc.array(tie('value'), { maxLength: 3 }).map((items) => new Set(items)),
      fc
        .array(fc.tuple(fc.string({ maxLength: 2 }), tie('value')), { maxLength: 3 })
        .map((all) => new Map(all)),
    ),
  }));

  /** A deep copy: object-hash takes an object that occurs twice for a circular one. */
  const copy = (value: unknown): unknown => structuredClone(value);

  it('keys are equal exactly where it says equal', () => {
    let equal = 0;
    fc.assert(
      fc.property(anyValue, anyValue, (one, other) => {
        for (const second of [other, copy(one)]) {
          const first = copy(one);
          const isEqual = oracle(first) === oracle(second);
          if (isEqual) equal++;
          expect(hashValue(first) === hashValue(second)).toBe(isEqual);
        }
      }),
      { numRuns: 1_000 },
    );
    expect(equal).toBeGreaterThan(500);
  });

  const twice = { id: 1 };
  it.each<[string, unknown, unknown, 'takes for equal' | 'tells apart']>([
    // biome-ignore lint/suspicious/noSparseArray: that is the point
    ['holes', [, 1], [1, ,], 'takes for equal'],
    [
      'Sets of bytes that are not UTF-8',
      new Set([Buffer.from([255]), Buffer.of(1)]),
      new Set([Buffer.from([254]), Buffer.of(1)]),
      'takes for equal',
    ],
    ['the text of a circle', [{ id: 1 }, '[CIRCULAR:1]'], [twice, twice], 'takes for equal'],
    ['the same object twice', [twice, twice], [{ id: 1 }, { id: 1 }], 'tells apart'],
    ['undefined members', { a: 1 }, { a: 1, b: undefined }, 'tells apart'],
    ['errors of other causes', new Error('x', { cause: 1 }), new Error('x', { cause: 2 }), 'takes for equal'],
  ])('its known faults: %s', (_, one, other, fault) => {
    if (fault === 'tells apart') expect(oracle(one)).not.toBe(oracle(other));
    else expect(oracle(one)).toBe(oracle(other));
  });
});
