import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { KeyMaterialError } from '../../../src/core/protocol/key-material-error.js';
import { canonicalHex, canonicalText } from '../../support/canonical.js';

const parse = (text: string): unknown => JSON.parse(text);

describe('canonicalText', () => {
  it.each([
    [
      'members by UTF-16 code units',
      '{"b":1,"a":2,"B":3,"\\u20ac":4,"\\r":5,"1":6,"\\ud83d\\ude00":7,"\\ufb33":8}',
      '{"\\r":5,"1":6,"B":3,"a":2,"b":1,"\u20ac":4,"\ud83d\ude00":7,"\ufb33":8}',
    ],
    [
      'numbers as ECMAScript writes them',
      '[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001,-0]',
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]',
    ],
    ['integer keys as text', '{"10":1,"9":2,"a":{"2":1,"10":2}}', '{"10":1,"9":2,"a":{"10":2,"2":1}}'],
    ['nested members', '[{"z":{"b":[],"a":{}},"y":null}]', '[{"y":null,"z":{"a":{},"b":[]}}]'],
    [
      'texts with escapes',
      '"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/"',
      '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"',
    ],
    ['a lone surrogate', '"\\ud800"', '"\\ud800"'],
    ['an own __proto__', '{"x":1,"__proto__":{"b":1,"a":2}}', '{"__proto__":{"a":2,"b":1},"x":1}'],
  ])('writes %s (RFC 8785)', (_, json, canonical) => {
    expect(canonicalText(parse(json))).toBe(canonical);
  });

  it('leaves absent members out, as JSON does', () => {
    expect(canonicalText({ a: undefined, b: () => 1, c: Symbol('c'), d: 1 })).toBe('{"d":1}');
  });

  it('lets toJSON speak for its object', () => {
    class Money {
      readonly #cents = 250;
      toJSON(): unknown {
        return { cents: this.#cents };
      }
    }
    expect(canonicalText({ total: new Money() })).toBe('{"total":{"cents":250}}');
  });

  it('reads instances by their members', () => {
    class Order {
      id = 7;
    }
    expect(canonicalText(new Order())).toBe('{"id":7}');
  });

  it('letter case matters, and the order of members does not', () => {
    expect(canonicalText(parse('{"Id":1,"id":2}'))).toBe(canonicalText(parse('{"id":2,"Id":1}')));
    expect(canonicalText(parse('{"Id":1}'))).not.toBe(canonicalText(parse('{"id":1}')));
  });

  it('__proto__ is a key like any other', () => {
    expect(canonicalText(parse('{"__proto__":{"a":1},"x":1}'))).not.toBe(canonicalText(parse('{"x":1}')));
  });

  it('values that JSON cannot hold are told apart', () => {
    const values = [
      new Map([['a', 1]]),
      new Map([['a', 2]]),
      new Set(['a']),
      new Set(['b']),
      new Set(),
      new Map(),
      new Date(1),
      new Date(2),
      1n,
      2n,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      new Uint8Array([1]),
      new Uint8Array([2]),
      Buffer.from([1]),
      new Float64Array([1]),
      new DataView(Uint8Array.of(1).buffer),
      new DataView(Uint8Array.of(2).buffer),
      new DataView(Uint8Array.of(9, 3).buffer, 1),
      new Error('x'),
      new Error('y'),
      new TypeError('x'),
      new Error('x', { cause: 1 }),
      Object.assign(new Error('x'), { code: 1 }),
      Object.assign(new Error('x'), { code: 2 }),
      new AggregateError([1], 'x'),
      new AggregateError([2], 'x'),
      [undefined],
      [null],
      /a/,
      { a: 1n },
      { a: '1' },
      {},
      1,
      '1',
      new Date(1).toJSON(),
      '!Date 1:1',
      null,
    ];
    expect(new Set(values.map(canonicalHex)).size).toBe(values.length);
  });

  it.each<[string, () => unknown]>([
    ['a symbol', () => Symbol('a')],
    ['a symbol in an array', () => [Symbol('a')]],
    ['a symbol in a Set', () => new Set([Symbol('a')])],
    ['a symbol as a key of a Map', () => new Map([[Symbol('a'), 1]])],
    ['a function', () => () => 1],
    ['a function in a composite key', () => ['a', () => 1]],
  ])('%s is refused: one looks like any other', (_, value) => {
    expect(() => canonicalText(value())).toThrow(KeyMaterialError);
  });

  it('a value of hidden state is refused rather than taken for any other', () => {
    class Hidden {
      readonly #amount: number;
      constructor(amount: number) {
        this.#amount = amount;
      }
      amount(): number {
        return this.#amount;
      }
    }
    expect(() => canonicalText({ total: new Hidden(1) })).toThrow(KeyMaterialError);
    expect(() => canonicalText(Promise.resolve(1))).toThrow(KeyMaterialError);
    expect(() => canonicalText(new WeakMap())).toThrow(KeyMaterialError);
  });

  it('refuses what is nested too deep or circular, never with a RangeError', () => {
    const deep = (wrap: (inner: unknown) => unknown): unknown => {
      let value: unknown = 1;
      for (let level = 0; level < 100_000; level++) value = wrap(value);
      return value;
    };
    const circular: { self?: unknown } = {};
    circular.self = circular;
    for (const value of [
      deep((inner) => [inner]),
      deep((a) => ({ a })),
      deep((a) => new Map([[1, a]])),
      circular,
    ]) {
      expect(() => canonicalText(value)).toThrow(KeyMaterialError);
    }
    let within: unknown = 1;
    for (let level = 0; level < 900; level++) within = [within];
    expect(canonicalText(within)).toHaveLength(1_801);
  });

  it('refuses a getter that throws, and keeps its error as cause', () => {
    const failure = new Error('from the getter');
    const value = {
      get trap(): never {
        throw failure;
      },
    };
    expect(() => canonicalText(value)).toThrow(expect.objectContaining({ cause: failure }));
  });

  it('is the same for equal JSON, whatever the order it came in, and JSON of the same value', () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled);
      if (typeof value !== 'object' || value === null) return value;
      const copy = {};
      for (const [key, member] of Object.entries(value).reverse()) {
        Object.defineProperty(copy, key, {
          value: shuffled(member),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      return copy;
    };
    fc.assert(
      fc.property(fc.json(), (json) => {
        const value = parse(json);
        const text = canonicalText(value);
        expect(canonicalText(shuffled(value))).toBe(text);
        expect(parse(text)).toStrictEqual(parse(JSON.stringify(value)));
      }),
    );
  });

  it('is different for different JSON', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (one, other) => {
        const same = canonicalText(parse(one)) === canonicalText(parse(other));
        expect(same).toBe(isEqual(parse(one), parse(other)));
      }),
    );
  });
});

const isEqual = (one: unknown, other: unknown): boolean => {
  try {
    expect(one).toEqual(other);
    return true;
  } catch {
    return false;
  }
};
