import { describe, expect, it } from '@jest/globals';
import {
  currentIdempotency,
  isInside,
  runInCall,
  surroundingContext,
} from '../../src/running/current-call.js';
import { contextWith } from '../support/contexts.js';
import { makeGate } from '../support/gates.js';

const context = contextWith(5_000);
const call = (key: string) => ({ key, scope: 'shop' });
const seen = () => [isInside(), currentIdempotency()?.key, surroundingContext()];
const OUTSIDE = [false, undefined, undefined];

describe('inside a call', () => {
  it('its key and context are seen, also after an await', async () => {
    expect(seen()).toEqual(OUTSIDE);
    const during = await runInCall(call('shop#1'), context, async () => {
      const before = seen();
      await new Promise(setImmediate);
      return [before, seen()];
    });
    expect(during).toEqual([
      [true, 'shop#1', context],
      [true, 'shop#1', context],
    ]);
    expect(seen()).toEqual(OUTSIDE);
  });

  it('an unprotected function has no key, but a context', async () => {
    expect(await runInCall(undefined, context, seen)).toEqual([true, undefined, context]);
  });

  it('the innermost call counts, and after it the outer one again', async () => {
    const keys = await runInCall(call('shop#outer'), context, async () => {
      const inner = await runInCall(call('shop#inner'), undefined, seen);
      return [inner, seen()];
    });
    expect(keys).toEqual([
      [true, 'shop#inner', undefined],
      [true, 'shop#outer', context],
    ]);
  });

  it('concurrent calls see their own', async () => {
    const gate = makeGate();
    const keyOf = async (key: string) =>
      runInCall(call(key), context, async () => {
        await gate.promise;
        return currentIdempotency()?.key;
      });
    const both = Promise.all([keyOf('shop#1'), keyOf('shop#2')]);
    gate.open();
    expect(await both).toEqual(['shop#1', 'shop#2']);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('no oven'))],
    [
      'throws at once',
      () => {
        throw new Error('no oven');
      },
    ],
  ])('a function that %s leaves nothing behind', async (_, run) => {
    await expect(runInCall(call('shop#1'), context, run)).rejects.toThrow('no oven');
    expect(seen()).toEqual(OUTSIDE);
  });
});

it('work that was not awaited is outside once nothing runs', async () => {
  const gate = makeGate();
  let late: Promise<unknown> | undefined;
  await runInCall(call('shop#1'), context, () => {
    late = gate.promise.then(seen);
  });
  gate.open();
  expect(await late).toEqual(OUTSIDE);
});
