import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { compileJmesPath } from '../../../src/core/jmespath/compile.js';
import { asRecord } from '../../../src/core/jmespath/own-functions.js';

const evaluate = (expression: string, data: object): unknown =>
  compileJmesPath(expression).select(data).value;
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('functions for expressions', () => {
  it.each([
    ['powertools_json(body)', { body: '{"id":1}' }, { id: 1 }],
    ['json(body).id', { body: '{"id":1}' }, 1],
    ['powertools_base64(body)', { body: base64('käse') }, 'käse'],
    ['base64(body)', { body: base64('cake') }, 'cake'],
    ['powertools_base64_gzip(body)', { body: gzipSync('cake').toString('base64') }, 'cake'],
    ["header(headers, 'idempotency-key')", { headers: { 'Idempotency-Key': 'k' } }, 'k'],
    ["header(headers, 'idempotency-key')", { headers: { 'Idempotency-Key': ['k', 'k'] } }, 'k'],
    ["header(headers, 'idempotency-key')", { headers: {} }, null],
    ["header(headers, 'idempotency-key')", {}, null],
  ])('%s of %j', (expression, data, value) => {
    expect(evaluate(expression, data)).toEqual(value);
  });

  it.each([
    ['powertools_json(body)', { body: 'secret' }, 'the argument of powertools_json() is not JSON'],
    ['powertools_base64(body)', { body: '*secret*' }, 'the argument of powertools_base64() is not base64'],
    ['powertools_base64_gzip(body)', { body: base64('secret') }, 'is not gzip, or inflates to more than'],
    ["header(headers, 'k')", { headers: { k: 'secret', K: 'other' } }, 'the header k occurs more than once'],
  ])('%s refuses %j, and quotes nothing', (expression, data, message) => {
    expect(() => evaluate(expression, data)).toThrow(message);
    expect(() => evaluate(expression, data)).not.toThrow('secret');
  });

  it('a bomb does not inflate past 10 MB', () => {
    const body = gzipSync(Buffer.alloc(11 * 1_024 * 1_024)).toString('base64');
    expect(() => evaluate('powertools_base64_gzip(body)', { body })).toThrow(
      'inflates to more than 10485760 bytes',
    );
  });
});

describe('functions of the user', () => {
  const double = (n: number): number => n * 2;
  const powertools = {
    methods: new Set<string>(),
    introspectMethods() {
      this.methods = new Set(['funcDoubleIt', 'other']);
    },
    funcDoubleIt: ([n]: [number]): number => n * 2,
  };

  it.each([
    ['by name', { double_it: double }],
    ['under customFunctions', { customFunctions: { double_it: double } }],
    ["of Powertools' class", powertools],
    ["of Powertools' class, under customFunctions", { customFunctions: powertools }],
  ])('given %s', (_, options) => {
    const functions = asRecord(options as never) as Record<string, (n: number) => number>;
    expect(Object.keys(functions)).toEqual(['double_it']);
    expect(functions['double_it']?.(21)).toBe(42);
  });

  it('none', () => {
    expect(asRecord(undefined)).toEqual({});
    expect(() => asRecord({ customFunctions: null } as never)).toThrow('an object of functions by name');
  });
});
