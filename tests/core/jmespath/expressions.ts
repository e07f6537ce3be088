import fc from 'fast-check';

/** Expressions and data for the fuzz: few names, so that paths often meet data. */

const names = ['a', 'b', 'c'] as const;

const values = fc.letrec<{ value: unknown; scalar: unknown }>((tie) => ({
  scalar: fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    1,
    -2,
    10,
    9,
    2.5,
    '',
    'x',
    'y',
    'B',
    '10',
    'é',
    '🙂z',
  ),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('scalar'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 3 }),
  ),
})).value;

/** As an event arrives: from JSON, with objects that have a prototype. */
export const someData: fc.Arbitrary<unknown> = values.map((value) => JSON.parse(JSON.stringify(value)));

const join = (parts: readonly fc.Arbitrary<string>[], make: (...texts: string[]) => string) =>
  fc.tuple(...parts).map((texts) => make(...texts));

const name = fc.constantFrom<string>(...names, '"a"', '"b"');
const literal = fc.constantFrom(
  "'x'",
  "''",
  "'it\\'s'",
  '`1`',
  '`0`',
  '`-2.5`',
  '`null`',
  '`true`',
  '`"x"`',
  '`[1, "x", null]`',
  '`{"a": 1}`',
  '`[10, 9, 1]`',
  '`["b", "a", "é"]`',
);
const index = fc.constantFrom('[0]', '[-1]', '[7]');
const slice = fc.constantFrom('[:2]', '[1:]', '[::-1]', '[::2]', '[-2:]', '[2:0:-1]', '[:]');
const compared = fc.constantFrom('==', '!=', '<', '<=', '>', '>=');

const ofOne = fc.constantFrom(
  'abs',
  'ceil',
  'floor',
  'avg',
  'sum',
  'length',
  'keys',
  'values',
  'max',
  'min',
  'reverse',
  'sort',
  'to_array',
  'to_number',
  'to_string',
  'type',
  'not_null',
);
/** Calls whose arguments are of the right types, which chance seldom makes. */
const typed = fc.oneof(
  join(
    [
      fc.constantFrom('sort', 'max', 'min', 'reverse', 'length'),
      fc.constantFrom('`[10, 9, 1]`', '`["b", "B", "a", "é"]`', '`["🙂", "\uff61"]`', '`[]`'),
    ],
    (call, list) => `${call}(${list})`,
  ),
  join(
    [
      fc.constantFrom('sort_by', 'max_by', 'min_by'),
      fc.constantFrom(
        '`[{"a": "y"}, {"a": "x"}, {"a": "y", "b": 1}]`',
        '`[{"a": 2}, {"a": 10}]`',
        '`["y", 1]`',
      ),
      fc.constantFrom('a', '@', "'x'"),
    ],
    (call, list, key) => `${call}(${list}, &${key})`,
  ),
  join(
    [fc.constantFrom('`[[1], {"a": 1}, "x", 10]`', "'10x'"), literal],
    (list, one) => `contains(${list}, ${one})`,
  ),
  join(
    [fc.constantFrom("''", "' 7 '", "'0x10'", "'1e3'", "'x'", "'-2.50'", "'Infinity'")],
    (text) => `to_number(${text})`,
  ),
  join(
    [fc.constantFrom("'-'", "''"), fc.constantFrom('`["b", "a"]`', '`[]`', 'a')],
    (glue, list) => `join(${glue}, ${list})`,
  ),
);

const ofTwo = fc.constantFrom('contains', 'ends_with', 'join', 'starts_with', 'merge', 'not_null');
const byReference = fc.constantFrom('sort_by', 'max_by', 'min_by');
/** Of the JMESPath specification. */
const standard = (expression: fc.Arbitrary<string>): fc.Arbitrary<string>[] => [
  join([expression, name], (left, right) => `${left}.${right}`),
  join([expression, index], (left, right) => `${left}${right}`),
  join([expression, slice], (left, right) => `${left}${right}`),
  join([expression], (left) => `${left}[*]`),
  join([expression], (left) => `${left}[]`),
  join([expression, name], (left, right) => `${left}[*].${right}`),
  join([expression, name], (left, right) => `${left}.*.${right}`),
  join([expression, expression], (left, right) => `${left}[?${right}]`),
  join(
    [expression, name, compared, expression],
    (left, field, sign, right) => `${left}[?${field} ${sign} ${right}]`,
  ),
  join([expression, expression], (left, right) => `${left} | ${right}`),
  join([expression, expression], (left, right) => `${left} || ${right}`),
  join([expression, expression], (left, right) => `${left} && ${right}`),
  join([expression, compared, expression], (left, sign, right) => `${left} ${sign} ${right}`),
  join([expression], (inner) => `!${inner}`),
  join([expression], (inner) => `(${inner})`),
  join([expression, expression], (one, other) => `[${one}, ${other}]`),
  join([expression, expression], (one, other) => `{a: ${one}, "b": ${other}}`),
  join([expression, expression, name], (left, one, other) => `(${left}).[${one}, ${other}]`),
  typed,
  join([ofOne, expression], (call, one) => `${call}(${one})`),
  join([ofTwo, expression, expression], (call, one, other) => `${call}(${one}, ${other})`),
  join([byReference, expression, expression], (call, one, other) => `${call}(${one}, &${other})`),
  join([expression, expression], (one, other) => `map(&${one}, ${other})`),
];

const leaf = fc.oneof(name, literal, fc.constantFrom('@', '*', '[*]', '[]'));

export const someExpressions: fc.Arbitrary<string> = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, ...standard(tie('expression'))),
})).expression;
