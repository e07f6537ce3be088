import assert from 'node:assert/strict';
import { expect } from '@jest/globals';
import {
  IdempotencyAlreadyInProgressError,
  IdempotencyAttemptsExhaustedError,
  type IdempotencyConfigOptions,
  IdempotencyOutcomeUnknownError,
  IdempotencyPersistenceLayerError,
  IdempotencyValidationError,
} from '../../src/index.js';
import { hear } from '../support/events.js';
import { makeGate, rejectionOf } from '../support/gates.js';
import type { SpyStore } from '../support/spy-store.js';
import { answering, ORDER, passTimeUntil, type Scenario, scenario } from './scenario.js';

/** Calls that have run without an outcome: how often they may, and whether they may again. */

/** A function that counts its runs, and of which the first so many throw. */
const failingFirst = (failures: number) => {
  let runs = 0;
  return {
    run: (): unknown => {
      if (++runs <= failures) throw new Error(`failure ${runs}`);
      return `success ${runs}`;
    },
    runs: () => runs,
  };
};

/** A function whose first run never ends, as if its host had died. */
const crashingFirst = () => {
  const started = makeGate();
  let runs = 0;
  return {
    started: started.promise,
    run: (): unknown => {
      started.open();
      return ++runs === 1 ? new Promise(() => {}) : `success ${runs}`;
    },
    runs: () => runs,
  };
};

/** What an operator does: deletes the record. */
const free = async (store: SpyStore): Promise<void> => {
  for (const { key, fence } of await store.records()) await store.release(key, fence);
  expect(await store.statuses()).toEqual([]);
  store.requests.length = 0;
};

const threeAttempts: IdempotencyConfigOptions = { maxAttempts: 3, expiresAfterSeconds: 300 };

const attempts: readonly Scenario[] = [
  scenario('a call that only throws runs maxAttempts times, and then no more', async ({ make, store }) => {
    const { run, runs } = failingFirst(Number.POSITIVE_INFINITY);
    const call = make(run, threeAttempts);
    for (let attempt = 1; attempt <= 3; attempt++) {
      expect(await rejectionOf(call(ORDER))).toMatchObject({ message: `failure ${attempt}` });
      expect(await store.records()).toMatchObject([{ status: 'running', attempts: attempt, leaseUntil: 0 }]);
    }
    const heard = await hear(['attemptsExhausted', 'claimed', 'takenOver'], async () => {
      for (let round = 0; round < 2; round++) {
        const refusal = (await rejectionOf(call(ORDER))) as IdempotencyAttemptsExhaustedError;
        expect(refusal).toBeInstanceOf(IdempotencyAttemptsExhaustedError);
        expect(refusal).toMatchObject({ code: 'IDEMPOTENCY_ATTEMPTS_EXHAUSTED', attempts: 3 });
        expect(refusal.existingRecord?.attempts).toBe(3);
      }
    });
    expect(heard.map(({ event }) => event)).toEqual(['attemptsExhausted', 'attemptsExhausted']);
    expect(heard[0]?.message).toMatchObject({ attempts: 3 });
    expect(runs()).toBe(3);
    expect(store.requests).toEqual([
      ...['claim', 'release'],
      ...['claim', 'claim', 'release'],
      ...['claim', 'claim', 'release'],
      ...['claim', 'claim'],
    ]);
  }),

  scenario('an exhausted call runs again when its window is over, counted anew', async ({ make, clock }) => {
    const { run, runs } = failingFirst(4);
    const call = make(run, { maxAttempts: 2, expiresAfterSeconds: 300 });
    await rejectionOf(call(ORDER));
    await clock.advance(100_000);
    await rejectionOf(call(ORDER));
    await clock.advance(299_999);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyAttemptsExhaustedError);
    await clock.advance(1);
    expect(await rejectionOf(call(ORDER))).toMatchObject({ message: 'failure 3' });
    expect(await rejectionOf(call(ORDER))).toMatchObject({ message: 'failure 4' });
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyAttemptsExhaustedError);
    expect(runs()).toBe(4);
  }),

  scenario('an exhausted call runs again when its record is deleted', async ({ make, store }) => {
    const { run, runs } = failingFirst(1);
    const call = make(run, { maxAttempts: 1 });
    await rejectionOf(call(ORDER));
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyAttemptsExhaustedError);
    await free(store);
    expect(await call(ORDER)).toBe('success 2');
    expect(runs()).toBe(2);
  }),

  scenario('an attempt that succeeds is the outcome', async ({ make, store }) => {
    const { run, runs } = failingFirst(2);
    const call = make(run, threeAttempts);
    await rejectionOf(call(ORDER));
    await rejectionOf(call(ORDER));
    const heard = await hear(['claimed', 'takenOver'], async () => {
      expect(await call(ORDER)).toBe('success 3');
    });
    // What was given up was no crash.
    expect(heard.map(({ event, message }) => [event, message['attempts']])).toEqual([['claimed', 3]]);
    expect(await store.records()).toMatchObject([{ status: 'done', attempts: 3 }]);
    expect(await call(ORDER)).toBe('success 3');
    expect(runs()).toBe(3);
  }),

  scenario('a window after an outcome counts anew', async ({ make, clock }) => {
    let runs = 0;
    const call = make(
      () => {
        if (++runs !== 2) throw new Error(`failure ${runs}`);
        return 'success 2';
      },
      { maxAttempts: 2, expiresAfterSeconds: 300 },
    );
    await rejectionOf(call(ORDER));
    expect(await call(ORDER)).toBe('success 2');
    await clock.advance(300_000);
    expect(await rejectionOf(call(ORDER))).toMatchObject({ message: 'failure 3' });
    expect(await rejectionOf(call(ORDER))).toMatchObject({ message: 'failure 4' });
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyAttemptsExhaustedError);
  }),

  scenario('a run that is cut off counts', async ({ make, store, clock, retryAfterMs }) => {
    const { run, runs, started } = crashingFirst();
    const call = make(run, { maxAttempts: 1, expiresAfterSeconds: 1 });
    void call(ORDER);
    await started;
    await clock.advance(retryAfterMs - 1);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyAlreadyInProgressError);
    await clock.advance(1);
    // The window is shorter than the lease: it is counted from the lease's end.
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyAttemptsExhaustedError);
    expect(runs()).toBe(1);
    // Up to the next whole second.
    await clock.advance(1_500);
    expect(await call(ORDER)).toBe('success 2');
    expect(await store.records()).toMatchObject([{ status: 'done', attempts: 1 }]);
  }),

  scenario('P4: after a counted take-over, the run that was cut off can do nothing', async (bench) => {
    const { make, store, clock, retryAfterMs } = bench;
    const [starts, finishes] = [
      [makeGate(), makeGate()],
      [makeGate<string>(), makeGate<string>()],
    ];
    let runs = 0;
    const call = make(() => {
      starts[runs]?.open();
      return finishes[runs++]?.promise;
    }, threeAttempts);
    const stale = call(ORDER);
    await starts[0]?.promise;
    await clock.advance(retryAfterMs);
    const heard = await hear(['takenOver'], async () => {
      const second = call(ORDER);
      await starts[1]?.promise;
      finishes[0]?.fail(new Error('late'));
      expect(await rejectionOf(stale)).toMatchObject({ message: 'late' });
      expect(await store.records()).toMatchObject([{ status: 'running', attempts: 2 }]);
      expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyAlreadyInProgressError);
      finishes[1]?.open('second');
      expect(await second).toBe('second');
    });
    expect(heard).toHaveLength(1);
    expect(await call(ORDER)).toBe('second');
    expect(runs).toBe(2);
  }),

  scenario('P1: of twenty retries at once, one runs', async ({ make, store, clock }) => {
    const finish = makeGate<string>();
    let runs = 0;
    const call = make(() => {
      if (++runs === 1) throw new Error('failure 1');
      return finish.promise;
    }, threeAttempts);
    await rejectionOf(call(ORDER));
    let refused = 0;
    const answers = Array.from({ length: 20 }, async () =>
      call(ORDER).catch((error) => {
        expect(error).toBeInstanceOf(IdempotencyAlreadyInProgressError);
        if (++refused === 19) finish.open('baked');
        return 'refused';
      }),
    );
    const all = await passTimeUntil(clock, Promise.all(answers));
    expect(all.filter((answer) => answer === 'baked')).toHaveLength(1);
    expect(await store.records()).toMatchObject([{ status: 'done', attempts: 2 }]);
    expect(runs).toBe(2);
  }),

  scenario('P3: a counted claim that is sent twice is won, and counts once', async ({ make, store }) => {
    const { run, runs } = failingFirst(2);
    const call = make(run, threeAttempts);
    await rejectionOf(call(ORDER));
    // The second claim of this call is the one that takes over.
    const heard = await hear(['leaseLost', 'released'], async () => {
      store.inject({ operation: 'claim', kind: 'send again', times: 2 });
      store.inject({ operation: 'release', kind: 'send again' });
      expect(await rejectionOf(call(ORDER))).toMatchObject({ message: 'failure 2' });
    });
    expect(heard.map(({ event }) => event)).toEqual(['released']);
    expect(await store.records()).toMatchObject([{ attempts: 2, leaseUntil: 0 }]);
    expect(await call(ORDER)).toBe('success 3');
    expect(runs()).toBe(3);
  }),

  scenario('a claim whose answer is lost for good does not count: nothing ran', async ({ make, store }) => {
    const { run, runs } = failingFirst(1);
    const call = make(run, { maxAttempts: 2 });
    store.inject({ operation: 'claim', kind: 'lose answer' });
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyPersistenceLayerError);
    expect(await store.statuses()).toEqual([]);
    await rejectionOf(call(ORDER));
    // The claim that takes over: its first sending is refused, the second applied.
    const claim = store.claim.bind(store);
    let claims = 0;
    store.claim = async (...request) => {
      if (++claims === 2) store.inject({ operation: 'claim', kind: 'lose answer' });
      return claim(...request);
    };
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyPersistenceLayerError);
    expect(await store.records()).toMatchObject([{ attempts: 1, leaseUntil: 0 }]);
    expect(await call(ORDER)).toBe('success 2');
    expect(runs()).toBe(2);
  }),

  scenario('a result that is not to be stored counts, a final error ends the call', async (bench) => {
    const { make } = bench;
    const busy = answering({ statusCode: 503 }, { statusCode: 503 });
    const call = make(busy.run, { maxAttempts: 1, shouldStoreResult: () => false });
    assert.deepEqual(await call(ORDER), { statusCode: 503 });
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyAttemptsExhaustedError);
    expect(busy.runs()).toBe(1);

    const { run, runs } = failingFirst(9);
    const final = make(run, { maxAttempts: 1, shouldStoreError: () => true, eventKeyJmesPath: 'cake' });
    for (let round = 0; round < 3; round++) {
      expect(await rejectionOf(final(ORDER))).toMatchObject({ message: 'failure 1' });
    }
    expect(runs()).toBe(1);
  }),

  scenario('P13: an exhausted call is one of its payload', async ({ make }) => {
    const { run, runs } = failingFirst(9);
    const config = { eventKeyJmesPath: 'orderId', payloadValidationJmesPath: 'amount', maxAttempts: 1 };
    const call = make(run, config);
    await rejectionOf(call(ORDER));
    expect(await rejectionOf(call({ ...ORDER, amount: 1 }))).toBeInstanceOf(IdempotencyValidationError);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyAttemptsExhaustedError);
    expect(runs()).toBe(1);
  }),

  scenario(
    'without maxAttempts nothing is counted, and a release leaves nothing',
    async ({ make, store }) => {
      const { run } = failingFirst(1);
      const call = make(run);
      await rejectionOf(call(ORDER));
      expect(await store.statuses()).toEqual([]);
      const heard = await hear(['claimed'], () => call(ORDER));
      const [record] = await store.records();
      expect(record).not.toHaveProperty('attempts');
      expect(heard[0]?.message).not.toHaveProperty('attempts');
      expect(store.requests).toEqual(['claim', 'release', 'claim', 'settle']);
    },
  ),

  scenario('a call within its attempts costs two requests', async ({ make, store }) => {
    const call = make(answering('baked').run, threeAttempts);
    await call(ORDER);
    await call(ORDER);
    expect(store.requests).toEqual(['claim', 'settle', 'claim']);
  }),
];

const refusing: IdempotencyConfigOptions = { lease: { whenOver: 'refuse' }, expiresAfterSeconds: 300 };

const refusals: readonly Scenario[] = [
  scenario("with whenOver 'refuse', a run that was cut off is not followed by another", async (bench) => {
    const { make, store, clock, retryAfterMs } = bench;
    const { run, runs, started } = crashingFirst();
    const call = make(run, refusing);
    void call(ORDER);
    await started;
    const { leaseUntil } = (await store.records())[0] as { leaseUntil: number };
    await clock.advance(retryAfterMs - 1);
    expect(await rejectionOf(call(ORDER))).toMatchObject({
      name: 'IdempotencyAlreadyInProgressError',
      retryAfterMs: 1,
    });
    await clock.advance(1);
    const heard = await hear(['outcomeUnknown', 'claimed', 'takenOver'], async () => {
      for (let round = 0; round < 2; round++) {
        const refusal = (await rejectionOf(call(ORDER))) as IdempotencyOutcomeUnknownError;
        expect(refusal).toBeInstanceOf(IdempotencyOutcomeUnknownError);
        expect(refusal.code).toBe('IDEMPOTENCY_OUTCOME_UNKNOWN');
        expect(refusal.existingRecord?.getStatus()).toBe('INPROGRESS');
      }
    });
    expect(heard.map(({ event }) => event)).toEqual(['outcomeUnknown', 'outcomeUnknown']);
    expect(heard[0]?.message).toMatchObject({ staleSince: leaseUntil });
    expect(runs()).toBe(1);
  }),

  scenario("with whenOver 'refuse', the window counts from the lease's end", async (bench) => {
    const { make, clock, retryAfterMs } = bench;
    const { run, runs, started } = crashingFirst();
    const call = make(run, refusing);
    void call(ORDER);
    await started;
    await clock.advance(retryAfterMs + 299_999);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyOutcomeUnknownError);
    // Up to the next whole second.
    await clock.advance(501);
    expect(await call(ORDER)).toBe('success 2');
    expect(await call(ORDER)).toBe('success 2');
    expect(runs()).toBe(2);
  }),

  scenario("with whenOver 'refuse', the call runs again when its record is deleted", async (bench) => {
    const { make, store, clock, retryAfterMs } = bench;
    const { run, runs, started } = crashingFirst();
    const call = make(run, refusing);
    void call(ORDER);
    await started;
    await clock.advance(retryAfterMs);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyOutcomeUnknownError);
    await free(store);
    expect(await call(ORDER)).toBe('success 2');
    expect(runs()).toBe(2);
  }),

  scenario("with whenOver 'refuse', a run that is late may still tell its outcome", async (bench) => {
    const { make, clock, retryAfterMs } = bench;
    const [started, finish] = [makeGate(), makeGate<string>()];
    let runs = 0;
    const call = make(() => {
      runs++;
      started.open();
      return finish.promise;
    }, refusing);
    const late = call(ORDER);
    await started.promise;
    await clock.advance(retryAfterMs);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyOutcomeUnknownError);
    finish.open('late');
    expect(await late).toBe('late');
    expect(await call(ORDER)).toBe('late');
    expect(runs).toBe(1);
  }),

  scenario("with whenOver 'refuse', a run that threw is followed by another", async ({ make, store }) => {
    const { run, runs } = failingFirst(1);
    const call = make(run, refusing);
    expect(await rejectionOf(call(ORDER))).toMatchObject({ message: 'failure 1' });
    expect(await store.statuses()).toEqual([]);
    expect(await call(ORDER)).toBe('success 2');
    expect(runs()).toBe(2);
    expect(store.requests).toEqual(['claim', 'release', 'claim', 'settle']);
  }),

  scenario("with whenOver 'refuse', also a run that threw within its attempts", async (bench) => {
    const { make, clock, retryAfterMs } = bench;
    const started = makeGate();
    let runs = 0;
    const call = make(
      () => {
        if (++runs === 1) throw new Error('failure 1');
        started.open();
        return new Promise(() => {});
      },
      { ...refusing, maxAttempts: 5 },
    );
    await rejectionOf(call(ORDER));
    void call(ORDER);
    await started.promise;
    await clock.advance(retryAfterMs);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyOutcomeUnknownError);
    expect(runs).toBe(2);
  }),

  scenario("with whenOver 'refuse', an outcome that could not be stored is unknown", async (bench) => {
    const { make, store, clock, retryAfterMs } = bench;
    const { run, runs } = answering('paid', 'paid twice');
    const call = make(run, refusing);
    store.inject({ operation: 'settle', kind: 'lose request', times: Number.POSITIVE_INFINITY });
    expect(await rejectionOf(passTimeUntil(clock, call(ORDER)))).toMatchObject({
      hasRun: true,
      message: expect.stringContaining('does not run again until its record is gone'),
    });
    await clock.advance(retryAfterMs);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyOutcomeUnknownError);
    expect(runs()).toBe(1);
  }),

  scenario("P13: with whenOver 'refuse', another payload is refused as such", async (bench) => {
    const { make, clock, retryAfterMs } = bench;
    const { run, started } = crashingFirst();
    const call = make(run, {
      ...refusing,
      eventKeyJmesPath: 'orderId',
      payloadValidationJmesPath: 'amount',
    });
    void call(ORDER);
    await started;
    await clock.advance(retryAfterMs);
    expect(await rejectionOf(call({ ...ORDER, amount: 1 }))).toBeInstanceOf(IdempotencyValidationError);
    expect(await rejectionOf(call(ORDER))).toBeInstanceOf(IdempotencyOutcomeUnknownError);
  }),
];

export const attemptScenarios: readonly Scenario[] = [...attempts, ...refusals];
