import { describe, expect, it } from '@jest/globals';
import {
  anyCase,
  checkedKey,
  contentOf,
  member,
  namedField,
  onlyKey,
  tryJson,
  wellKnownField,
} from '../../src/sources/fields.js';

it.each([
  [{ a: { b: 1 } }, ['a', 'b'], 1],
  [{ a: {} }, ['a', 'b'], undefined],
  [null, ['a'], undefined],
  [{}, ['toString'], undefined],
])('of %j, the member %j', (value, path, found) => {
  expect(member(value, ...path)).toBe(found);
});

it('a header is found in any letter case', () => {
  expect(anyCase({ 'X-Key': 1, 'x-key': 2, 'x-keys': 3 }, 'x-KEY')).toEqual([1, 2]);
  expect(anyCase(null, 'x')).toEqual([]);
});

describe('a key that a client made', () => {
  it.each(['k', 'x'.repeat(255), 0, 42, false, true])('%j is one', (key) => {
    expect(checkedKey(key, 'the field')).toBe(key);
  });

  it.each([undefined, null])('%j is missing', (key) => {
    expect(checkedKey(key, 'the field')).toBeUndefined();
  });

  it.each([
    ['an empty text', ''],
    ['a text of 256 characters', 'x'.repeat(256)],
    ['a control character', 'a\u0000b'],
    ['a number that JSON rounds', 2 ** 53],
    ['an object', {}],
  ])('%s is refused by the name of its field', (_, key) => {
    expect(() => checkedKey(key, 'the field')).toThrow(/^the field /);
  });

  it('that occurs twice must be one', () => {
    expect(onlyKey(['k', 'k'], 'the field')).toBe('k');
    expect(() => onlyKey(['k', 'l'], 'the field')).toThrow(/^the field occurs more than once/);
  });
});

it.each([
  ['{"order":{"id":"o-1"}}', 'o-1'],
  ['{}', undefined],
  ['', undefined],
  [undefined, undefined],
])('of the body %j, the named field', (body, key) => {
  expect(namedField(body, 'order.id', 'the body')).toBe(key);
});

it('a body that is not JSON has no field', () => {
  expect(() => namedField('cake', 'order.id', 'the body')).toThrow('the body is not JSON');
});

it('of the well-known fields, the first counts', () => {
  expect(wellKnownField({ clientToken: 'c', idempotencyKey: 'k' }, 'the body')).toBe('k');
  expect(wellKnownField({ requestId: 'r', clientToken: 'c' }, 'the body')).toBe('c');
  expect(wellKnownField({ other: 1 }, 'the body')).toBeUndefined();
});

it.each([
  ['{"b":1}', { b: 1 }, { b: 1 }],
  ['cake', undefined, 'cake'],
  [undefined, undefined, null],
])('the body %j, as JSON and as content', (body, json, content) => {
  expect(tryJson(body)).toEqual(json);
  expect(contentOf(body)).toEqual(content);
});
