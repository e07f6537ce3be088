import assert from 'node:assert/strict';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeThrown, rebuildThrown } from '../../../src/core/codecs/thrown-errors.js';
import { plainCodec } from '../../../src/core/codecs/typed-json.js';
import type { CodecContext } from '../../../src/core/protocol/codec.js';
import type { ErrorClass } from '../../../src/core/protocol/errors.js';
import { IdempotencyResultError } from '../../../src/index.js';

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

class VaultError extends Error {
  readonly #seal = { name: 'Vault', code: 'E_SEALED' };
  override get name(): string {
    return this.#seal.name;
  }
  get code(): string {
    return this.#seal.code;
  }
}
class SealedError extends Error {
  readonly #text = 'sealed';
  override get message(): string {
    return this.#text.slice(0, 0);
  }
}

const context: CodecContext = {
  key: 'k',
  scope: 'k',
  tenant: [],
  fence: 'f',
  kind: 'failure',
  recordBytes: 0,
  timeoutMs: 0,
};

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
    expect(second).toContain('thrown-errors.test');
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

  it('may be its own cause: a cycle ends before its second round', async () => {
    const error = new Error('a', { cause: new Error('b') });
    (error.cause as Error).cause = error;
    assert.deepEqual(await describeThrown(error), {
      name: 'Error',
      message: 'a',
      cause: { name: 'Error', message: 'b' },
    });
  });

  it('keeps eight causes', async () => {
    let error: Error = new Error('last', { cause: 'left out' });
    for (let depth = 0; depth < 9; depth++) error = new Error(`${depth}`, { cause: error });
    const messages: string[] = [];
    for (let link: unknown = await again(error); link instanceof Error; link = link.cause)
      messages.push(link.message);
    expect(messages).toEqual(['8', '7', '6', '5', '4', '3', '2', '1', '0']);
  });

  it('of many errors that have the whole as their cause takes no longer than of few', async () => {
    const aggregate = new AggregateError([], 'all');
    aggregate.errors = Array.from({ length: 40 }, (_, at) => new Error(`${at}`, { cause: aggregate }));
    const rebuilt = (await again(aggregate)) as AggregateError;
    expect(rebuilt.errors.map(({ message, cause }) => [message, cause]).at(-1)).toEqual(['39', undefined]);
    expect(rebuilt.errors.length).toBe(40);
  });

  it('is at most a hundred errors, however they hang together', async () => {
    const shared = Array.from({ length: 10 }, (_, at) => new Error(`${at}`));
    const groups = Array.from({ length: 50 }, () => new AggregateError(shared, 'group'));
    const { errors } = (await again(new AggregateError(groups, 'all'))) as AggregateError;
    // The whole is one, and each group eleven.
    expect(errors.map((group: AggregateError) => group.errors.length)).toEqual(Array(9).fill(10));
  });

  it('leaves out a cause, and a reason among several, that cannot be stored', async () => {
    const declined = new TypeError('declined', { cause: { retry: () => {} } });
    const all = new AggregateError([declined, { retry: () => {} }, 'a text'], 'all', { cause: Symbol('a') });
    assert.deepEqual(await describeThrown(all), {
      name: 'AggregateError',
      message: 'all',
      classes: ['AggregateError'],
      errors: [{ name: 'TypeError', message: 'declined', classes: ['TypeError'] }, { thrown: 'a text' }],
    });
  });

  it('has what its class reads from private members as its own', async () => {
    for (const error of [new VaultError('x'), new VaultError('')]) {
      const rebuilt = await again(error, [VaultError]);
      expect(rebuilt).toBeInstanceOf(VaultError);
      expect(rebuilt).toMatchObject({ name: 'Vault', message: error.message, code: 'E_SEALED' });
      expect(Object.keys(rebuilt)).toEqual([]);
    }
  });

  it('has an empty message that its class cannot read', async () => {
    const rebuilt = await again(new SealedError(), [SealedError]);
    expect(rebuilt).toBeInstanceOf(SealedError);
    expect(rebuilt.message).toBe('');
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

  it('that cannot be built anew is no error of JavaScript', () => {
    const description = { name: 'Error', message: 'x', classes: 5 };
    expect(() => rebuildThrown(description, [])).toThrow(
      expect.objectContaining({
        name: 'IdempotencyResultError',
        message: 'the stored error cannot be rebuilt',
        cause: expect.any(TypeError),
      }),
    );
  });

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
