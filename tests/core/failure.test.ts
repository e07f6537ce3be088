import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CodecContext } from '../../src/core/codec.js';
import { describeThrown, type ErrorClass, rebuildThrown } from '../../src/core/failure.js';
import { plainCodec } from '../../src/core/typed-json.js';
import { IdempotencyResultError } from '../../src/index.js';

class PaymentError extends Error {
  override readonly name: string = 'PaymentError';
}
class CardDeclinedError extends PaymentError {
  override readonly name = 'CardDeclinedError';
  readonly #secret = 'hidden';
  readonly code: string;
  readonly details: unknown;
  constructor(code: string, details: unknown) {
    super(`declined: ${code}`);
    this.code = code;
    this.details = details;
  }
  secret(): string {
    return this.#secret;
  }
}
class QuietError extends Error {}
class CodedError extends Error {
  get code(): string {
    return 'E_CODED';
  }
}
Object.defineProperty(CodedError.prototype, 'name', { value: 'CodedError' });

const context: CodecContext = { key: 'k', fence: 'f', kind: 'failure', recordBytes: 0, timeoutMs: 0 };

/** As a store gives it back. */
const again = async (thrown: unknown, errorClasses: readonly ErrorClass[] = []): Promise<Error> => {
  const encoded = await plainCodec.encode(await describeThrown(thrown), context);
  return rebuildThrown(await plainCodec.decode(encoded, context), errorClasses) as Error;
};

describe('what was thrown', () => {
  it('is described as plain, readable data, without its stack', async () => {
    const error = new CardDeclinedError('lost_card', { tries: 3 });
    error.cause = new RangeError('not enough money');
    assert.deepEqual(await describeThrown(error), {
      name: 'CardDeclinedError',
      message: 'declined: lost_card',
      classes: ['CardDeclinedError', 'PaymentError'],
      fields: { name: 'CardDeclinedError', code: 'lost_card', details: { tries: 3 } },
      cause: { name: 'RangeError', message: 'not enough money', classes: ['RangeError'] },
    });
    assert.deepEqual(await describeThrown('a text'), { thrown: 'a text' });
    assert.deepEqual(await describeThrown(new Error('plain')), { name: 'Error', message: 'plain' });
  });

  it('is of its class, where that is given, and of the nearest one above it', async () => {
    const error = new CardDeclinedError('lost_card', undefined);
    const full = await again(error, [PaymentError, CardDeclinedError]);
    expect(full).toBeInstanceOf(CardDeclinedError);
    assert.deepEqual(full, error);
    const near = await again(error, [PaymentError]);
    expect(near).toBeInstanceOf(PaymentError);
    expect(near).not.toBeInstanceOf(CardDeclinedError);
    expect(near).toMatchObject({ name: 'CardDeclinedError', code: 'lost_card' });
    const plain = await again(error);
    expect(Object.getPrototypeOf(plain)).toBe(Error.prototype);
    expect(String(plain)).toBe('CardDeclinedError: declined: lost_card');
  });

  it('keeps a name and a code that its class has, also without the class', async () => {
    const error = new CodedError('x');
    assert.deepEqual(await again(error, [CodedError]), error);
    const plain = await again(error);
    expect(plain).toMatchObject({ name: 'CodedError', code: 'E_CODED', message: 'x' });
    expect(Object.keys(plain)).toEqual([]);
  });

  it.each([
    ['an Error', new Error('x')],
    ['an Error without a message', new Error()],
    ['a TypeError', new TypeError('x')],
    ['causes of causes', new Error('a', { cause: new TypeError('b', { cause: { c: [1] } }) })],
    ['a cause that is undefined', new Error('a', { cause: undefined })],
    ['an AggregateError', new AggregateError([new RangeError('a'), 'b'], 'c')],
    ['fields with types', Object.assign(new Error('x'), { at: new Date(0), ids: new Set([1n]) })],
    ['a name of its own', Object.assign(new Error('x'), { name: 'Mine', code: 7, errors: [{ path: 'a' }] })],
    ['a class without a name of its own', new QuietError('x')],
    ['undefined', undefined],
    ['null', null],
    ['an object with a message', { message: 'x', name: 'y' }],
    ['an object with `thrown`', { thrown: 1 }],
  ])('comes back: %s', async (_name, thrown) => {
    assert.deepEqual(await again(thrown, [QuietError]), thrown);
  });

  it('is a real error, whose stack tells of the replay', async () => {
    const rebuilt = await again(new CardDeclinedError('lost_card', 1), [CardDeclinedError]);
    expect(Object.prototype.toString.call(rebuilt)).toBe('[object Error]');
    const [first, second] = rebuilt.stack?.split('\n') ?? [];
    expect(first).toBe('CardDeclinedError: declined: lost_card');
    expect(second).toContain('failure.test');
    // Only its constructor could have made it.
    expect(() => (rebuilt as CardDeclinedError).secret()).toThrow(TypeError);
  });

  it('of another realm is an error as well', async () => {
    const foreign = runInNewContext("Object.assign(new RangeError('x'), { code: 'FAR' })");
    const rebuilt = await again(foreign);
    expect(rebuilt).toBeInstanceOf(RangeError);
    expect(rebuilt).toMatchObject({ message: 'x', code: 'FAR' });
  });

  it('leaves out what cannot be stored, and nothing else', async () => {
    const error = Object.assign(new Error('x'), {
      socket: new (class Socket {})(),
      retry: () => {},
      config: { headers: {}, transform: [() => {}] },
      status: 402,
    });
    assert.deepEqual(await describeThrown(error), { name: 'Error', message: 'x', fields: { status: 402 } });
  });

  it('may be its own cause', async () => {
    const error = new Error('loop');
    error.cause = error;
    let depth = 0;
    for (let link: unknown = await again(error); link instanceof Error; link = link.cause) depth++;
    expect(depth).toBe(9);
  });

  it('cannot set a prototype by a field', async () => {
    const rebuilt = rebuildThrown(
      JSON.parse('{"name":"Error","message":"x","fields":{"__proto__":{"admin":true}}}'),
      [],
    ) as { admin?: boolean };
    expect(rebuilt.admin).toBeUndefined();
    expect(Object.getPrototypeOf(rebuilt)).toBe(Error.prototype);
  });

  it.each([[undefined], [null], ['text'], [{}], [{ name: 'Error' }], [[]]])(
    'is not made of %j',
    (description) => {
      expect(() => rebuildThrown(description, [])).toThrow(IdempotencyResultError);
    },
  );

  it('property: errors come back, whatever their text and members', async () => {
    const member = fc
      .string()
      .filter((name) => !['message', 'stack', 'cause', 'name', '__proto__'].includes(name));
    await fc.assert(
      fc.asyncProperty(
        fc.string(),
        fc.dictionary(member, fc.jsonValue()),
        fc.option(fc.jsonValue()),
        async (message, members, cause) => {
          const error = Object.assign(new PaymentError(message, { cause }), members);
          assert.deepEqual(await again(error, [PaymentError]), error);
        },
      ),
      { numRuns: 200 },
    );
  });
});
