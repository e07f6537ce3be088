import { describe, expect, it } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { makeIdempotent } from '../../src/index.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';

describe('a wrapped function', () => {
  const options = (): { persistenceStore: MemoryPersistenceLayer } => ({
    persistenceStore: new MemoryPersistenceLayer(),
  });

  it('keeps its name and length, which the Lambda runtime and stack traces read', () => {
    const charge = makeIdempotent(async function charge(_order: object, _currency: string) {}, options());
    expect(charge.name).toBe('charge');
    expect(charge).toHaveLength(2);
    const handler = makeIdempotent(async (_event: object, _context: Context) => {}, options());
    expect(handler.name).toBe('');
    expect(handler).toHaveLength(2);
  });

  it('keeps this, and hands every argument on', async () => {
    const till = {
      total: 40,
      add: makeIdempotent(async function add(this: { total: number }, amount: number, ...more: number[]) {
        for (const each of [amount, ...more]) this.total += each;
        return this.total;
      }, options()),
    };
    expect(await till.add(1, 2, 3)).toBe(46);
    // The first argument is the payload: the others do not count.
    expect(await till.add(1, 7)).toBe(46);
    expect(till.total).toBe(46);
  });

  it('returns a promise, also of a function that does not', async () => {
    const double = makeIdempotent(function double(n: number) {
      return n * 2;
    }, options());
    const answer = double(21);
    expect(answer).toBeInstanceOf(Promise);
    expect(await answer).toBe(42);
    expect(await double(21)).toBe(42);
  });

  it('turns what a function throws without a promise into a rejection', async () => {
    const failure = new Error('no oven');
    const bake = makeIdempotent(function bake(_n: number): string {
      throw failure;
    }, options());
    await expect(bake(1)).rejects.toBe(failure);
  });
});
