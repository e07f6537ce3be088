import assert from 'node:assert/strict';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { PersistenceStore } from '../../src/core/protocol/store.js';
import {
  IdempotencyAlreadyInProgressError,
  IdempotencyKeyError,
  IdempotencyPersistenceLayerError,
  type IdempotencyRecord,
  IdempotencyResultError,
  IdempotencyValidationError,
} from '../../src/index.js';
import {
  type LeanClientConfig,
  DynamoDBPersistenceLayer as LiteLayer,
} from '../../src/stores/dynamodb/lite-layer.js';
import { DynamoDBPersistenceLayer } from '../../src/stores/dynamodb/sdk-layer.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { createIdempotency, ManualClock } from '../../src/testing/index.js';
import type { LocalDatabase } from '../support/dynalite.js';
import { makeGate, rejectionOf } from '../support/gates.js';
import { noise } from '../support/noise.js';
import { SpyStore } from '../support/spy-store.js';
import { clientFor, createTable, settingsFor, testEndpoint } from '../support/tables.js';
import { attemptScenarios } from './attempt-scenarios.js';
import type { Front, Order, Run } from './fronts.js';
import { outcomeScenarios } from './outcome-scenarios.js';
import { readFirstScenarios } from './read-first-scenarios.js';
import { answering, type Bench, ORDER, passTimeUntil, type Scenario, scenario } from './scenario.js';

const firstRuns: readonly Scenario[] = [
  scenario('one run, and a replay equal to its answer', async ({ make, store }) => {
    const { run, runs } = answering({ paymentId: 'p-1', items: [{ cake: 'lemon' }], note: null });
    const call = make(run);
    const first = await call({ ...ORDER });
    assert.deepEqual(first, { paymentId: 'p-1', items: [{ cake: 'lemon' }], note: null });
    expect(await store.statuses()).toEqual(['done']);
    for (let i = 0; i < 3; i++) assert.deepEqual(await call({ ...ORDER }), first);
    expect(runs()).toBe(1);
    expect(store.requests).toEqual(['claim', 'settle', 'claim', 'claim', 'claim']);
  }),

  scenario('another payload is another call', async ({ make }) => {
    const { run, runs } = answering('lemon', 'apple');
    const call = make(run);
    expect(await call({ cake: 'lemon' })).toBe('lemon');
    expect(await call({ cake: 'apple' })).toBe('apple');
    expect(await call({ cake: 'lemon' })).toBe('lemon');
    expect(runs()).toBe(2);
  }),

  scenario('the order of members is not part of the payload', async ({ make }) => {
    const { run, runs } = answering('once');
    const call = make(run);
    await call({ a: 1, b: { c: 2, d: 3 } });
    expect(await call({ b: { d: 3, c: 2 }, a: 1 })).toBe('once');
    expect(runs()).toBe(1);
  }),

  ...[undefined, null, 0, '', false].map((value) =>
    scenario(`${JSON.stringify(value)} is a result like any other`, async ({ make }) => {
      const { run, runs } = answering(value, 'a second run');
      const call = make(run);
      assert.equal(await call(ORDER), value);
      assert.equal(await call(ORDER), value);
      expect(runs()).toBe(1);
    }),
  ),

  scenario('a replay has the types of the first answer', async ({ make }) => {
    const rich = (): object => ({
      at: new Date(1_700_000_000_000),
      seats: new Map([['1A', { taken: true }]]),
      tags: new Set(['a', 'b']),
      cents: 9_007_199_254_740_993n,
      rates: [Number.NaN, Number.POSITIVE_INFINITY, -0],
      open: undefined,
      bytes: Buffer.from('cake'),
    });
    const { run, runs } = answering(rich());
    const call = make(run);
    assert.deepEqual(await call(ORDER), rich());
    assert.deepEqual(await call(ORDER), rich());
    expect(runs()).toBe(1);
  }),
];

const failures: readonly Scenario[] = [
  ...(
    [
      ['an Error', new TypeError('no oven')],
      ['a plain object', { statusCode: 409 }],
      ['a string', 'no oven'],
      ['undefined', undefined],
      ['null', null],
    ] as const
  ).map(([name, thrown]) =>
    scenario(`${name} that is thrown comes out as it is, and the retry runs`, async (bench) => {
      const { make, store } = bench;
      let runs = 0;
      const call = make(() => {
        if (++runs === 1) throw thrown;
        return 'baked';
      });
      assert.equal(await rejectionOf(call(ORDER)), thrown);
      expect(await store.statuses()).toEqual([]);
      expect(await call(ORDER)).toBe('baked');
      expect(await call(ORDER)).toBe('baked');
      expect(runs).toBe(2);
    }),
  ),

  scenario('a release that fails does not hide what was thrown', async (bench) => {
    const { make, store, clock, retryAfterMs } = bench;
    const failure = new Error('no oven');
    let runs = 0;
    const call = make(() => {
      if (++runs === 1) throw failure;
      return 'baked';
    });
    store.inject({ operation: 'release', kind: 'lose request' });
    assert.equal(await rejectionOf(call(ORDER)), failure);
    // Nobody could free the claim: it stands until its lease and the margin are over, to the millisecond.
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyAlreadyInProgressError);
    await clock.advance(retryAfterMs - 1);
    expect(await rejectionOf(call(ORDER))).toMatchObject({ retryAfterMs: 1 });
    await clock.advance(1);
    expect(await call(ORDER)).toBe('baked');
    expect(runs).toBe(2);
  }),

  scenario('a thrown error that is named like one of the library decides nothing', async ({ make }) => {
    const failure = Object.assign(new Error('not ours'), { name: 'IdempotencyInconsistentStateError' });
    let runs = 0;
    const call = make(() => {
      runs++;
      throw failure;
    });
    assert.equal(await rejectionOf(call(ORDER)), failure);
    expect(runs).toBe(1);
  }),
];

const duplicates: readonly Scenario[] = [
  scenario('a duplicate is refused while the first runs, and frees nothing', async (bench) => {
    const { make, store, retryAfterMs } = bench;
    const [started, finish] = [makeGate(), makeGate<string>()];
    let runs = 0;
    const call = make(() => {
      runs++;
      started.open();
      return finish.promise;
    });
    const first = call(ORDER);
    await started.promise;
    // The third is refused as the second is: the second's rejection has not freed the first's claim.
    for (let duplicate = 2; duplicate <= 3; duplicate++) {
      const refusal = await rejectionOf(call(ORDER));
      expect(refusal).toBeInstanceOf(IdempotencyAlreadyInProgressError);
      expect(refusal).toMatchObject({ code: 'IDEMPOTENCY_ALREADY_IN_PROGRESS', retryAfterMs });
      expect(await store.statuses()).toEqual(['running']);
    }
    finish.open('baked');
    expect(await first).toBe('baked');
    expect(await call(ORDER)).toBe('baked');
    expect(runs).toBe(1);
  }),

  scenario(
    'the first may still fail after a duplicate was refused, and then the retry runs',
    async (bench) => {
      const { make, store } = bench;
      const [started, finish] = [makeGate(), makeGate<string>()];
      let runs = 0;
      const call = make(() => {
        started.open();
        return ++runs === 1 ? finish.promise : 'baked';
      });
      const first = call(ORDER);
      await started.promise;
      expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyAlreadyInProgressError);
      const failure = new Error('no oven');
      finish.fail(failure);
      assert.equal(await rejectionOf(first), failure);
      expect(await store.statuses()).toEqual([]);
      expect(await call(ORDER)).toBe('baked');
      expect(runs).toBe(2);
    },
  ),

  scenario('of twenty at once, one runs and nineteen are refused', async ({ make }) => {
    const [started, finish] = [makeGate(), makeGate<string>()];
    let runs = 0;
    const call = make(() => {
      runs++;
      started.open();
      return finish.promise;
    });
    let refused = 0;
    const allRefused = makeGate();
    const answers = Array.from({ length: 20 }, async () => {
      try {
        return await call(ORDER);
      } catch (error) {
        expect(error).toBeInstanceOf(IdempotencyAlreadyInProgressError);
        if (++refused === 19) allRefused.open();
        return 'refused';
      }
    });
    await allRefused.promise;
    finish.open('baked');
    expect((await Promise.all(answers)).filter((answer) => answer === 'baked')).toHaveLength(1);
    expect(runs).toBe(1);
  }),

  scenario('two payloads at once keep their own answers', async ({ make }) => {
    const answers: Record<string, ReturnType<typeof makeGate<string>>> = {
      lemon: makeGate(),
      apple: makeGate(),
    };
    let runs = 0;
    const call = make(({ cake }: Order) => {
      runs++;
      return answers[String(cake)]?.promise;
    });
    const both = Promise.all([call({ cake: 'lemon' }), call({ cake: 'apple' })]);
    answers['apple']?.open('an apple cake');
    answers['lemon']?.open('a lemon cake');
    expect(await both).toEqual(['a lemon cake', 'an apple cake']);
    expect(await call({ cake: 'apple' })).toBe('an apple cake');
    expect(await call({ cake: 'lemon' })).toBe('a lemon cake');
    expect(runs).toBe(2);
  }),

  scenario('a duplicate that waits gets the answer of the first', async ({ make, store, clock }) => {
    const [started, finish] = [makeGate(), makeGate<string>()];
    let runs = 0;
    const call = make(
      () => {
        runs++;
        started.open();
        return finish.promise;
      },
      { inProgress: { waitMs: 20_000 } },
    );
    const first = call(ORDER);
    await started.promise;
    const duplicate = call(ORDER);
    duplicate.catch(() => {}); // Not waiting is a rejection; it is looked at below.
    for (let ms = 0; ms < 5_000 && !store.requests.includes('read'); ms++) await clock.advance(1);
    expect(store.requests).toContain('read');
    finish.open('baked');
    expect(await first).toBe('baked');
    expect(await passTimeUntil(clock, duplicate)).toBe('baked');
    expect(runs).toBe(1);
  }),

  scenario('after a take-over the first run can neither overwrite nor free', async (bench) => {
    const { make, store, clock, retryAfterMs } = bench;
    const finishes = [makeGate<string>(), makeGate<string>()];
    const starts = [makeGate(), makeGate()];
    let runs = 0;
    const call = make(() => {
      starts[runs]?.open();
      return finishes[runs++]?.promise;
    });
    const stale = call(ORDER);
    await starts[0]?.promise;
    await clock.advance(retryAfterMs);
    const second = call(ORDER);
    await starts[1]?.promise;
    finishes[0]?.fail(new Error('late'));
    expect(await rejectionOf(stale)).toMatchObject({ message: 'late' });
    expect(await store.statuses()).toEqual(['running']);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyAlreadyInProgressError);
    finishes[1]?.open('of the second run');
    expect(await second).toBe('of the second run');
    expect(await call(ORDER)).toBe('of the second run');
    expect(runs).toBe(2);
  }),

  scenario('a run that ends after its successor gives its caller the stored outcome', async (bench) => {
    const { make, clock, retryAfterMs } = bench;
    const [started, finish] = [makeGate(), makeGate<string>()];
    let runs = 0;
    const call = make(() => {
      started.open();
      return ++runs === 1 ? finish.promise : 'of the second run';
    });
    const stale = call(ORDER);
    await started.promise;
    await clock.advance(retryAfterMs);
    expect(await call(ORDER)).toBe('of the second run');
    finish.open('of the first run');
    expect(await stale).toBe('of the second run');
    expect(await call(ORDER)).toBe('of the second run');
    expect(runs).toBe(2);
  }),
];

const payloads: readonly Scenario[] = [
  scenario('another payload under the same key is refused while the first runs, and after', async (bench) => {
    const { make, store } = bench;
    const [started, finish] = [makeGate(), makeGate<string>()];
    let runs = 0;
    const call = make(
      () => {
        runs++;
        started.open();
        return finish.promise;
      },
      { eventKeyJmesPath: 'orderId', payloadValidationJmesPath: 'amount' },
    );
    const tampered = { ...ORDER, amount: 4_200 };
    const first = call(ORDER);
    await started.promise;
    expect(await rejectionOf(call(tampered))).toBeInstanceOf(IdempotencyValidationError);
    expect(await store.statuses()).toEqual(['running']);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyAlreadyInProgressError);
    finish.open('paid');
    expect(await first).toBe('paid');
    expect(await rejectionOf(call(tampered))).toMatchObject({ code: 'IDEMPOTENCY_VALIDATION' });
    expect(await store.statuses()).toEqual(['done']);
    // What is not validated may differ; the identical retry is still answered.
    expect(await call({ ...ORDER, cake: 'apple' })).toBe('paid');
    expect(await call(ORDER)).toBe('paid');
    expect(runs).toBe(1);
  }),

  scenario('a function that changes its event changes nothing of its key', async ({ make, store }) => {
    let runs = 0;
    const call = make(
      (order) => {
        runs++;
        order['orderId'] = 'changed';
        order['amount'] = 0;
        delete order['cake'];
        return 'baked';
      },
      { payloadValidationJmesPath: 'amount' },
    );
    expect(await call({ ...ORDER })).toBe('baked');
    expect(await store.statuses()).toEqual(['done']);
    expect(await call({ ...ORDER })).toBe('baked');
    expect(runs).toBe(1);
  }),

  scenario('a function that changes its event and throws frees its own claim', async ({ make, store }) => {
    let runs = 0;
    const call = make((order) => {
      order['orderId'] = 'changed';
      if (++runs === 1) throw new Error('no oven');
      return 'baked';
    });
    await rejectionOf(call({ ...ORDER }));
    expect(await store.statuses()).toEqual([]);
    expect(await call({ ...ORDER })).toBe('baked');
    expect(runs).toBe(2);
  }),
];

const keys: readonly Scenario[] = [
  scenario('a missing key runs unprotected, and nothing is stored', async ({ make, store }) => {
    const { run, runs } = answering('one', 'two', 'three');
    const call = make(run, { eventKeyJmesPath: 'orderId' });
    expect(await call({ cake: 'lemon' })).toBe('one');
    expect(await call({ cake: 'lemon' })).toBe('two');
    expect(await call({ orderId: null })).toBe('three');
    expect(runs()).toBe(3);
    expect(store.requests).toEqual([]);
  }),

  scenario(
    'a missing key with throwOnNoIdempotencyKey is an IdempotencyKeyError, and nothing runs',
    async (bench) => {
      const { make, store } = bench;
      const { run, runs } = answering();
      const call = make(run, { eventKeyJmesPath: 'orderId', throwOnNoIdempotencyKey: true });
      const refusal = await rejectionOf(call({ cake: 'lemon' }));
      expect(refusal).toBeInstanceOf(IdempotencyKeyError);
      expect(refusal).toMatchObject({ name: 'IdempotencyKeyError', code: 'IDEMPOTENCY_KEY' });
      expect(runs()).toBe(0);
      expect(store.requests).toEqual([]);
    },
  ),

  scenario('a composite key with a part missing is a missing key', async ({ make, store }) => {
    const parts = { eventKeyJmesPath: '[userId, orderId]' };
    const { run, runs } = answering("alice's", "bob's", 'whole');
    const lenient = make(run, parts);
    expect(await lenient({ cake: 'lemon', name: 'alice' })).toBe("alice's");
    expect(await lenient({ userId: 'bob' })).toBe("bob's");
    expect(store.requests).toEqual([]);
    expect(await lenient({ userId: 'bob', orderId: 1 })).toBe('whole');
    expect(await lenient({ userId: 'bob', orderId: 1 })).toBe('whole');
    expect(runs()).toBe(3);
  }),

  scenario('a composite key with a part missing is refused on demand', async ({ make, store }) => {
    const { run, runs } = answering();
    const call = make(run, { eventKeyJmesPath: '[userId, orderId]', throwOnNoIdempotencyKey: true });
    for (const order of [{}, { userId: 'bob' }, { orderId: 1 }, { userId: null, orderId: 1 }]) {
      expect(await rejectionOf(call(order))).toBeInstanceOf(IdempotencyKeyError);
    }
    expect(runs()).toBe(0);
    expect(store.requests).toEqual([]);
  }),

  scenario('0 and false are keys, each its own, and what is empty is none', async ({ make }) => {
    const values = [0, false, [0], { count: 0 }];
    const { run, runs } = answering(0, 1, 2, 3);
    const call = make(run, { eventKeyJmesPath: 'orderId', throwOnNoIdempotencyKey: true });
    for (const orderId of values) await call({ orderId });
    for (const [index, orderId] of values.entries()) expect(await call({ orderId, again: true })).toBe(index);
    for (const orderId of ['', [], {}, ['']]) {
      const error = await rejectionOf(call({ orderId }));
      expect(error).toBeInstanceOf(IdempotencyKeyError);
      expect((error as Error).message).toContain('`orderId` found only what is empty');
    }
    expect(runs()).toBe(4);
  }),

  scenario('a falsy payload is a key; an empty one is missing', async ({ make }) => {
    const { run, runs } = answering('zero', 'no');
    const call = make(run, { throwOnNoIdempotencyKey: true });
    for (let round = 0; round < 2; round++) {
      expect(await call(0)).toBe('zero');
      expect(await call(false)).toBe('no');
    }
    const error = await rejectionOf(call(''));
    expect(error).toBeInstanceOf(IdempotencyKeyError);
    expect((error as Error).message).toContain('is missing: the payload is empty');
    expect(runs()).toBe(2);
  }),

  scenario('the key may be a function', async ({ make }) => {
    const { run, runs } = answering('first', 'second');
    const call = make(run, {
      eventKey: (payload) => [(payload as Order)['orderId'], (payload as Order)['cake']],
    });
    expect(await call({ orderId: 1, cake: 'lemon', noise: 1 })).toBe('first');
    expect(await call({ orderId: 1, cake: 'lemon', noise: 2 })).toBe('first');
    expect(await call({ orderId: 1, cake: 'apple' })).toBe('second');
    expect(runs()).toBe(2);
  }),
];

const switches: readonly Scenario[] = ['POWERTOOLS_IDEMPOTENCY_DISABLED', 'IDEMPOTENCY_DISABLED'].map(
  (name) =>
    scenario(`${name} switches it off and on again, per call`, async ({ make, store }) => {
      const { run, runs } = answering('off', 'off again', 'on');
      const call = make(run, { eventKeyJmesPath: 'orderId', throwOnNoIdempotencyKey: true });
      process.env[name] = 'true';
      expect(await call(ORDER)).toBe('off');
      expect(await call({})).toBe('off again');
      expect(store.requests).toEqual([]);
      process.env[name] = 'false';
      expect(await call(ORDER)).toBe('on');
      expect(await call(ORDER)).toBe('on');
      expect(runs()).toBe(3);
      process.env[name] = ' On ';
      await call(ORDER);
      expect(runs()).toBe(4);
    }),
);

const replays: readonly Scenario[] = [
  scenario('the window is counted from the settle, and then the function runs again', async (bench) => {
    const { make, clock } = bench;
    const { run, runs } = answering('first', 'second');
    const slow: Run = async (order) => {
      await clock.advance(20_000);
      return run(order);
    };
    const call = make(slow, { expiresAfterSeconds: 300 });
    expect(await call(ORDER)).toBe('first');
    await clock.advance(299_999);
    expect(await call(ORDER)).toBe('first');
    await clock.advance(1);
    expect(await call(ORDER)).toBe('second');
    expect(await call(ORDER)).toBe('second');
    expect(runs()).toBe(2);
  }),

  scenario('replays from the local cache cost no request, and are copies', async ({ make, store, clock }) => {
    const { run, runs } = answering({ cake: 'lemon', tags: ['a'] }, 'a second run');
    const call = make(run, { useLocalCache: true, expiresAfterSeconds: 300 });
    const first = (await call(ORDER)) as Order;
    expect(store.requests).toEqual(['claim', 'settle']);
    first['cake'] = 'eaten';
    for (let round = 0; round < 3; round++) {
      const replay = (await call(ORDER)) as Order;
      assert.deepEqual(replay, { cake: 'lemon', tags: ['a'] });
      replay['cake'] = 'eaten';
      (replay['tags'] as string[]).push('eaten');
    }
    expect(store.requests).toEqual(['claim', 'settle']);
    expect(runs()).toBe(1);
    await clock.advance(300_000);
    expect(await call(ORDER)).toBe('a second run');
  }),

  scenario('without the local cache replays are copies, too', async ({ make }) => {
    const { run } = answering({ cake: 'lemon', tags: ['a'] });
    const call = make(run);
    for (let round = 0; round < 3; round++) {
      const answer = (await call(ORDER)) as Order;
      assert.deepEqual(answer, { cake: 'lemon', tags: ['a'] });
      answer['cake'] = 'eaten';
      (answer['tags'] as string[]).push('eaten');
    }
  }),

  scenario('the local cache keeps no running record, and validates', async ({ make, store }) => {
    const [started, finish] = [makeGate(), makeGate<string>()];
    const call = make(
      () => {
        started.open();
        return finish.promise;
      },
      { useLocalCache: true, eventKeyJmesPath: 'orderId', payloadValidationJmesPath: 'amount' },
    );
    const first = call(ORDER);
    await started.promise;
    for (let duplicate = 2; duplicate <= 3; duplicate++) {
      expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyAlreadyInProgressError);
    }
    expect(store.requests).toEqual(['claim', 'claim', 'claim']);
    finish.open('paid');
    await first;
    expect(await rejectionOf(call({ ...ORDER, amount: 1 }))).toBeInstanceOf(IdempotencyValidationError);
    expect(await call(ORDER)).toBe('paid');
    expect(store.requests).toEqual(['claim', 'claim', 'claim', 'settle']);
  }),

  ...(['sync', 'async'] as const).map((kind) =>
    scenario(
      `responseHook, ${kind}, answers replays and gets Powertools' record`,
      async ({ make, store }) => {
        const seen: unknown[] = [];
        const note = (response: unknown, record: IdempotencyRecord): unknown => {
          seen.push({
            response,
            key: record.idempotencyKey,
            status: record.getStatus(),
            data: record.getResponse(),
            expiry: record.expiryTimestamp,
            hash: record.payloadHash,
            isExpired: record.isExpired(),
          });
          return { ...(response as Order), replayed: true };
        };
        const call = make(answering({ paymentId: 'p-1' }).run, {
          expiresAfterSeconds: 300,
          responseHook: kind === 'sync' ? note : async (...args) => note(...args),
        });
        assert.deepEqual(await call(ORDER), { paymentId: 'p-1' });
        expect(seen).toEqual([]);
        assert.deepEqual(await call(ORDER), { paymentId: 'p-1', replayed: true });
        assert.deepEqual(await call(ORDER), { paymentId: 'p-1', replayed: true });
        const [record] = await store.records();
        expect(seen).toHaveLength(2);
        expect(seen[1]).toEqual({
          response: { paymentId: 'p-1' },
          key: record?.key,
          status: 'COMPLETED',
          data: { paymentId: 'p-1' },
          expiry: 1_700_000_300,
          hash: undefined,
          isExpired: false,
        });
      },
    ),
  ),

  scenario('a responseHook that changes the response changes only this answer', async ({ make }) => {
    const call = make(answering({ count: 1 }).run, {
      useLocalCache: true,
      responseHook: (response) => {
        const counted = response as { count: number };
        counted.count++;
        return counted;
      },
    });
    await call(ORDER);
    assert.deepEqual(await call(ORDER), { count: 2 });
    assert.deepEqual(await call(ORDER), { count: 2 });
  }),
];

class Cake {
  readonly #flavour = 'lemon';
  taste(): string {
    return this.#flavour;
  }
}

const unstorable = (name: string, value: unknown, only?: 'dynalite'): readonly Scenario[] => [
  scenario(
    `${name} reaches the first caller, and is never run again`,
    async ({ make, store }) => {
      const { run, runs } = answering(value, 'a second run');
      const call = make(run);
      assert.equal(await call(ORDER), value);
      expect(await store.statuses()).toEqual(['done']);
      for (let round = 0; round < 2; round++) {
        const refusal = await rejectionOf(call(ORDER));
        expect(refusal).toBeInstanceOf(IdempotencyResultError);
        expect(refusal).toMatchObject({ code: 'IDEMPOTENCY_RESULT' });
      }
      expect(runs()).toBe(1);
    },
    only,
  ),
  scenario(
    `a responseHook may answer for ${name}`,
    async ({ make }) => {
      const { run, runs } = answering(value, 'a second run');
      const call = make(run, {
        responseHook: (response, record) => ({ response, isResultStored: record.isResultStored }),
      });
      assert.equal(await call(ORDER), value);
      assert.deepEqual(await call(ORDER), { response: undefined, isResultStored: false });
      expect(runs()).toBe(1);
    },
    only,
  ),
];

const results: readonly Scenario[] = [
  ...unstorable('an instance of a class', new Cake()),
  ...unstorable('a function', () => 'cake'),
  ...unstorable('a result of more than 4 MB', { text: noise(6_000_000) }, 'dynalite'),
];

const storeFailures: readonly Scenario[] = [
  scenario('a store that is down before the run: an error, and no run', async ({ make, store }) => {
    const { run, runs } = answering('baked');
    const call = make(run);
    store.inject({ operation: 'claim', kind: 'lose request' });
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyPersistenceLayerError);
    expect(runs()).toBe(0);
    expect(await call(ORDER)).toBe('baked');
    expect(runs()).toBe(1);
  }),

  scenario("a store that is down with whenStoreFails 'run': the function runs", async ({ make, store }) => {
    const { run, runs } = answering('unprotected', 'protected');
    const call = make(run, { whenStoreFails: 'run' });
    store.inject({ operation: 'claim', kind: 'lose request' });
    expect(await call(ORDER)).toBe('unprotected');
    expect(await store.statuses()).toEqual([]);
    expect(await call(ORDER)).toBe('protected');
    expect(await call(ORDER)).toBe('protected');
    expect(runs()).toBe(2);
  }),

  scenario('a settle is tried until the store is back, and the function is not', async (bench) => {
    const { make, store, clock } = bench;
    const { run, runs } = answering('baked');
    const call = make(run);
    store.inject({ operation: 'settle', kind: 'lose request', times: 3 });
    expect(await passTimeUntil(clock, call(ORDER))).toBe('baked');
    expect(store.requests).toEqual(['claim', 'settle', 'settle', 'settle', 'settle']);
    expect(await call(ORDER)).toBe('baked');
    expect(runs()).toBe(1);
  }),

  scenario('a claim whose answer was lost and that was sent again is won', async ({ make, store }) => {
    const { run, runs } = answering('baked');
    const call = make(run);
    store.inject({ operation: 'claim', kind: 'send again' });
    expect(await call(ORDER)).toBe('baked');
    expect(await call(ORDER)).toBe('baked');
    expect(runs()).toBe(1);
  }),

  scenario('a settle that was sent again is settled: the caller has its own value', async (bench) => {
    const { make, store } = bench;
    const cake = new Cake();
    const { run, runs } = answering(cake);
    const call = make(run);
    store.inject({ operation: 'settle', kind: 'send again' });
    assert.equal(await call(ORDER), cake);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyResultError);
    expect(runs()).toBe(1);
  }),
];

const scenarios: readonly Scenario[] = [
  ...firstRuns,
  ...failures,
  ...duplicates,
  ...payloads,
  ...keys,
  ...switches,
  ...replays,
  ...results,
  ...storeFailures,
  ...outcomeScenarios,
  ...attemptScenarios,
  ...readFirstScenarios,
];

const SWITCHES = ['POWERTOOLS_IDEMPOTENCY_DISABLED', 'IDEMPOTENCY_DISABLED'];

/** Plays every scenario over every front, on a store of the given kind. */
const describeOn = (
  kind: 'memory' | 'dynalite',
  fronts: readonly Front[],
  makeStore: () => Promise<PersistenceStore>,
): void => {
  describe.each(fronts)('$name', (front) => {
    let bench: Bench;
    beforeEach(async () => {
      const clock = new ManualClock();
      const store = new SpyStore(await makeStore());
      const idempotency = createIdempotency({ clock });
      bench = {
        store,
        clock,
        retryAfterMs: front.retryAfterMs,
        make: (run, config) =>
          front.wrap(idempotency, run, { persistenceStore: store, ...(config && { config }) }),
      };
    });
    afterEach(() => {
      for (const name of SWITCHES) delete process.env[name];
    });

    for (const { name, only, play } of scenarios) {
      if (only === undefined || only === kind) it(name, () => play(bench));
    }
  });
};

export const describeOverMemory = (fronts: readonly Front[]): void => {
  describe('over memory', () => {
    describeOn('memory', fronts, async () => new MemoryPersistenceLayer());
  });
};

export const describeOverDynalite = (fronts: readonly Front[]): void => {
  describe('over dynalite', () => {
    let database: LocalDatabase;
    let client: DynamoDBClient;
    beforeAll(async () => {
      database = await testEndpoint();
      client = clientFor(database.endpoint);
    });
    afterAll(async () => {
      client.destroy();
      await database.close();
    });

    describeOn(
      'dynalite',
      fronts,
      async () =>
        new DynamoDBPersistenceLayer({ tableName: await createTable(client), awsSdkV3Client: client }),
    );
    describe('over the lean client', () => {
      describeOn('dynalite', fronts, async () => {
        const clientConfig = settingsFor(database.endpoint) as LeanClientConfig;
        return new LiteLayer({ tableName: await createTable(client), clientConfig });
      });
    });
  });
};
