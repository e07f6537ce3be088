import assert from 'node:assert/strict';
import { describe, expect, it } from '@jest/globals';
import { expectTypeOf } from 'expect-type';
import type { EncodedResult, ResultCodec } from '../../src/core/protocol/codec.js';
import { makeIdempotent } from '../../src/index.js';
import { type ModelFunctions, serialized, typedJson } from '../../src/results/index.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { claimOf } from './codecs.js';

class Money {
  readonly #cents: bigint;
  constructor(cents: bigint) {
    this.#cents = cents;
  }
  get cents(): bigint {
    return this.#cents;
  }
}

const money = serialized({
  serialize: (value: Money) => ({ cents: value.cents }),
  deserialize: ({ cents }) => new Money(cents),
});
const failing = (name: 'serialize' | 'deserialize', error: unknown): ResultCodec =>
  serialized({
    serialize: (value: unknown) => value,
    deserialize: (data: unknown) => data,
    [name]: () => {
      throw error;
    },
  });
const decode = async (codec: ResultCodec, encoded: EncodedResult) => codec.decode(encoded, claimOf());

describe('serialized', () => {
  it('replays instances of a class', async () => {
    let runs = 0;
    const pay = makeIdempotent(
      async (_: number) => {
        runs++;
        return new Money(2n ** 70n);
      },
      { persistenceStore: new MemoryPersistenceLayer(), keyPrefix: 'pay', config: { codec: money } },
    );
    const [first, replay] = [await pay(1), await pay(1)];
    expect(runs).toBe(1);
    assert.notEqual(replay, first);
    expect(replay).toBeInstanceOf(Money);
    expect(replay.cents).toBe(2n ** 70n);
  });

  it('has types: what one function makes, the other takes', () => {
    expectTypeOf(serialized<Money, string>)
      .parameter(0)
      .toEqualTypeOf<ModelFunctions<Money, string>>();
    serialized({
      // @ts-expect-error it is a bigint that `deserialize` takes
      serialize: (value: Money) => value.cents.toString(),
      deserialize: (cents: bigint) => new Money(cents),
    });
    serialized({
      serialize: (value: Money) => value.cents,
      // @ts-expect-error it is money that the caller expects
      deserialize: (cents: bigint) => cents,
    });
  });

  it('leaves failures alone: what was thrown is no model', async () => {
    const encoded = await money.encode({ name: 'OutOfFlour' }, claimOf({ kind: 'failure' }));
    expect(encoded).toEqual({ codec: 'json', data: '{"name":"OutOfFlour"}' });
    expect(await money.decode(encoded, claimOf({ kind: 'failure' }))).toEqual({ name: 'OutOfFlour' });
  });

  it('reads what was stored before as it was returned then, and is not read without its functions', async () => {
    expect(await decode(money, { codec: 'json', data: '{"cents":1}' })).toEqual({ cents: 1 });
    const encoded = await money.encode(new Money(1n), claimOf());
    expect(encoded.codec).toBe('serialized+typed');
    await expect(decode(typedJson, encoded)).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message:
        'the stored result was written by codec `serialized+typed`, which the current codec cannot read',
    });
  });

  it('P16: tells which function threw, and not what', async () => {
    const error = new Error('secret');
    await expect((async () => failing('serialize', error).encode(1, claimOf()))()).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: 'the function `serialize` threw',
      cause: error,
    });
    const encoded = await failing('deserialize', error).encode(1, claimOf());
    await expect(decode(failing('deserialize', error), encoded)).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: 'the function `deserialize` threw',
      cause: error,
    });
  });

  it.each([
    [{}, /`serialize` is missing/],
    [{ serialize: String }, /`deserialize` is missing/],
    [{ serialize: 1, deserialize: String }, /`serialize` must be a function/],
    [{ serialize: String, deserialize: String, fromJson: String }, /unknown option `fromJson`/],
  ])('%j is refused', (functions, message) => {
    expect(() => serialized(functions as never)).toThrow(message);
  });
});
