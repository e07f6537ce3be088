import { expect } from '@jest/globals';
import {
  IdempotencyAlreadyInProgressError,
  IdempotencyValidationError,
  type ReadOptions,
} from '../../src/index.js';
import { hear } from '../support/events.js';
import { makeGate, rejectionOf } from '../support/gates.js';
import type { SpyStore } from '../support/spy-store.js';
import { answering, ORDER, passTimeUntil, type Scenario, scenario } from './scenario.js';

const readFirst = { readFirst: true, expiresAfterSeconds: 300 };

/** The options of each read from now on. */
const readOptionsOf = (store: SpyStore): readonly (ReadOptions | undefined)[] => {
  const seen: (ReadOptions | undefined)[] = [];
  const read = store.read.bind(store);
  store.read = (key, options) => {
    seen.push(options);
    return read(key, options);
  };
  return seen;
};

/** An eventually consistent read before the claim. */
export const readFirstScenarios: readonly Scenario[] = [
  scenario('readFirst: a replay costs a read, a first call a read more', async ({ make, store }) => {
    const seen = readOptionsOf(store);
    const { run, runs } = answering('baked');
    const call = make(run, readFirst);
    for (let round = 0; round < 3; round++) expect(await call(ORDER)).toBe('baked');
    expect(runs()).toBe(1);
    expect(store.requests).toEqual(['read', 'claim', 'settle', 'read', 'read']);
    expect(seen).toEqual(Array(3).fill({ consistent: false }));
  }),

  scenario('readFirst: a read that is behind proves nothing', async ({ make, store }) => {
    const { run, runs } = answering('baked', 'baked twice');
    const call = make(run, readFirst);
    await call(ORDER);
    store.read = async () => undefined;
    expect(await call(ORDER)).toBe('baked');
    expect(runs()).toBe(1);
    expect(store.requests).toEqual(['read', 'claim', 'settle', 'claim']);
  }),

  scenario('readFirst: a run that is seen under way proves nothing', async ({ make, store }) => {
    const [started, finish] = [makeGate(), makeGate<string>()];
    const call = make(() => {
      started.open();
      return finish.promise;
    }, readFirst);
    const first = call(ORDER);
    await started.promise;
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyAlreadyInProgressError);
    expect(store.requests).toEqual(['read', 'claim', 'read', 'claim']);
    const [running] = await store.records();
    finish.open('baked');
    await first;
    // What was read a moment ago.
    store.read = async () => running;
    expect(await call(ORDER)).toBe('baked');
  }),

  scenario('readFirst: an outcome whose window is over is none', async ({ make, store, clock }) => {
    const { run, runs } = answering('first', 'second');
    const call = make(run, readFirst);
    await call(ORDER);
    await clock.advance(300_000);
    expect(await call(ORDER)).toBe('second');
    expect(runs()).toBe(2);
    expect(store.requests).toEqual(['read', 'claim', 'settle', 'read', 'claim', 'settle']);
  }),

  scenario('P13: readFirst: an outcome of another payload is refused', async ({ make, store }) => {
    const { run, runs } = answering('paid');
    const call = make(run, {
      ...readFirst,
      eventKeyJmesPath: 'orderId',
      payloadValidationJmesPath: 'amount',
    });
    await call(ORDER);
    expect(await rejectionOf(call({ ...ORDER, amount: 1 }))).toBeInstanceOf(IdempotencyValidationError);
    expect(await call(ORDER)).toBe('paid');
    expect(runs()).toBe(1);
    expect(store.requests).toEqual(['read', 'claim', 'settle', 'read', 'read']);
  }),

  ...(['lose request', 'hang'] as const).map((kind) =>
    scenario(`readFirst: a read that fails (${kind}) costs no call`, async ({ make, store, clock }) => {
      const { run, runs } = answering('baked');
      const call = make(run, readFirst);
      store.inject({ operation: 'read', kind, times: 2 });
      const startedAt = clock.now();
      const heard = await hear(['storeFailed'], async () => {
        expect(await passTimeUntil(clock, call(ORDER))).toBe('baked');
        expect(await passTimeUntil(clock, call(ORDER))).toBe('baked');
      });
      expect(heard.map(({ message }) => message['operation'])).toEqual(['read', 'read']);
      if (kind === 'hang') expect(clock.now() - startedAt).toBeGreaterThanOrEqual(2_000);
      expect(store.requests).toEqual(['read', 'claim', 'settle', 'read', 'claim']);
      expect(runs()).toBe(1);
    }),
  ),

  scenario('readFirst: a final error is replayed as well', async ({ make, store }) => {
    let runs = 0;
    const call = make(
      () => {
        runs++;
        throw new RangeError('no oven');
      },
      { ...readFirst, shouldStoreError: () => true },
    );
    for (let round = 0; round < 2; round++) expect(await rejectionOf(call(ORDER))).toBeInstanceOf(RangeError);
    expect(runs).toBe(1);
    expect(store.requests).toEqual(['read', 'claim', 'settle', 'read']);
  }),

  scenario('readFirst: with the local cache, what was read once is read no more', async ({ make, store }) => {
    const seen = readOptionsOf(store);
    const { run, runs } = answering('baked');
    const elsewhere = make(run);
    const call = make(run, { ...readFirst, useLocalCache: true });
    await elsewhere(ORDER);
    for (let round = 0; round < 3; round++) expect(await call(ORDER)).toBe('baked');
    expect(store.requests).toEqual(['claim', 'settle', 'read']);
    expect(seen).toEqual([{ consistent: false }]);
    expect(runs()).toBe(1);
  }),
];
