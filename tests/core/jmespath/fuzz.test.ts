import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it, jest } from '@jest/globals';
import { search as communitySearch } from '@jmespath-community/jmespath';
import fc from 'fast-check';
import { search as standardSearch } from 'jmespath';
import { compileJmesPath } from '../../../src/core/jmespath/compile.js';
import { someData, someExpressions } from './expressions.js';

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
  ['numbers are sorted as numbers', /\bsort\(/, 'sort(`[10, 9, 1]`)', [1, 9, 10], [1, 10, 9]],
  ['max and min do not ask the locale', /\b(max|min)\(/, 'max(`["b", "B"]`)', 'b', 'B'],
  ['keys of max_by and min_by are of one type', /\b(max|min)_by\(/, 'min_by(`["y", 1]`, &@)', THROWS, 1],
  ['all arguments are checked', /\bmerge\(/, 'merge(`{"a": 1}`, `[]`)', THROWS, { a: 1 }],
  ['contains() compares by value', /contains/, 'contains(`[[1]]`, `[1]`)', true, false],
];

const fromCommunity: readonly Difference[] = [
  ...fromBoth,
  ['max_by and min_by know strings', /\b(max_by|min_by)/, 'max_by(`[{"a": "x"}]`, &a)', { a: 'x' }, null],
  ['sort_by is stable', /\bsort_by/, "sort_by(`[2, 1]`, &'x')", [2, 1], [1, 2]],
  ['a string is cut by code points', /\[[-\d]*:/, "'\u{1F642}x'[-2:]", '\u{1F642}x', 'x'],
];

const fromStandard: readonly Difference[] = [
  ...fromBoth,
  [
    'strings are sorted by code points',
    /\bsort(_by)?\(/,
    'sort(`["\u{1F642}", "\uFF61"]`)',
    ['\uFF61', '\u{1F642}'],
    ['\u{1F642}', '\uFF61'],
  ],
  ['avg() of nothing is null, not NaN', /\bavg\(/, '!avg(`[]`)', true, false],
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

describe('beside @jmespath-community/jmespath', () => differences(fromCommunity, communitySearch as Search));
describe('beside jmespath', () => differences(fromStandard, standardSearch as Search));

const isExcused = (table: readonly Difference[], expression: string): boolean =>
  table.some(([, looksLike]) => looksLike.test(expression));

/**
 * Beside both at once: what one of them answers differently must be one of its differences. Where both say the same,
 * it must be one of the few differences from both, so that the broad ones hide nothing. The seed is Jest's, which it
 * prints: `--seed` runs it again.
 */
it('10,000 expressions give what both give, but for the differences above', () => {
  let same = 0;
  const property = fc.property(someExpressions, someData, (expression, data) => {
    const mine = answerOf(ours, data, expression);
    const community = answerOf(communitySearch as Search, data, expression);
    const standard = answerOf(standardSearch as Search, data, expression);
    const isCommunity = isDeepStrictEqual(mine, community);
    const isStandard = isDeepStrictEqual(mine, standard);
    if (isCommunity && isStandard) same++;
    if (!isCommunity && !isStandard && isDeepStrictEqual(community, standard)) {
      if (!isExcused(fromBoth, expression)) expect(mine).toEqual(community);
    }
    if (!isCommunity && !isExcused(fromCommunity, expression)) expect(mine).toEqual(community);
    if (!isStandard && !isExcused(fromStandard, expression)) expect(mine).toEqual(standard);
  });
  fc.assert(property, { numRuns: 10_000, seed: jest.getSeed() });
  expect(same).toBeGreaterThan(9_000);
});
