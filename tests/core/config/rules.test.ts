import { describe, expect, it } from '@jest/globals';
import {
  aFunction,
  anyString,
  checkOptions,
  hasMethods,
  nonEmptyString,
  type Rule,
  required,
  trueOrFalse,
  wholeBetween,
  wholeFrom,
} from '../../../src/core/config/rules.js';
import { IdempotencyConfigError } from '../../../src/index.js';

it.each<[string, Rule, readonly unknown[], readonly unknown[]]>([
  ['a non-empty string', nonEmptyString, ['a'], ['', 1, null]],
  ['a string', anyString, ['', 'a'], [1, null]],
  ['true or false', trueOrFalse, [true, false], ['true', 0]],
  ['a function', aFunction, [() => 1], [{}, 'f']],
  ['a whole number of 2 or more', wholeFrom(2), [2, 3], [1, 2.5, '2', Number.NaN, Number.POSITIVE_INFINITY]],
  ['a whole number from 1 to 3 (a week)', wholeBetween(1, 3, 'a week'), [1, 3], [0, 4, 1.5]],
])('%s', (expected, check, right, wrong) => {
  for (const value of right) expect(check(value)).toBeUndefined();
  for (const value of wrong) expect(check(value)).toBe(expected);
});

describe('checkOptions', () => {
  const rules = { name: required(nonEmptyString), size: wholeFrom(1) };

  it.each([
    ['an unknown option', { name: 'a', sise: 1 }, 'Cake: unknown option `sise`. Valid options: name, size.'],
    [
      'an inherited name',
      { name: 'a', toString: 1 },
      'Cake: unknown option `toString`. Valid options: name, size.',
    ],
    ['a wrong value', { name: 'a', size: 0 }, 'Cake: `size` must be a whole number of 1 or more.'],
    ['a missing one', {}, 'Cake: `name` is missing; it must be a non-empty string.'],
    ['one that is undefined', { name: undefined }, 'Cake: `name` is missing; it must be a non-empty string.'],
    ['no object', 'cake', 'Cake must be an object of options.'],
    ['null', null, 'Cake must be an object of options.'],
  ])('refuses %s', (_, options, message) => {
    expect(() => checkOptions('Cake', rules, options)).toThrow(new IdempotencyConfigError(message));
  });

  it.each([[{ name: 'a' }], [{ name: 'a', size: 2 }], [{ name: 'a', size: undefined }]])(
    'takes %j',
    (options) => {
      expect(() => checkOptions('Cake', rules, options)).not.toThrow();
    },
  );
});

it('hasMethods wants each of them', () => {
  const codec = { encode: () => 1, decode: 1 };
  expect(hasMethods(codec, 'encode')).toBe(true);
  expect(hasMethods(codec, 'encode', 'decode')).toBe(false);
  expect(hasMethods(undefined, 'encode')).toBe(false);
});
