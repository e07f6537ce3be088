import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { typedJson } from '../../../src/core/codecs/pipeline.js';
import type { CodecContext } from '../../../src/core/protocol/codec.js';
import { anyResult } from '../../support/values.js';

const context: CodecContext = {
  key: 'scope#hash',
  fence: 'fence',
  kind: 'value',
  scope: 'shop',
  tenant: [],
  recordBytes: 150,
  timeoutMs: 1_000,
};
const encode = async (value: unknown) => typedJson.encode(value, context);
const roundTrip = async (value: unknown): Promise<unknown> => typedJson.decode(await encode(value), context);

function argumentsOf(..._items: unknown[]): unknown {
  // biome-ignore lint/complexity/noArguments: it is what is tested
  return arguments;
}

class Money {
  cents = 1;
}

const enumerable = (...names: string[]): Error =>
  Object.assign(new Error(), Object.fromEntries(names.map((name) => [name, name])));

describe('P7: a result comes back deep-strict-equal', () => {
  const sparse = [1, 2, 3];
  delete sparse[1];

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['texts', ['', 'ü🎂', '\ud800', '\u2028', '"\\']],
    [
      'numbers',
      [0, -0, 1.5, Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53 + 2, Number.NaN, Infinity, -Infinity],
    ],
    ['-0 alone', { n: -0 }],
    ['NaN alone', [Number.NaN]],
    ['an infinity alone', Number.NEGATIVE_INFINITY],
    ['undefined members', { a: undefined, b: [undefined] }],
    ['dates', [new Date(0), { at: new Date(1_700_000_000_123) }]],
    [
      'maps',
      new Map<unknown, unknown>([
        ['a', 1],
        [{ key: 1 }, new Map([[1n, -0]])],
      ]),
    ],
    ['sets', new Set<unknown>([1, 'a', new Set([Number.NaN])])],
    ['bigints', [0n, -1n, 2n ** 100n]],
    [
      'bytes',
      [
        Buffer.from('abc'),
        Buffer.alloc(0),
        new Uint8Array([1, 2]),
        new Float64Array([1.5]),
        new BigInt64Array([-1n]),
      ],
    ],
    [
      'errors',
      [
        new Error('a', { cause: new TypeError('b') }),
        Object.assign(new RangeError('c'), { code: 'E', at: new Date(1) }),
      ],
    ],
    ['an AggregateError', new AggregateError([new Error('a')], 'many')],
    ['an error without a message', new Error()],
    ['an error whose members are enumerable', enumerable('message', 'cause', 'errors', 'name')],
    ['an error with a hidden name', Object.defineProperty(new Error('a'), 'name', { value: 'Mine' })],
    ['a part of a buffer', new Uint8Array([1, 2, 3, 4]).subarray(1, 3)],
    ['a DataView of a part of a buffer', new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 1)],
    ['a toJSON that is hidden', Object.defineProperty({ a: 1 }, 'toJSON', { value: () => 'other' })],
    ['a hidden toJSON of an array', Object.defineProperty([1], 'toJSON', { value: () => 'other' })],
    ['a faked Date', Object.defineProperty(new Date(0), 'constructor', { value: Date })],
    ['a sparse array', sparse],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
    ['an own __proto__', JSON.parse('{"__proto__":{"a":1},"b":2}')],
    ['an own __proto__ among typed values', { at: new Date(1), odd: JSON.parse('{"__proto__":[1]}') }],
    [
      'an own __proto__ without a prototype',
      [Object.defineProperty(Object.create(null), '__proto__', { value: new Set(), enumerable: true })],
    ],
    ['a RegExp', /a\/b/giu],
    ['holes at the end', Object.assign([1], { length: 3 })],
    ['an address and its query', [new URL('https://example.com/a?b=c'), new URLSearchParams('a=1&a=2')]],
    ['an ArrayBuffer', new Uint8Array([1, 2]).buffer],
    ['boxed values', [Object(1), Object(-0), Object('text'), Object(false), Object(2n ** 70n)]],
    ['a Map with a key of -0 and NaN', new Map([[Number.NaN, -0]])],
    ['an error that is a member of itself in a Map', new Map([['a', new Error('b')]])],
  ])('%s', async (_, value) => {
    assert.deepStrictEqual(await roundTrip(value), value);
  });

  it('for arbitrary values of these types, nested', async () => {
    await fc.assert(
      fc.asyncProperty(anyResult, async (value) => assert.deepStrictEqual(await roundTrip(value), value)),
      { numRuns: 300 },
    );
  });
});

describe('P7: what holds itself comes back', () => {
  it('an error in a member of its own', async () => {
    const error: Error & { self?: unknown } = new Error('a');
    error.self = { error };
    const back = (await roundTrip(error)) as typeof error;
    expect(back).toBeInstanceOf(Error);
    expect(back.message).toBe('a');
    expect((back.self as { error: unknown }).error).toBe(back);
  });

  it('collections in themselves, and what occurs twice is one object', async () => {
    const shared = { at: new Date(1) };
    const [map, set, list]: [Map<unknown, unknown>, Set<unknown>, unknown[]] = [
      new Map(),
      new Set(),
      [shared],
    ];
    map.set(map, list);
    set.add(set).add(map);
    list.push(list, shared, set);
    const back = (await roundTrip(list)) as [object, unknown, object, Set<unknown>];
    expect(back[1]).toBe(back);
    expect(back[2]).toBe(back[0]);
    expect(back[3].has(back[3])).toBe(true);
    const [, map2] = [...back[3]] as [unknown, Map<unknown, unknown>];
    expect(map2.get(map2)).toBe(back);
  });

  it('an error that is the cause of its cause', async () => {
    const error: Error = new TypeError('a', { cause: new Error('b') });
    (error.cause as Error).cause = error;
    const back = (await roundTrip([error])) as Error[];
    const cause = back[0]?.cause as Error;
    expect([back[0]?.message, cause.message]).toEqual(['a', 'b']);
    expect(cause.cause).toBe(back[0]);
  });

  it.each([null, Object.prototype])('an object with an own __proto__, of prototype %p', async (prototype) => {
    const object = Object.create(prototype);
    Object.defineProperty(object, '__proto__', { value: [object], enumerable: true });
    object.me = object;
    const back = (await roundTrip(object)) as { me: unknown };
    expect(Object.getPrototypeOf(back)).toBe(prototype);
    expect(back.me).toBe(back);
    expect(Object.getOwnPropertyDescriptor(back, '__proto__')?.value).toEqual([back]);
  });
});

describe('P16: bytes of a shared buffer', () => {
  it('are stored alone', async () => {
    const shared = new TextEncoder().encode('card 4242, cake').buffer;
    const { data } = await encode({ views: [new Uint8Array(shared, 11, 4), new DataView(shared, 11, 4)] });
    const stored = [...String(data).matchAll(/"b","\w+","([^"]*)"/g)].map(([, base64]) => atob(base64 ?? ''));
    expect(stored).toEqual(['cake', 'cake']);
  });
});

describe('typedJson', () => {
  it.each([
    [
      { statusCode: 201, body: '{"cake":1}', tags: ['a', null, true, 1.5] },
      '{"statusCode":201,"body":"{\\"cake\\":1}","tags":["a",null,true,1.5]}',
    ],
    ['text', '"text"'],
    [null, 'null'],
  ])('writes plain JSON as JSON', async (value, data) => {
    expect(await encode(value)).toEqual({ codec: 'json', data });
  });

  it('keeps undefined without data', async () => {
    expect(await encode(undefined)).toEqual({ codec: 'json' });
  });

  it.each([
    ['an instance of a class', new Money()],
    ['one inside', { total: new Money() }],
    ['a function', () => 1],
    ['a method', { total: () => 1 }],
    ['a symbol', Symbol('a')],
    ['a promise inside', { later: Promise.resolve(1) }],
    ["an error of a class of the user's", new (class PaymentError extends Error {})('a')],
    ['an array with a member beside its items', Object.assign([1], { index: 0 })],
    ['a symbol key', { [Symbol('a')]: 1 }],
    ['a symbol key of an array', Object.assign([1], { [Symbol('a')]: 1 })],
    ['a member of a Map', Object.assign(new Map(), { a: 1 })],
    ['a symbol key of a Date', Object.assign(new Date(0), { [Symbol('a')]: 1 })],
    ['an array of a subclass', new (class Carts extends Array {})()],
    ['a Date of a subclass', new (class Day extends Date {})(0)],
    ['a Map of a subclass', [new (class Prices extends Map {})()]],
    ['bytes of a subclass', new (class Digest extends Uint8Array {})(2)],
    [
      'a Buffer of a subclass',
      Object.setPrototypeOf(Buffer.from('a'), class Digest extends Buffer {}.prototype),
    ],
    ['a text of a subclass', new (class Name extends String {})('a')],
    ['an error whose class has the name of a method', new { toString: class extends Error {} }.toString('a')],
    ['`arguments`', argumentsOf(1, 2)],
    ['an object that inherits from one without a prototype', Object.create(Object.create(null))],
    ['a shared buffer', new SharedArrayBuffer(1)],
    ['a value nested 100,000 deep', Array.from({ length: 100_000 }).reduce((inner) => [inner], 1)],
  ])('has no form for %s: it is known not to be stored', async (_, value) => {
    await expect(encode(value)).rejects.toThrow();
  });

  it('P16: tells why without a value', async () => {
    await expect(encode({ secret: new Money() })).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: 'it contains an instance of a class',
    });
  });

  it.each([
    [[new (class Secret extends Map {})()], 'it contains an instance of a subclass of Map'],
    [Object.assign(new Set(), { secret: 1 }), 'it contains extra members of Set'],
    [argumentsOf('secret'), 'it contains `arguments`'],
    [Array.from({ length: 100_000 }).reduce((inner) => [inner], 'secret'), 'it is nested too deeply'],
  ])('P16: names the kind of what it does not store (%#)', async (value, message) => {
    await expect(encode(value)).rejects.toMatchObject({ name: 'IdempotencyResultError', message });
  });

  it('takes a member that is called toJSON', async () => {
    expect(await roundTrip({ toJSON: 'text' })).toEqual({ toJSON: 'text' });
  });

  it('is plain JSON for what is plain in another realm', async () => {
    const foreign = runInNewContext('({ cakes: [{ id: 1 }] })');
    expect(await encode(foreign)).toEqual({ codec: 'json', data: '{"cakes":[{"id":1}]}' });
  });

  it.each([
    { codec: 'other', data: '1' },
    { codec: 'json', data: new Uint8Array([1]) },
    { codec: 'native' },
    { codec: 'json', data: '{' },
    { codec: 'typed', data: '["secret' },
  ])('P16: refuses what it did not write, without quoting it: %j', async (encoded) => {
    const decoding = (async () => typedJson.decode(encoded, context))();
    await expect(decoding).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: expect.stringMatching(/^the stored result(?!.*secret)/),
    });
  });
});
