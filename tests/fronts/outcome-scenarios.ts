import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import {
  IdempotencyAlreadyInProgressError,
  type IdempotencyConfigOptions,
  IdempotencyResultError,
  IdempotencyValidationError,
} from '../../src/index.js';
import { hear } from '../support/events.js';
import { makeGate, rejectionOf } from '../support/gates.js';
import { answering, ORDER, passTimeUntil, type Scenario, scenario } from './scenario.js';

/** Which outcomes are kept: failures that are final, results that are not. */

class CardDeclinedError extends Error {
  override readonly name = 'CardDeclinedError';
  readonly code: string;
  readonly declinedAt: Date;

  constructor(message: string, code: string) {
    super(message, { cause: new RangeError('not enough money', { cause: 'the account' }) });
    this.code = code;
    this.declinedAt = new Date(1_700_000_000_000);
  }

  isForGood(): boolean {
    return this.code === 'lost_card';
  }
}

const declined = (): CardDeclinedError => new CardDeclinedError('The card was declined', 'lost_card');
const finalErrors: IdempotencyConfigOptions = {
  shouldStoreError: (error) => error instanceof CardDeclinedError,
  errorClasses: [CardDeclinedError],
};
const everyError: IdempotencyConfigOptions = { shouldStoreError: () => true };

/** A function that counts its runs and throws, or returns, the next of the given. */
const throwing = (...thrown: readonly unknown[]) => {
  let runs = 0;
  return {
    run: (): unknown => {
      if (runs < thrown.length) throw thrown[runs++];
      runs++;
      return 'paid';
    },
    runs: () => runs,
  };
};

const failures: readonly Scenario[] = [
  scenario('a final error is thrown as it is, and then again, as an equal of its class', async (bench) => {
    const { make, store } = bench;
    const failure = declined();
    const { run, runs } = throwing(failure);
    const call = make(run, finalErrors);
    assert.equal(await rejectionOf(call(ORDER)), failure);
    expect(await store.statuses()).toEqual(['failed']);
    for (let round = 0; round < 2; round++) {
      const again = (await rejectionOf(call(ORDER))) as CardDeclinedError;
      assert.notEqual(again, failure);
      expect(again).toBeInstanceOf(CardDeclinedError);
      expect(again.isForGood()).toBe(true);
      assert.deepEqual({ ...again }, { ...failure });
      expect(String(again)).toBe('CardDeclinedError: The card was declined');
      expect(again.cause).toBeInstanceOf(RangeError);
      expect(again.cause).toMatchObject({ message: 'not enough money', cause: 'the account' });
    }
    expect(runs()).toBe(1);
    expect(store.requests).toEqual(['claim', 'settle', 'claim', 'claim']);
  }),

  scenario('any other error releases, and the retry runs', async ({ make, store }) => {
    const timeout = new Error('The bank did not answer');
    const { run, runs } = throwing(timeout);
    const call = make(run, finalErrors);
    assert.equal(await rejectionOf(call(ORDER)), timeout);
    expect(await store.statuses()).toEqual([]);
    expect(await call(ORDER)).toBe('paid');
    expect(runs()).toBe(2);
  }),

  scenario('shouldStoreError may be async, and gets what was thrown', async ({ make }) => {
    const seen: unknown[] = [];
    const thrown = { statusCode: 402 };
    const { run, runs } = throwing(thrown);
    const call = make(run, {
      shouldStoreError: async (error) => {
        seen.push(error);
        return true;
      },
    });
    assert.equal(await rejectionOf(call(ORDER)), thrown);
    assert.deepEqual(await rejectionOf(call(ORDER)), { statusCode: 402 });
    expect(runs()).toBe(1);
    expect(seen).toHaveLength(1);
    assert.equal(seen[0], thrown);
  }),

  ...(
    [
      ['a text', 'no oven'],
      ['an empty text', ''],
      ['undefined', undefined],
      ['null', null],
      ['0', 0],
      ['an object', { reasons: [new Date(0)] }],
    ] as const
  ).map(([name, thrown]) =>
    scenario(`${name} may be a final error as well`, async ({ make }) => {
      const { run, runs } = throwing(thrown);
      const call = make(run, everyError);
      for (let round = 0; round < 3; round++) assert.deepEqual(await rejectionOf(call(ORDER)), thrown);
      expect(runs()).toBe(1);
    }),
  ),

  scenario('P5: a shouldStoreError that throws hides nothing; the claim is released', async (bench) => {
    const { make, store } = bench;
    const failure = declined();
    const bug = new TypeError('a bug in the predicate');
    const { run, runs } = throwing(failure);
    const call = make(run, {
      shouldStoreError: () => {
        throw bug;
      },
    });
    const heard = await hear(['hookFailed', 'released', 'settled'], async () => {
      assert.equal(await rejectionOf(call(ORDER)), failure);
    });
    expect(heard.map(({ event }) => event)).toEqual(['hookFailed', 'released']);
    expect(heard[0]?.message).toMatchObject({ hook: 'shouldStoreError', error: bug });
    expect(await store.statuses()).toEqual([]);
    expect(await call(ORDER)).toBe('paid');
    expect(runs()).toBe(2);
  }),

  scenario('P5, P6: a final error leaves as it is while its settle is tried again', async (bench) => {
    const { make, store, clock } = bench;
    const failure = declined();
    const { run, runs } = throwing(failure);
    const call = make(run, finalErrors);
    store.inject({ operation: 'settle', kind: 'lose answer', times: 2 });
    assert.equal(await rejectionOf(passTimeUntil(clock, call(ORDER))), failure);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(CardDeclinedError);
    expect(runs()).toBe(1);
  }),

  scenario('P6: the settle of a final error that was sent again is settled', async ({ make, store }) => {
    const { run, runs } = throwing(declined());
    const call = make(run, finalErrors);
    store.inject({ operation: 'settle', kind: 'send again' });
    const heard = await hear(['settled', 'leaseLost'], () => rejectionOf(call(ORDER)));
    expect(heard.map(({ event }) => event)).toEqual(['settled']);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(CardDeclinedError);
    expect(runs()).toBe(1);
  }),

  scenario('P5: a final error leaves as it is when it cannot be stored at all', async (bench) => {
    const { make, store, clock } = bench;
    const failure = declined();
    const { run, runs } = throwing(failure);
    const call = make(run, finalErrors);
    store.inject({ operation: 'settle', kind: 'lose request', times: Number.POSITIVE_INFINITY });
    assert.equal(await rejectionOf(passTimeUntil(clock, call(ORDER))), failure);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyAlreadyInProgressError);
    expect(runs()).toBe(1);
  }),

  ...(
    [
      ['that has no stored form', { handle: () => 'cake' }, undefined],
      ['that is too large', new Error(randomBytes(4_500_000).toString('base64')), 'dynalite'],
    ] as const
  ).map(([name, thrown, only]) =>
    scenario(
      `P6: a final error ${name} is settled without it, and never run again`,
      async ({ make, store }) => {
        const { run, runs } = throwing(thrown);
        const call = make(run, { ...everyError, responseHook: () => 'an answer of the hook' });
        const heard = await hear(['settled', 'resultNotStored'], async () => {
          assert.equal(await rejectionOf(call(ORDER)), thrown);
        });
        expect(heard.map(({ event }) => event)).toEqual(['settled', 'resultNotStored']);
        expect(heard[0]?.message).toMatchObject({ failed: true });
        expect(await store.statuses()).toEqual(['failed']);
        for (let round = 0; round < 2; round++) {
          const refusal = await rejectionOf(call(ORDER));
          expect(refusal).toBeInstanceOf(IdempotencyResultError);
          expect(refusal).toMatchObject({ existingRecord: { isFailure: true, isResultStored: false } });
        }
        expect(runs()).toBe(1);
      },
      only,
    ),
  ),

  scenario('a final error is replayed for its window, and not to the responseHook', async (bench) => {
    const { make, clock } = bench;
    const { run, runs } = throwing(declined());
    const hooked: unknown[] = [];
    const call = make(run, {
      ...finalErrors,
      expiresAfterSeconds: 300,
      responseHook: (response) => {
        hooked.push(response);
        return response;
      },
    });
    await rejectionOf(call(ORDER));
    await clock.advance(299_999);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(CardDeclinedError);
    await clock.advance(1);
    expect(await call(ORDER)).toBe('paid');
    expect(hooked).toEqual([]);
    expect(await call(ORDER)).toBe('paid');
    expect(hooked).toEqual(['paid']);
    expect(runs()).toBe(2);
  }),

  scenario(
    'P15: final errors from the local cache cost no request, and are copies',
    async ({ make, store }) => {
      const { run, runs } = throwing(declined());
      const call = make(run, { ...finalErrors, useLocalCache: true });
      await rejectionOf(call(ORDER));
      const replays = [await rejectionOf(call(ORDER)), await rejectionOf(call(ORDER))] as CardDeclinedError[];
      for (const replay of replays) {
        expect(replay).toBeInstanceOf(CardDeclinedError);
        expect(replay.declinedAt.getTime()).toBe(1_700_000_000_000);
        replay.declinedAt.setTime(0);
      }
      expect(store.requests).toEqual(['claim', 'settle']);
      expect(runs()).toBe(1);
    },
  ),

  scenario('P13: a final error answers no other payload', async ({ make }) => {
    const { run, runs } = throwing(declined());
    const call = make(run, {
      ...finalErrors,
      eventKeyJmesPath: 'orderId',
      payloadValidationJmesPath: 'amount',
    });
    await rejectionOf(call(ORDER));
    const refusal = (await rejectionOf(call({ ...ORDER, amount: 1 }))) as IdempotencyValidationError;
    expect(refusal).toBeInstanceOf(IdempotencyValidationError);
    const { existingRecord: record } = refusal;
    expect(record?.getStatus()).toBe('COMPLETED');
    expect(record?.getResponse()).toBeUndefined();
    expect(record?.failure).toBeInstanceOf(CardDeclinedError);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(CardDeclinedError);
    expect(runs()).toBe(1);
  }),

  scenario('a duplicate that waits gets the final error of the first', async ({ make, store, clock }) => {
    const [started, finish] = [makeGate(), makeGate<string>()];
    let runs = 0;
    const call = make(
      () => {
        runs++;
        started.open();
        return finish.promise;
      },
      { ...finalErrors, inProgress: { waitMs: 20_000 } },
    );
    const first = call(ORDER);
    await started.promise;
    const duplicate = call(ORDER);
    duplicate.catch(() => {}); // Looked at below.
    for (let ms = 0; ms < 5_000 && !store.requests.includes('read'); ms++) await clock.advance(1);
    const failure = declined();
    finish.fail(failure);
    assert.equal(await rejectionOf(first), failure);
    expect(await rejectionOf(passTimeUntil(clock, duplicate))).toBeInstanceOf(CardDeclinedError);
    expect(runs).toBe(1);
  }),

  scenario("P4: a stale run that returns finds another's final error, and throws that", async (bench) => {
    const { make, store, clock, retryAfterMs } = bench;
    const [started, finish] = [makeGate(), makeGate<string>()];
    let runs = 0;
    const call = make(() => {
      started.open();
      if (++runs === 1) return finish.promise;
      throw declined();
    }, finalErrors);
    const stale = call(ORDER);
    await started.promise;
    await clock.advance(retryAfterMs);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(CardDeclinedError);
    finish.open('of the first run');
    expect(await rejectionOf(stale)).toBeInstanceOf(CardDeclinedError);
    expect(await store.statuses()).toEqual(['failed']);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(CardDeclinedError);
    expect(runs).toBe(2);
  }),

  scenario(
    'P4, P5: a stale run that throws changes nothing, and its caller gets its error',
    async (bench) => {
      const { make, store, clock, retryAfterMs } = bench;
      const [started, finish] = [makeGate(), makeGate<string>()];
      let runs = 0;
      const call = make(() => {
        started.open();
        return ++runs === 1 ? finish.promise : 'of the second run';
      }, finalErrors);
      const stale = call(ORDER);
      await started.promise;
      await clock.advance(retryAfterMs);
      expect(await call(ORDER)).toBe('of the second run');
      const failure = declined();
      const heard = await hear(['leaseLost', 'settled'], async () => {
        finish.fail(failure);
        assert.equal(await rejectionOf(stale), failure);
      });
      expect(heard.map(({ event }) => event)).toEqual(['leaseLost']);
      expect(await store.statuses()).toEqual(['done']);
      expect(await call(ORDER)).toBe('of the second run');
      expect(runs).toBe(2);
    },
  ),
];

const isFine: IdempotencyConfigOptions = {
  shouldStoreResult: (result) => (result as { statusCode: number }).statusCode < 500,
};

const results: readonly Scenario[] = [
  scenario('a result that is not to be stored is returned, and the retry runs', async ({ make, store }) => {
    const { run, runs } = answering({ statusCode: 503 }, { statusCode: 503 }, { statusCode: 201 });
    const call = make(run, isFine);
    const heard = await hear(['released', 'settled', 'resultNotStored'], async () => {
      assert.deepEqual(await call(ORDER), { statusCode: 503 });
    });
    expect(heard.map(({ event }) => event)).toEqual(['released']);
    expect(await store.statuses()).toEqual([]);
    assert.deepEqual(await call(ORDER), { statusCode: 503 });
    assert.deepEqual(await call(ORDER), { statusCode: 201 });
    assert.deepEqual(await call(ORDER), { statusCode: 201 });
    expect(runs()).toBe(3);
    expect(store.requests).toEqual(['claim', 'release', 'claim', 'release', 'claim', 'settle', 'claim']);
  }),

  scenario('shouldStoreResult may be async', async ({ make }) => {
    const { run, runs } = answering('no', 'yes', 'never');
    const call = make(run, { shouldStoreResult: async (result) => result === 'yes' });
    expect(await call(ORDER)).toBe('no');
    expect(await call(ORDER)).toBe('yes');
    expect(await call(ORDER)).toBe('yes');
    expect(runs()).toBe(2);
  }),

  scenario('P6: a shouldStoreResult that throws lets nothing run again', async ({ make }) => {
    const bug = new TypeError('a bug in the predicate');
    const { run, runs } = answering('paid', 'paid twice');
    const call = make(run, {
      shouldStoreResult: () => {
        throw bug;
      },
    });
    const heard = await hear(['hookFailed', 'settled'], async () => {
      expect(await call(ORDER)).toBe('paid');
    });
    expect(heard.map(({ event }) => event)).toEqual(['hookFailed', 'settled']);
    expect(heard[0]?.message).toMatchObject({ hook: 'shouldStoreResult', error: bug });
    expect(await call(ORDER)).toBe('paid');
    expect(runs()).toBe(1);
  }),

  scenario('a result that is not to be stored is returned, whatever the store does', async (bench) => {
    const { make, store } = bench;
    const call = make(answering({ statusCode: 503 }).run, isFine);
    store.inject({ operation: 'release', kind: 'lose request' });
    assert.deepEqual(await call(ORDER), { statusCode: 503 });
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyAlreadyInProgressError);
  }),

  scenario(
    "P4: a stale run's result that is not to be stored gives way to the stored outcome",
    async (bench) => {
      const { make, clock, retryAfterMs } = bench;
      const [started, finish] = [makeGate(), makeGate<object>()];
      let runs = 0;
      const call = make(() => {
        started.open();
        return ++runs === 1 ? finish.promise : { statusCode: 201 };
      }, isFine);
      const stale = call(ORDER);
      await started.promise;
      await clock.advance(retryAfterMs);
      assert.deepEqual(await call(ORDER), { statusCode: 201 });
      finish.open({ statusCode: 503 });
      assert.deepEqual(await stale, { statusCode: 201 });
      assert.deepEqual(await call(ORDER), { statusCode: 201 });
      expect(runs).toBe(2);
    },
  ),
];

const keyOnly: IdempotencyConfigOptions = { storeResult: false };

const keysOnly: readonly Scenario[] = [
  ...(
    [
      ['a result', { paymentId: 'p-1' }],
      ['a result without a stored form', () => 'cake'],
    ] as const
  ).map(([name, value]) =>
    scenario(
      `storeResult false: the first caller gets ${name}, and no other does`,
      async ({ make, store }) => {
        const { run, runs } = answering(value, 'a second run');
        const call = make(run, keyOnly);
        const heard = await hear(['settled', 'resultNotStored'], async () => {
          assert.equal(await call(ORDER), value);
        });
        expect(heard.map(({ event }) => event)).toEqual(['settled']);
        for (let round = 0; round < 2; round++) assert.equal(await call(ORDER), undefined);
        expect(runs()).toBe(1);
        const [record] = await store.records();
        expect(record).toMatchObject({ status: 'done', result: { stored: false } });
        expect(store.requests).toEqual(['claim', 'settle', 'claim', 'claim']);
      },
    ),
  ),

  scenario('storeResult false: a responseHook answers', async ({ make }) => {
    const { run, runs } = answering({ paymentId: 'p-1' });
    const call = make(run, {
      ...keyOnly,
      useLocalCache: true,
      responseHook: (response, { isResultStored }) => ({ response, isResultStored }),
    });
    assert.deepEqual(await call(ORDER), { paymentId: 'p-1' });
    assert.deepEqual(await call(ORDER), { response: undefined, isResultStored: false });
    expect(runs()).toBe(1);
  }),

  scenario('storeResult false: what was stored before is replayed', async ({ make }) => {
    const { run, runs } = answering({ paymentId: 'p-1' });
    await make(run)(ORDER);
    assert.deepEqual(await make(run, keyOnly)(ORDER), { paymentId: 'p-1' });
    expect(runs()).toBe(1);
  }),

  scenario('storeResult false: who expects a result is not given undefined for one', async ({ make }) => {
    const { run, runs } = answering({ paymentId: 'p-1' });
    await make(run, keyOnly)(ORDER);
    const refusal = await rejectionOf(make(run)(ORDER));
    expect(refusal).toBeInstanceOf(IdempotencyResultError);
    expect(refusal).toMatchObject({ message: expect.stringContaining('`storeResult` is false') });
    expect(runs()).toBe(1);
  }),

  scenario('storeResult false: final errors are stored, as they were chosen', async ({ make }) => {
    const { run, runs } = throwing(declined());
    const call = make(run, { ...keyOnly, ...finalErrors });
    for (let round = 0; round < 3; round++) {
      expect(await rejectionOf(call(ORDER))).toBeInstanceOf(CardDeclinedError);
    }
    expect(runs()).toBe(1);
  }),
];

export const outcomeScenarios: readonly Scenario[] = [...failures, ...results, ...keysOnly];
