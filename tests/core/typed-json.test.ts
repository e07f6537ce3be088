import assert from 'node:assert/strict';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CodecContext } from '../../src/core/codec.js';
import { typedJson } from '../../src/core/composed.js';
import { anyResult } from '../helpers/values.js';

const context: CodecContext = {
  key: 'scope#hash',
  fence: 'fence',
  kind: 'value',
  recordBytes: 150,
  timeoutMs: 1_000,
};
const encode = async (value: unknown) => typedJson.encode(value, context);
const roundTrip = async (value: unknown): Promise<unknown> => typedJson.decode(await encode(value), context);

class Money {
  cents = 1;
}

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
    ['a sparse array', sparse],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
    ['an own __proto__', JSON.parse('{"__proto__":{"a":1},"b":2}')],
    ['an own __proto__ among typed values', { at: new Date(1), odd: JSON.parse('{"__proto__":[1]}') }],
    [
      'an own __proto__ without a prototype',
      [Object.defineProperty(Object.create(null), '__proto__', { value: new Set(), enumerable: true })],
    ],
    ['a RegExp', /a\/b/giu],
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
    ['a value nested 100,000 deep', Array.from({ length: 100_000 }).reduce((inner) => [inner], 1)],
  ])('has no form for %s: it is known not to be stored', async (_, value) => {
    await expect(encode(value)).rejects.toThrow();
  });

  it('P16: tells why without a value', async () => {
    await expect(encode({ secret: new Money() })).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: 'Cannot stringify arbitrary non-POJOs',
    });
  });

  it.each([
    { codec: 'other', data: '1' },
    { codec: 'json', data: new Uint8Array([1]) },
    { codec: 'native' },
    { codec: 'json', data: '{' },
    { codec: 'devalue', data: '["secret' },
  ])('P16: refuses what it did not write, without quoting it: %j', async (encoded) => {
    const decoding = typedJson.decode(encoded, context);
    await expect(decoding).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: expect.stringMatching(/^the stored result(?!.*secret)/),
    });
  });
});
