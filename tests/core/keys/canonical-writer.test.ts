import { describe, expect, it } from '@jest/globals';
import { CanonicalWriter } from '../../../src/core/keys/canonical-writer.js';

const write = (value: unknown): { text: string; isExotic: boolean } => {
  const writer = new CanonicalWriter();
  writer.write(value, 0);
  return { text: writer.written.toString(), isExotic: writer.isExotic };
};

const nested = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
};

describe('writes', () => {
  it.each([
    [{ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
    [{ 10: 'ten', 9: 'nine' }, '{"10":"ten","9":"nine"}'],
    [{ a: undefined, f: () => 1, b: 2 }, '{"b":2}'],
    [{ a: undefined }, '{}'],
    [[], '[]'],
    ['a "quoted" \\ text', '"a \\"quoted\\" \\\\ text"'],
    ['line\nbreak', '"line\\nbreak"'],
    ['Käse €', '"Käse €"'],
    [-0, '0'],
    [1e21, '1e+21'],
    [{ toJSON: () => ({ z: 1, a: 2 }) }, '{"a":2,"z":1}'],
    ['x'.repeat(300), `"${'x'.repeat(300)}"`],
  ])('%j', (value, text) => {
    expect(write(value)).toEqual({ text, isExotic: false });
  });

  it('past its first buffer', () => {
    const items = Array.from({ length: 500 }, (_, index) => `item ${index}`);
    expect(write(items).text).toBe(`[${items.map((item) => `"${item}"`).join(',')}]`);
  });
});

it.each([
  ['NaN', Number.NaN],
  ['a bigint', 1n],
  ['a Map in a list', [new Map()]],
  ['a Date', new Date(0)],
  ['bytes', new Uint8Array(1)],
])('%s is more than JSON', (_, value) => {
  expect(write(value).isExotic).toBe(true);
});

describe('refuses', () => {
  class Hidden {
    readonly #secret = 1;
    reveal(): number {
      return this.#secret;
    }
  }

  it.each([
    ['a symbol', [Symbol('a')], 'it contains a symbol, which cannot be hashed'],
    ['a function as an item', [() => 1], 'it contains a function, which cannot be hashed'],
    ['an instance without members', new Hidden(), 'without enumerable members'],
    ['more than 1000 levels', nested(1_001), 'nested deeper than 1000 levels'],
  ])('%s', (_, value, message) => {
    expect(() => write(value)).toThrow(message);
  });

  it('1000 levels not yet', () => {
    expect(write(nested(1_000)).text).toHaveLength(2_001);
  });
});
