import { describe, expect, it } from '@jest/globals';
import middy4 from 'middy-4';
import middy5 from 'middy-5';
import { makeHandlerIdempotent } from '../../src/fronts/middy.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { lambdaContext } from '../support/contexts.js';
import { rejectionOf } from '../support/gates.js';
import { SpyStore } from '../support/spy-store.js';
import type { Middy } from './fronts.js';

/** Middy before 6 does not know `earlyResponse`, which ends a request with any value. */
const versions: readonly (readonly [name: string, middy: Middy])[] = [
  ['Middy 4', middy4 as unknown as Middy],
  ['Middy 5', middy5 as unknown as Middy],
];

describe.each(versions)('makeHandlerIdempotent in %s', (_name, middy) => {
  it.each([
    ['an object', { cake: 'lemon' }, { cake: 'lemon' }],
    ['0', 0, 0],
    ['false', false, false],
    ['an empty text', '', ''],
    ['null', null, null],
    // Lambda sends null for both.
    ['nothing, which is null then', undefined, null],
  ])('a duplicate never runs, and gets what was stored: %s', async (_, answer, replayed) => {
    const store = new SpyStore(new MemoryPersistenceLayer());
    let runs = 0;
    let after = 0;
    const chain = middy(async () => {
      runs++;
      return answer;
    })
      .use(makeHandlerIdempotent({ persistenceStore: store }))
      .after(() => {
        after++;
      });
    expect(await chain({ orderId: 1 }, lambdaContext())).toEqual(answer);
    expect(await chain({ orderId: 1 }, lambdaContext())).toEqual(replayed);
    expect(await chain({ orderId: 1 }, lambdaContext())).toEqual(replayed);
    expect([runs, after]).toEqual([1, 1]);
    expect(await store.statuses()).toEqual(['done']);
  });

  it('a replay ends the request: later middlewares do not see it', async () => {
    let seen = 0;
    const chain = middy(async () => 'baked')
      .use(makeHandlerIdempotent({ persistenceStore: new MemoryPersistenceLayer() }))
      .before(() => {
        seen++;
      });
    for (let call = 0; call < 3; call++) await chain({ orderId: 1 }, lambdaContext());
    expect(seen).toBe(1);
  });

  it('a failed run is released, and the retry runs', async () => {
    let runs = 0;
    const chain = middy(async () => {
      if (++runs === 1) throw new Error('no oven');
      return 'baked';
    }).use(makeHandlerIdempotent({ persistenceStore: new MemoryPersistenceLayer() }));
    expect(await rejectionOf(chain({ orderId: 1 }, lambdaContext()))).toMatchObject({ message: 'no oven' });
    expect(await chain({ orderId: 1 }, lambdaContext())).toBe('baked');
    expect(await chain({ orderId: 1 }, lambdaContext())).toBe('baked');
    expect(runs).toBe(2);
  });
});
