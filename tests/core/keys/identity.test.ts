import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { compileJmesPath } from '../../../src/core/jmespath/compile.js';
import { loadObjectHash } from '../../../src/core/keys/canonical.js';
import { hashValue } from '../../../src/core/keys/hash.js';
import { identityNow } from '../../../src/core/keys/identity.js';
import { type JmesPathOptions, selectWith } from '../../../src/core/keys/selection.js';
import { IdempotencyKeyError } from '../../../src/core/protocol/errors.js';

beforeAll(loadObjectHash);

const byPath = (expression: string, options?: JmesPathOptions) => ({
  hashFunction: 'sha256',
  select: compileJmesPath(expression, options).select,
});
const keyBy = (expression: string, payload: unknown, options?: JmesPathOptions): string | undefined =>
  identityNow(byPath(expression, options), 's', payload, undefined)?.key;
const keyWith = (eventKey: (payload: never) => unknown, payload: unknown): string | undefined =>
  identityNow({ hashFunction: 'sha256', select: selectWith(eventKey) }, 's', payload, undefined)?.key;

describe('hashValue', () => {
  // Digests from `printf '%s' CANONICAL_JSON | openssl dgst -sha256 -binary | basenc --base64url`, padding removed.
  it.each([
    ['a text', 'abc', 'bMQ_hY-7djMBY3ta-XDipGtG9GHyfloPQeAJxZuCeyU'],
    ['an object', { b: 1, a: 'x' }, 'zasGfp876zLRJSz9Y-SSWS_sv1kbDQjK2yS7F_OGQkY'],
  ])('P16: is the SHA-256 of the canonical JSON of %s', (_, value, digest) => {
    expect(hashValue(value)).toBe(digest);
  });

  it('takes another hash of node:crypto', () => {
    // printf '%s' '"abc"' | openssl dgst -md5 -binary | basenc --base64url
    expect(hashValue('abc', 'md5')).toBe('69n0x7BssKr10T2A5J2LkA');
  });
});

describe('P10: a missing key', () => {
  it.each([
    ['an absent member', 'orderId', {}],
    ['null', 'orderId', { orderId: null }],
    ['all parts of a list', '[user, order]', {}],
    ['one part of a list', '[user, order]', { user: 'ada' }],
    ['one part of a hash', '{u: user, o: order}', { user: 'ada' }],
    ['a part behind a function', 'powertools_json(body).["user", "order"]', { body: '{"user":"ada"}' }],
    ['a part behind a pipe', 'detail | [user, order]', { detail: { user: 'ada' } }],
    ['a part of a list in a list', '[user, [order, item]]', { user: 'ada', order: 1 }],
    ['a part of a projection', 'items[*].[id, sku]', { items: [{ id: 1, sku: 2 }, { id: 3 }] }],
    ['a list that reads its nulls', '[user, order] | @', { user: 'ada' }],
    ['an inherited name', 'toString', {}],
    ['an inherited name as a part', '[user, constructor]', { user: 'ada' }],
  ])('%s', (_, expression, payload) => {
    expect(keyBy(expression, payload)).toBeUndefined();
  });

  it.each([
    ['undefined', () => undefined],
    ['null', () => null],
    ['a part of a list', () => ['ada', undefined]],
    ['a null part of a list', () => ['ada', null]],
    ['a part of a list in a list', () => ['ada', ['x', undefined]]],
    ['an undefined member', () => ({ user: 'ada', order: undefined })],
  ])('from a function: %s', (_, eventKey) => {
    expect(keyWith(eventKey, {})).toBeUndefined();
  });

  it.each([undefined, null])('the whole payload: %s', (payload) => {
    expect(identityNow({ hashFunction: 'sha256' }, 's', payload, undefined)).toBeUndefined();
  });

  it.each(['', [], {}, [''], { a: [], b: null }])('%j of an expression is missing', (value) => {
    expect(keyBy('key', { key: value })).toBeUndefined();
  });

  it.each([0, false, '0', [0], { count: 0 }, ['', 0]])('%j is a key', (value) => {
    expect(keyBy('key', { key: value })).toMatch(/^s#[\w-]{43}$/);
    expect(keyWith(() => value, {})).toMatch(/^s#[\w-]{43}$/);
    expect(identityNow({ hashFunction: 'sha256' }, 's', value, undefined)?.key).toMatch(/^s#[\w-]{43}$/);
  });

  it('a null among the data of a whole payload, or of a member that is an object, is data', () => {
    expect(identityNow({ hashFunction: 'sha256' }, 's', [1, null], undefined)).toBeDefined();
    expect(keyBy('detail', { detail: { note: null, id: 1 } })).toBeDefined();
    expect(keyWith((event: { detail: unknown }) => event.detail, { detail: { note: null } })).toBeDefined();
  });
});

describe('a key that cannot be computed', () => {
  it.each([
    [
      'a text that is not JSON',
      'powertools_json(body)',
      { body: 'secret-payload {' },
      /the argument of powertools_json\(\) is not JSON/,
    ],
    [
      'bytes that are not gzip',
      'powertools_base64_gzip(body)',
      { body: 'c2VjcmV0' },
      /powertools_base64_gzip\(\)/,
    ],
    [
      'a bomb',
      'powertools_base64_gzip(body)',
      { body: gzipSync(Buffer.alloc(11 * 1024 * 1024)).toString('base64') },
      /inflates to more than 10485760 bytes/,
    ],
    [
      'an argument of the wrong type',
      "join(',', user)",
      { user: 7 },
      /argument 2 of join\(\) must be of type string\[\], not number/,
    ],
    [
      'an absent argument',
      'powertools_json(body)',
      {},
      /argument 1 of powertools_json\(\) must be of type string, not null/,
    ],
  ])('from %s: an IdempotencyKeyError without the payload', (_, expression, payload, message) => {
    const compute = () => keyBy(expression, payload);
    expect(compute).toThrow(IdempotencyKeyError);
    expect(compute).toThrow(message);
    expect(compute).not.toThrow(/secret/);
  });

  it('from a function that throws: its error is the cause, and is not quoted', () => {
    const failure = new Error('secret');
    const compute = () =>
      keyWith(() => {
        throw failure;
      }, {});
    expect(compute).toThrow(expect.objectContaining({ name: 'IdempotencyKeyError', cause: failure }));
    expect(compute).not.toThrow(/secret/);
  });

  it('from a value nested 100,000 levels deep: never a RangeError', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = { deep };
    expect(() => identityNow({ hashFunction: 'sha256' }, 's', deep, undefined)).toThrow(IdempotencyKeyError);
  });
});

describe('expressions', () => {
  it("know Powertools' functions", () => {
    const body = '{"id":7}';
    const direct = keyBy('id', { id: 7 });
    expect(keyBy('powertools_json(body).id', { body })).toBe(direct);
    expect(
      keyBy('powertools_json(powertools_base64(body)).id', { body: Buffer.from(body).toString('base64') }),
    ).toBe(direct);
    expect(
      keyBy('powertools_json(powertools_base64_gzip(body)).id', { body: gzipSync(body).toString('base64') }),
    ).toBe(direct);
  });

  it("know functions of the user's, by name", () => {
    const add = (one: number, other: number): number => one + other;
    expect(keyBy('add(a, b)', { a: 3, b: 4 }, { add })).toBe(keyBy('id', { id: 7 }));
    expect(keyBy('add(a, b)', { a: 3, b: 4 }, { customFunctions: { add } })).toBe(keyBy('id', { id: 7 }));
  });

  it('know functions of an instance in the manner of Powertools, and its own powertools_json', () => {
    class MyFunctions {
      readonly methods = new Set<string>();
      introspectMethods(): Set<string> {
        this.methods.add('funcMyFancyFunction').add('funcPowertoolsJson').add('funcAbs');
        return this.methods;
      }
      funcMyFancyFunction([value]: [string]): unknown {
        return JSON.parse(value);
      }
      funcPowertoolsJson([value]: [string]): string {
        return `mine:${value}`;
      }
      funcAbs(): never {
        throw new Error('JMESPath has its own');
      }
    }
    const options = new MyFunctions();
    expect(keyBy('my_fancy_function(body).id', { body: '{"id":7}' }, options)).toBe(keyBy('id', { id: 7 }));
    expect(keyBy('powertools_json(body)', { body: 'x' }, options)).toBe(keyBy('id', { id: 'mine:x' }));
    expect(keyBy('abs(id)', { id: -7 }, { customFunctions: options })).toBe(keyBy('id', { id: 7 }));
  });

  it("know one expression's functions in no other", () => {
    expect(keyBy('mine(a)', { a: 1 }, { mine: () => 1 })).toBeDefined();
    expect(() => compileJmesPath('mine(a)')).toThrow('unknown function mine()');
  });

  it("keep a failing function's error as cause", () => {
    const failure = new Error('secret');
    const fails = (): never => {
      throw failure;
    };
    expect(() => keyBy('fails(a)', { a: 1 }, { fails })).toThrow(expect.objectContaining({ cause: failure }));
    expect(() => keyBy('fails(a)', { a: 1 }, { fails })).not.toThrow(/secret/);
  });
});

describe('P13: the fingerprint', () => {
  const plan = { ...byPath('id'), fingerprint: compileJmesPath('amount') };
  const of = (payload: unknown): string | undefined =>
    identityNow(plan, 's', payload, undefined)?.fingerprint;

  it('is of the selected part, and null where that is absent', () => {
    expect(of({ id: 1, amount: 5, note: 'a' })).toBe(of({ id: 2, amount: 5, note: 'b' }));
    expect(of({ id: 1, amount: 5 })).not.toBe(of({ id: 1, amount: 6 }));
    expect(of({ id: 1 })).toBe(of({ id: 1, amount: null }));
  });
});
