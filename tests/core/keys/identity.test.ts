import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { compileJmesPath } from '../../../src/core/jmespath/compile.js';
import { hashValue } from '../../../src/core/keys/hash.js';
import { type IdentityRules, identityNow, identityOf } from '../../../src/core/keys/identity.js';
import { type JmesPathOptions, selectWith } from '../../../src/core/keys/selection.js';
import { IdempotencyKeyError } from '../../../src/core/protocol/errors.js';
import type { EventSource, SourceReading } from '../../../src/core/protocol/source.js';

const byPath = (expression: string, options?: JmesPathOptions) => ({
  hashFunction: 'sha256',
  select: compileJmesPath(expression, options).select,
});
const keyBy = (expression: string, payload: unknown, options?: JmesPathOptions): string | undefined =>
  identityNow(byPath(expression, options), 's', payload, undefined).key;
const keyWith = (eventKey: (payload: never) => unknown, payload: unknown): string | undefined =>
  identityNow({ hashFunction: 'sha256', select: selectWith(eventKey) }, 's', payload, undefined).key;

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
    expect(identityNow({ hashFunction: 'sha256' }, 's', payload, undefined).key).toBeUndefined();
  });

  it.each(['', [], {}, [''], { a: [], b: null }])('%j of an expression is missing', (value) => {
    expect(keyBy('key', { key: value })).toBeUndefined();
  });

  it.each(['', [], {}, [''], { a: [] }])('%j of a key function is missing', (value) => {
    expect(keyWith(() => value, {})).toBeUndefined();
  });

  it.each(['', [], {}])('%j as the whole payload is missing', (payload) => {
    expect(identityNow({ hashFunction: 'sha256' }, 's', payload, undefined).key).toBeUndefined();
  });

  it.each([0, false, '0', [0], { count: 0 }, ['', 0]])('%j is a key', (value) => {
    expect(keyBy('key', { key: value })).toMatch(/^s#[\w-]{43}$/);
    expect(keyWith(() => value, {})).toMatch(/^s#[\w-]{43}$/);
    expect(identityNow({ hashFunction: 'sha256' }, 's', value, undefined).key).toMatch(/^s#[\w-]{43}$/);
  });

  it('a null among the data of a whole payload, or of a member that is an object, is data', () => {
    expect(identityNow({ hashFunction: 'sha256' }, 's', [1, null], undefined).key).toBeDefined();
    expect(keyBy('detail', { detail: { note: null, id: 1 } })).toBeDefined();
    expect(identityNow({ hashFunction: 'sha256' }, 's', { note: null }, undefined).key).toBeDefined();
  });
});

describe('a key that cannot be computed', () => {
  it.each([
    [
      'a text that is not JSON',
      'powertools_json(body)',
      { body: 'secret-payload {' },
      /powertools_json\(\) was called with a string/,
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
      /argument 2 of join\(\) must be an array of strings, not of type number/,
    ],
    [
      'an absent argument',
      'powertools_json(body)',
      {},
      /argument 1 of powertools_json\(\) must be a string, not of type null/,
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

  it('leave the engine that the user shares with us as it was', async () => {
    compileJmesPath('mine(a)', { mine: () => 1 });
    const { isRegistered } = await import('@jmespath-community/jmespath');
    expect([isRegistered('mine'), isRegistered('powertools_json')]).toEqual([false, false]);
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
  const of = (payload: unknown): string | undefined => {
    const identity = identityNow(plan, 's', payload, undefined);
    return identity.key === undefined ? undefined : identity.fingerprint;
  };

  it('is of the selected part, and null where that is absent', () => {
    expect(of({ id: 1, amount: 5, note: 'a' })).toBe(of({ id: 2, amount: 5, note: 'b' }));
    expect(of({ id: 1, amount: 5 })).not.toBe(of({ id: 1, amount: 6 }));
    expect(of({ id: 1 })).toBe(of({ id: 1, amount: null }));
  });
});

describe('P10: a missing key says what was looked for', () => {
  const missingBy = (rules: Partial<IdentityRules>, payload: unknown): string | undefined => {
    const identity = identityNow({ hashFunction: 'sha256', ...rules }, 's', payload, undefined);
    return identity.key === undefined ? identity.missing : undefined;
  };
  const webhook = (reading: Partial<SourceReading>): EventSource => ({
    name: 'webhook',
    resolve: () => webhook(reading),
    read: () => ({ key: undefined, madeBy: 'client', scope: [], ...reading }),
  });

  it('an expression: its text, and the number of the part', () => {
    const { select } = compileJmesPath('[user, order]');
    expect(missingBy({ select }, { user: 'ada' })).toBe('`[user, order]` found nothing for part 2 (`order`)');
  });

  it('a key function: the number of the part', () => {
    const select = selectWith(({ user, order }: Record<string, string>) => [user, order]);
    expect(missingBy({ select }, { user: 'ada' })).toBe('part 2 of what `eventKey` returned is absent');
  });

  it('a source: the fields that it names', () => {
    const lookedFor = 'webhook() found no header X-Delivery';
    expect(missingBy({ source: webhook({ lookedFor }) }, {})).toBe(lookedFor);
    expect(missingBy({ source: webhook({ key: '', lookedFor }) }, {})).toBe(lookedFor);
  });

  it('a source that names none, and a part of its composite key', () => {
    expect(missingBy({ source: webhook({}) }, {})).toBe('the key of `source` (webhook) is undefined');
    expect(missingBy({ source: webhook({ key: ['shop', null] }) }, {})).toBe(
      'part 2 of the key of `source` (webhook) is absent',
    );
  });

  it('the whole payload', () => {
    expect(missingBy({}, undefined)).toBe('the payload is undefined');
  });
});

describe('keys of a source', () => {
  const keyOf = (reading: SourceReading, scope?: () => string[]): string | undefined => {
    const source: EventSource = { name: 'webhook', resolve: () => source, read: () => reading };
    return identityNow({ hashFunction: 'sha256', source, ...(scope && { scope }) }, 's', {}, undefined).key;
  };

  it('P11: a key of the client never meets the same text as an id of the service', () => {
    const chosen = keyOf({ key: 'b7d3', madeBy: 'client', scope: ['queue'] });
    expect(chosen).not.toBe(keyOf({ key: 'b7d3', madeBy: 'service', scope: ['queue'] }));
    expect(chosen).toBe(keyOf({ key: 'b7d3', madeBy: 'client', scope: ['queue'] }));
  });

  it('a part of the scope with half a surrogate pair is refused: two such parts would have the same bytes', () => {
    const reading: SourceReading = { key: 'b7d3', madeBy: 'client', scope: [] };
    for (const half of ['tenant-\ud800', 'tenant-\udfff']) {
      expect(() => keyOf({ ...reading, scope: [half] })).toThrow(IdempotencyKeyError);
      expect(() => keyOf(reading, () => [half])).toThrow(/half a surrogate pair.*Nothing ran/);
    }
    expect(keyOf(reading, () => ['tenant-\u{1f600}'])).toMatch(/^s#/);
  });
});

describe('P2: identityOf', () => {
  it('has computed the key when it returns, also of values that JSON cannot hold', () => {
    const payload = { day: new Date(1) };
    const found = identityOf({ hashFunction: 'sha256' }, 's', payload, undefined);
    payload.day = new Date(2);
    expect(found).toEqual(identityNow({ hashFunction: 'sha256' }, 's', { day: new Date(1) }, undefined));
  });

  it('a key that is computed inside of a toJSON leaves the outer one as it was', () => {
    const plain = identityNow({ hashFunction: 'sha256' }, 's', { a: 'x', z: 1 }, undefined).key;
    const nested = {
      a: {
        toJSON: () => {
          identityNow({ hashFunction: 'sha256' }, 's', { other: ['y'.repeat(100)] }, undefined);
          return 'x';
        },
      },
      z: 1,
    };
    expect(identityNow({ hashFunction: 'sha256' }, 's', nested, undefined).key).toBe(plain);
  });

  it('a failure in the middle of a value does not get into the next key', () => {
    const before = hashValue({ a: 1 });
    expect(() => hashValue({ a: 'left over', b: Symbol('b'), c: [Symbol('c')] })).toThrow(/symbol/);
    expect(hashValue({ a: 1 })).toBe(before);
  });
});
