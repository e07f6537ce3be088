import { describe, expect, it } from '@jest/globals';
import { CanonicalWriter } from '../../../src/core/keys/canonical-writer.js';

const write = (value: unknown): { text: string } => {
  const writer = new CanonicalWriter();
  writer.write(value, 0);
  return { text: writer.written.toString() };
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
    expect(write(value)).toEqual({ text });
  });

  it('past its first buffer', () => {
    const items = Array.from({ length: 500 }, (_, index) => `item ${index}`);
    expect(write(items).text).toBe(`[${items.map((item) => `"${item}"`).join(',')}]`);
  });
});

it.each([
  ['NaN', Number.NaN, '!number 3:NaN'],
  ['a bigint', 12n, '!bigint 2:12'],
  ['undefined in a list', [undefined, 1], '[!undefined 0:,1]'],
  ['a Map in a list', [new Map([[2, 'b']])], '[!Map 1:!item 7:[2,"b"]]'],
  ['a Set', new Set([2, 1]), '!Set 2:!item 1:1!item 1:2'],
  ['a Date', { at: new Date(1_700_000_000_000) }, '{"at":!Date 13:1700000000000}'],
  ['bytes', Uint8Array.of(97, 98), '!Uint8Array 2:ab'],
  ['a Buffer', Buffer.from('ab'), '!Buffer 2:ab'],
  ['an error', new TypeError('x', { cause: 1 }), '!Error 1:{"cause":1,"message":"x","name":"TypeError"}'],
  ['a URL', new URL('https://a.example/b?c'), '!URL 21:https://a.example/b?c'],
  ['a regular expression', /a\/b/gi, '!RegExp 8:/a\\/b/gi'],
])('%s has a form that JSON does not have', (_, value, text) => {
  expect(write(value)).toEqual({ text });
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
    [
      'an instance without members',
      new Hidden(),
      'it contains an instance of `Hidden`, whose content cannot be read',
    ],
    ['more than 1000 levels', nested(1_001), 'nested deeper than 1000 levels'],
  ])('%s', (_, value, message) => {
    expect(() => write(value)).toThrow(message);
  });

  it('1000 levels not yet', () => {
    expect(write(nested(1_000)).text).toHaveLength(2_001);
  });
});
