import { describe, expect, it } from '@jest/globals';
import { isCondition, weakenings } from './clauses.js';
import { applied, mutantsOf } from './mutants.js';

const weakened = (text: string): string[] => weakenings(text).map((weakening) => applied(text, weakening));

describe('weakenings of a condition expression', () => {
  it('take each operand of AND out, and keep its names in use', () => {
    expect(weakened('#fence = :fence AND #status = :running')).toEqual([
      '(#fence = :fence OR NOT #fence = :fence) AND #status = :running',
      '#fence = :fence AND (#status = :running OR NOT #status = :running)',
    ]);
  });

  it('take each operand of OR out, go into parentheses, and move boundaries', () => {
    expect(weakened('attribute_not_exists(#id) OR (#a = :a AND #b <= :b)')).toEqual([
      'attribute_not_exists(#id) OR (#a = :a AND #b < :b)',
      '(attribute_not_exists(#id) AND NOT attribute_not_exists(#id)) OR (#a = :a AND #b <= :b)',
      'attribute_not_exists(#id) OR ((#a = :a AND #b <= :b) AND NOT (#a = :a AND #b <= :b))',
      'attribute_not_exists(#id) OR ((#a = :a OR NOT #a = :a) AND #b <= :b)',
      'attribute_not_exists(#id) OR (#a = :a AND (#b <= :b OR NOT #b <= :b))',
    ]);
  });

  it('know the AND of BETWEEN, and take a lone clause out', () => {
    expect(weakened('#a BETWEEN :a AND :b')).toEqual(['(#a BETWEEN :a AND :b OR NOT #a BETWEEN :a AND :b)']);
  });

  it('take interpolated conditions out as a whole', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source's text
    expect(weakened('${HELD} AND #lease > :now')).toEqual([
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the source's text
      '${HELD} AND #lease >= :now',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the source's text
      '((${HELD}) OR NOT (${HELD})) AND #lease > :now',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the source's text
      '${HELD} AND (#lease > :now OR NOT #lease > :now)',
    ]);
  });

  it.each([
    ['#fence = :fence', true],
    ['attribute_exists(id)', true],
    ['SET #status = :done, #expiry = :expiry', false],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the source's text
    ['${SETTLE}, #reason = :reason', false],
    ['The item has no status', false],
  ])('%s: a condition is %s', (text, expected) => {
    expect(isCondition(text)).toBe(expected);
  });
});

/** Each mutant's source, without what is the same in all. */
const sources = (text: string): string[] => mutantsOf('a.ts', text).map((mutant) => applied(text, mutant));

describe('mutants of a source file', () => {
  it('leave out each operand of && and ||', () => {
    expect(sources('const a = b && c && d;')).toEqual([
      'const a = c && d;',
      'const a = b && d;',
      'const a = b && c;',
    ]);
    expect(sources('const a = b || (c && d);')).toEqual([
      'const a = (c && d);',
      'const a = b;',
      'const a = b || (d);',
      'const a = b || (c);',
    ]);
  });

  it('move boundaries', () => {
    expect(sources('f(a <= b, a < b, a >= b, a > b);')).toEqual([
      'f(a < b, a < b, a >= b, a > b);',
      'f(a <= b, a <= b, a >= b, a > b);',
      'f(a <= b, a < b, a > b, a > b);',
      'f(a <= b, a < b, a >= b, a >= b);',
    ]);
  });

  it('take early exits out, and both ways of a choice', () => {
    expect(sources('function f() { if (a) return 1; if (b) { throw c; } }')).toEqual([
      'function f() { if (false) return 1; if (b) { throw c; } }',
      'function f() { if (a) return 1; if (false) { throw c; } }',
    ]);
    expect(sources('if (a) f();')).toEqual(['if (false) f();', 'if (true) f();']);
    expect(sources('const a = b ? c : d;')).toEqual(['const a = c;', 'const a = d;']);
  });

  it('settle an equality that is no part of a larger condition', () => {
    expect(sources('const is = a === b;')).toEqual(['const is = true;', 'const is = false;']);
    expect(sources('if (a === b) return;')).toEqual(['if (false) return;']);
  });

  it('weaken condition expressions where they are used, one use at a time', () => {
    const text = "const HELD = '#a = :a';\nsettle({ C: HELD });\nrelease({ C: HELD });";
    expect(sources(text)).toEqual([
      "const HELD = '#a = :a';\nsettle({ C: '(#a = :a OR NOT #a = :a)' });\nrelease({ C: HELD });",
      "const HELD = '#a = :a';\nsettle({ C: HELD });\nrelease({ C: '(#a = :a OR NOT #a = :a)' });",
    ]);
  });

  it('have names without line numbers, and each its own', () => {
    const text = 'class A {\n  f() { return a < b || a < b; }\n}';
    expect(mutantsOf('a.ts', text).map(({ id, line }) => [line, id])).toEqual([
      [2, 'a.ts A.f: a < b || a < b → a < b'],
      [2, 'a.ts A.f: a < b || a < b → a < b (2)'],
      [2, 'a.ts A.f: a ⟦< → <=⟧ b'],
      [2, 'a.ts A.f: a ⟦< → <=⟧ b (2)'],
    ]);
  });
});
