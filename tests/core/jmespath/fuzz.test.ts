import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { search as communitySearch } from '@jmespath-community/jmespath';
import fc from 'fast-check';
import { search as standardSearch } from 'jmespath';
import { compileJmesPath } from '../../../src/core/jmespath/compile.js';
import { communityExpressions, someData, standardExpressions } from './expressions.js';

type Search = (data: unknown, expression: string) => unknown;

const THROWS = 'throws';

const answerOf = (search: Search, data: unknown, expression: string): unknown => {
  try {
    // Through JSON: 0 and -0 are one number.
    return { value: JSON.parse(JSON.stringify(search(data, expression) ?? null)) };
  } catch {
    return THROWS;
  }
};

const ours: Search = (data, expression) => compileJmesPath(expression).select(data).value;

/** Where we differ: what an expression of that kind looks like, and one with both answers. */
type Difference = readonly [why: string, looksLike: RegExp, example: string, ours: unknown, theirs: unknown];

const fromBoth: readonly Difference[] = [
  ['to_number() of what is no decimal number is null', /to_number/, "to_number('')", null, 0],
  [
    'sort, max, min and their *_by go by code points and one type of key',
    /\b(sort|max|min)/,
    'sort(`["\u{1F642}", "\uFF61"]`)',
    ['\uFF61', '\u{1F642}'],
    ['\u{1F642}', '\uFF61'],
  ],
  ['contains() compares by value', /contains/, 'contains(`[[1]]`, `[1]`)', true, false],
];

const fromCommunity: readonly Difference[] = [
  ...fromBoth.filter(([why]) => !why.startsWith('sort')),
  ['numbers are sorted as numbers', /\bsort\(/, 'sort(`[10, 9, 1]`)', [1, 9, 10], [1, 10, 9]],
  ['max_by and min_by know strings', /\b(max_by|min_by)/, 'max_by(`[{"a": "x"}]`, &a)', { a: 'x' }, null],
  ['sort_by is stable', /\bsort_by/, "sort_by(`[2, 1]`, &'x')", [2, 1], [1, 2]],
  ['max and min do not ask the locale', /\b(max|min)\(/, 'max(`["b", "B"]`)', 'b', 'B'],
  ['an empty string is padded, and by code points', /pad_/, "pad_left('', `2`)", '  ', ''],
  ['all arguments are checked', /\b(merge|zip)\(/, 'merge(`{"a": 1}`, `[]`)', THROWS, { a: 1 }],
  [
    '% by zero, and results that are no number, are errors',
    / (%|\*|\/|\/\/|\+|-) |-\(/,
    '`1` % `0`',
    THROWS,
    null,
  ],
  ['a string is cut by code points', /\[[-\d]*:/, "'\u{1F642}x'[-2:]", '\u{1F642}x', 'x'],
];

const fromStandard: readonly Difference[] = [
  ...fromBoth,
  ['slices of strings are of the Community', /\[[-\d]*:/, "'xy'[:1]", 'x', null],
  ['numbers alone are ordered', /[<>]/, "'a' < 'b'", null, true],
  ['a multi-select of null has its parts', /\[.*,|\[[@`]|\{/, '`null` | [@]', [null], null],
  ['every string starts with the empty one', /starts_with/, "starts_with('x', '')", true, false],
  ['it reads no path behind @ in parentheses', /[(,] ?@/, '(@[0])', 1, [1]],
];

const differences = (table: readonly Difference[], search: Search) => {
  it.each(table)('differs: %s', (_, looksLike, example, mine, theirs) => {
    expect(example).toMatch(looksLike);
    const wrapped = (value: unknown) => (value === THROWS ? THROWS : { value });
    expect(answerOf(ours, [1], example)).toEqual(wrapped(mine));
    expect(answerOf(search, [1], example)).toEqual(wrapped(theirs));
  });
};

const fuzz = (table: readonly Difference[], search: Search, expressions: fc.Arbitrary<string>): void => {
  let compared = 0;
  fc.assert(
    fc.property(expressions, someData, (expression, data) => {
      const mine = answerOf(ours, data, expression);
      const theirs = answerOf(search, data, expression);
      if (isDeepStrictEqual(mine, theirs)) compared++;
      else if (!table.some(([, looksLike]) => looksLike.test(expression))) expect(mine).toEqual(theirs);
    }),
    { numRuns: 5_000, seed: 20_261_124 },
  );
  expect(compared).toBeGreaterThan(4_000);
};

describe('5,000 expressions beside @jmespath-community/jmespath', () => {
  differences(fromCommunity, communitySearch as Search);
  it('give the same, but for the differences above', () =>
    fuzz(fromCommunity, communitySearch as Search, communityExpressions));
});

describe('5,000 expressions beside jmespath', () => {
  differences(fromStandard, standardSearch as Search);
  it('give the same, but for the differences above', () =>
    fuzz(fromStandard, standardSearch as Search, standardExpressions));
});
