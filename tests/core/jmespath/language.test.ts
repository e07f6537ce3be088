import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { compileJmesPath } from '../../../src/core/jmespath/compile.js';
import { KeyMaterialError } from '../../../src/core/protocol/key-material-error.js';

const select = (expression: string, data: unknown) => compileJmesPath(expression).select(data);

describe('what the engine before got wrong', () => {
  it.each([
    ['max_by(@, &a).a', [{ a: 'x' }, { a: 'z' }, { a: 'y' }], 'z'],
    ['min_by(@, &a).a', [{ a: 'y' }, { a: 'x' }], 'x'],
    ['sort(@)', [10, 9, 1], [1, 9, 10]],
    ['{"__proto__": a}.__proto__', { a: 1 }, 1],
    ['constructor', {}, null],
  ])('%s', (expression, data, value) => {
    expect(select(expression, data).value).toEqual(value);
  });
});

describe('wrong expressions: the place is shown', () => {
  it.each([
    [
      'letters[0',
      'the expression ends too early: expected [number], [start:stop:step] or [*]\n  letters[0\n           ^',
    ],
    ["'abc", "this ' is not closed\n  'abc\n  ^"],
    ['`[1`', 'a literal in backticks must be JSON\n  `[1`\n  ^'],
    ['a.nope(b)', 'unknown function nope(); jmesPathOptions can define it\n  a.nope(b)\n    ^'],
    ['abs(a, b)', 'call it as abs(number)\n  abs(a, b)\n  ^'],
    ['[a b]', 'unexpected b: expected ]\n  [a b]\n     ^'],
    ['sort_by(a, b)', 'call it as sort_by(array, &name)\n  sort_by(a, b)\n  ^'],
    ['a.', 'the expression ends too early: expected a name, *, [ or {\n  a.\n    ^'],
    ['a[1', 'the expression ends too early: expected [number], [start:stop:step] or [*]\n  a[1\n     ^'],
    [
      'headers.Idempotency-Key',
      'a name with a hyphen needs quotes: "Idempotency-Key"\n  headers.Idempotency-Key\n                     ^',
    ],
  ])('%s', (expression, message) => {
    expect(() => compileJmesPath(expression)).toThrow(new Error(message));
  });
});

describe('what only JMESPath Community has is refused, with the place', () => {
  it.each([
    ['let $x = a in $x', 'unexpected $'],
    ['a ? b : c', 'unexpected ?'],
    ['a + b', 'unexpected +'],
    ['a - b', 'unexpected -'],
    ['$.a', 'unexpected $'],
    ['lower(a)', 'unknown function lower(); jmesPathOptions can define it'],
    ['items(a)', 'unknown function items(); jmesPathOptions can define it'],
  ])('%s', (expression, message) => {
    expect(() => compileJmesPath(expression)).toThrow(message);
  });
});

describe('P10: what is missing', () => {
  it.each([
    ['detail.id', '`detail.id` found nothing'],
    ['[a, gone]', '`[a, gone]` found nothing for part 2 (`gone`)'],
    ['{x: a, y: gone}', '`{x: a, y: gone}` found nothing for part 2 (`gone`)'],
    ['merge({u: gone}, {v: a})', '`merge({u: gone}, {v: a})` found nothing for part 1 (`gone`)'],
    ['to_string([a, gone])', '`to_string([a, gone])` found nothing for part 2 (`gone`)'],
    ['to_string(gone)', '`to_string(gone)` found nothing for `gone` in to_string()'],
    ['[a, gone][*]', '`[a, gone][*]` found nothing for part 2 (`gone`)'],
    ['[a, gone][]', '`[a, gone][]` found nothing for part 2 (`gone`)'],
    ['[a, gone][:2]', '`[a, gone][:2]` found nothing for part 2 (`gone`)'],
    ['[[a, gone], a] | {k: @}', '`[[a, gone], a] | {k: @}` found nothing for part 2 (`gone`)'],
    ['list[*].[n, gone]', '`list[*].[n, gone]` found nothing for part 2 (`gone`)'],
    ['map(&gone, list)', '`map(&gone, list)` found nothing for `&gone` in map()'],
    ['length([a, gone])', '`length([a, gone])` found nothing for part 2 (`gone`)'],
    ['nulls', '`nulls` found nothing for item 2'],
    ['empty', '`empty` found only what is empty'],
    ['[empty, list[9:]]', '`[empty, list[9:]]` found only what is empty'],
  ])('%s', (expression, missing) => {
    const data = { a: 'secret', list: [{ n: 1 }], nulls: [1, null], empty: '' };
    expect(select(expression, data)).toEqual(expect.objectContaining({ incomplete: true, missing }));
  });

  it.each([
    ["[a, gone || 'none']", ['v', 'none']],
    ['[a, gone] | [0]', 'v'],
    ['[a, gone][?@]', ['v']],
    ["{u: gone}.u || 'x'", 'x'],
    ["[gone] == [a] && 'same' || a", 'v'],
    ["to_string([gone]) == 'x' || a", 'v'],
    ['[to_string([a, gone]), a] | [1]', 'v'],
    ['[a, empty]', ['v', '']],
    ['[zero, no]', [0, false]],
    ['detail', { note: null, id: 1 }],
    ['[a, detail]', ['v', { note: null, id: 1 }]],
    ['{x: detail}', { x: { note: null, id: 1 } }],
    ['zero', 0],
  ])('%s is complete', (expression, value) => {
    expect(
      select(expression, { a: 'v', empty: '', zero: 0, no: false, detail: { note: null, id: 1 } }),
    ).toEqual({
      value,
      incomplete: false,
    });
  });
});

describe('bytes that are not UTF-8', () => {
  const bytes = Buffer.from([0x61, 0xff, 0xfe]);
  it.each([
    ['powertools_base64(@)', bytes],
    ['base64(@)', bytes],
    ['powertools_base64_gzip(@)', gzipSync(bytes)],
  ])('%s: an error, not another text', (expression, content) => {
    const evaluate = () => select(expression, content.toString('base64'));
    expect(evaluate).toThrow(KeyMaterialError);
    expect(evaluate).toThrow(/holds bytes that are not UTF-8/);
  });
});

describe('the cost is bounded', () => {
  const nestings: readonly (readonly [string, (times: number) => string])[] = [
    ['parentheses', (n) => `${'('.repeat(n)}a${')'.repeat(n)}`],
    ['lists', (n) => `${'['.repeat(n)}a${']'.repeat(n)}`],
    ['not', (n) => `${'!'.repeat(n)}a`],
    ['or', (n) => `a${' || a'.repeat(n)}`],
    ['pipes that double', (n) => `a${' | [@, @]'.repeat(n)}`],
    ['pipes that flatten', (n) => `[a, a]${' | [@, @][]'.repeat(n)}`],
    ['text that doubles', (n) => `a${" | join('', [@, @])".repeat(n)}`],
    ['projections that double', (n) => `@${'[*].[@, @]'.repeat(n)}`],
    ['objects that double', (n) => `a${' | {x: @, y: @}'.repeat(n)}`],
    ['map() that doubles', (n) => `[a]${' | map(&[@, @], @)'.repeat(n)}`],
    ['filters that double', (n) => `${'[@, @][?'.repeat(n)}a${']'.repeat(n)}`],
    ['comparisons that double', (n) => `${'[@, @][*].['.repeat(n)}a${" == 'x']".repeat(n)}`],
    ['denials that double', (n) => `${'[@, @][*].[!'.repeat(n)}a${']'.repeat(n)}`],
    ['keys to sort by', (n) => `${'sort_by([@, @], &'.repeat(n)}'x'${'[0])'.repeat(n)}`],
    ['literals', (n) => `${'`[1, 1]`[*].['.repeat(n)}'x'${']'.repeat(n)}`],
    ['lists of strings', (n) => `${"['x', 'x'][*].[".repeat(n)}'x'${']'.repeat(n)}`],
    ['names of headers', (n) => `${'[@, @][*].[header(@, to_string('.repeat(n)}a${'))]'.repeat(n)}`],
    ['filters in filters', (n) => `${'@[?'.repeat(n)}a${']'.repeat(n)}`],
    ['calls', (n) => `${'to_array('.repeat(n)}a${')'.repeat(n)}`],
    ['fields', (n) => `a${'.a'.repeat(n)}`],
    ['an unclosed string', (n) => `'${'\\a'.repeat(n)}`],
    ['comparisons', (n) => `a${' | [@, @]'.repeat(n)} == a${' | [@, @]'.repeat(n)}`],
  ];
  it.each(nestings)('%s', (_, expression) => {
    for (const times of [1, 10, 40, 150, 500, 1_000, 3_000]) {
      const text = expression(times);
      const started = performance.now();
      try {
        compileJmesPath(text).select([{ a: 'x' }, { a: 'y' }]);
        compileJmesPath(text).select({ a: 'x' });
      } catch (error) {
        expect((error as Error).message).toMatch(/nested|more than 10000 times|not closed|must be/);
      }
      expect(performance.now() - started).toBeLessThan(3_000);
    }
  });

  it('a result holds its data at most 10,000 times, or the expression is refused', () => {
    const doubled = (times: number) => `a${' | [@, @]'.repeat(times)}`;
    expect(JSON.stringify(select(doubled(13), { a: 1 }).value).match(/1/g)).toHaveLength(8192);
    expect(() => compileJmesPath(doubled(14))).toThrow(
      'the expression may visit or repeat parts of its data more than 10000 times',
    );
  });

  it('conditions, and keys with many parts, are far from that', () => {
    const condition = "x == 'a' && y == 'b' && z != 'c'";
    const item = `items[?${condition}].lines[?${condition}].sku | [0]`;
    const expression = `{${Array.from({ length: 30 }, (_, index) => `k${index}: ${item}`).join(', ')}}`;
    expect(() => compileJmesPath(expression)).not.toThrow();
  });
});
