import { describe, expect, it } from '@jest/globals';
import type { Clock } from '../../../src/core/protocol/clock.js';
import type { HolderAnswer, PersistenceStore } from '../../../src/core/protocol/store.js';
import { nodeHost } from '../../../src/fronts/host.js';
import {
  IdempotencyAlreadyInProgressError,
  IdempotencyConfigError,
  IdempotencyLeaseLostError,
  type LeaseOptions,
  makeIdempotent,
} from '../../../src/index.js';
import { MemoryPersistenceLayer } from '../../../src/stores/memory.js';
import { createIdempotency, FaultyStore, ManualClock } from '../../../src/testing/index.js';
import { lambdaContext } from '../../support/contexts.js';
import { hear } from '../../support/events.js';
import { makeGate, rejectionOf } from '../../support/gates.js';
import { SpyStore } from '../../support/spy-store.js';

const NOW = 1_700_000_000_000;

/** A run that is held inside, its lease of 9 s renewed every 3 s, and a second host on the same store. */
const setUp = (
  lease: LeaseOptions = { seconds: 9, renew: true },
  store: SpyStore = new SpyStore(new MemoryPersistenceLayer()),
) => {
  const clock = new ManualClock(NOW);
  const finish = makeGate<string>();
  const { makeIdempotent: onClock } = createIdempotency({ clock });
  const host = <Result>(persistenceStore: PersistenceStore, run: () => Promise<Result>) =>
    onClock(
      async function bake(_order: { id: number }, _context?: unknown) {
        return run();
      },
      { persistenceStore, keyPrefix: 'bake', config: { lease } },
    );
  const first = host(store, () => finish.promise);
  const second = host(new FaultyStore(store), async () => 'second');
  const renewals = (): number => store.requests.filter((request) => request === 'renew').length;
  const leaseLeft = async (): Promise<number | undefined> => {
    const [record] = await store.records();
    return record?.status === 'running' ? record.leaseUntil - clock.now() : undefined;
  };
  return { clock, store, finish, first, second, renewals, leaseLeft };
};

/** Renewals arrive late: after what ends the claim, whose answer is the last to come. */
class SlowStore extends SpyStore {
  readonly renewing = makeGate();
  readonly ended = makeGate();
  readonly go = makeGate();
  readonly #renewed = makeGate();

  override async renew(...renewal: Parameters<PersistenceStore['renew']>): Promise<HolderAnswer> {
    this.renewing.open();
    await this.go.promise;
    return super.renew(...renewal).finally(this.#renewed.open);
  }

  override async settle(...settle: Parameters<PersistenceStore['settle']>): Promise<HolderAnswer> {
    return this.#end(await super.settle(...settle));
  }

  override async release(...release: Parameters<PersistenceStore['release']>): Promise<HolderAnswer> {
    return this.#end(await super.release(...release));
  }

  #isEnded = false;
  async #end(answer: HolderAnswer): Promise<HolderAnswer> {
    if (this.#isEnded) return answer;
    this.#isEnded = true;
    this.ended.open();
    await this.#renewed.promise;
    // The renewal's answer is heard first.
    await new Promise(setImmediate);
    return answer;
  }
}

const ORDER = { id: 1 };

describe('lease.renew', () => {
  it('P8: holds the claim of a run for as long as it takes, with a short lease', async () => {
    const { clock, store, finish, first, second, leaseLeft } = setUp();
    const run = first(ORDER);
    await clock.advance(2_999);
    expect(await leaseLeft()).toBe(6_001);
    await clock.advance(1);
    expect(await leaseLeft()).toBe(9_000);
    await clock.advance(600_000);
    expect(await leaseLeft()).toBe(9_000);
    expect(await rejectionOf(second(ORDER))).toBeInstanceOf(IdempotencyAlreadyInProgressError);
    finish.open('first');
    expect(await run).toBe('first');
    expect(await second(ORDER)).toBe('first');
    expect(await store.statuses()).toEqual(['done']);
  });

  it('P9: moves the end of the record along', async () => {
    const { clock, store, finish, first } = setUp({ seconds: 9, renew: true, clockSkewMs: 700 });
    const run = first(ORDER);
    await clock.advance(7_200_000);
    // A window of an hour, from the last renewal.
    expect(await store.records()).toMatchObject([
      { status: 'running', expiresAt: NOW + 7_200_000 + 3_600_000 },
    ]);
    finish.open('first');
    await run;
  });

  it("P9: with whenOver 'refuse', for a window from the lease's end on", async () => {
    const { clock, store, first } = setUp({ seconds: 9, renew: true, whenOver: 'refuse', clockSkewMs: 500 });
    void first(ORDER);
    await clock.advance(0);
    expect(await store.records()).toMatchObject([{ expiresAt: NOW + 9_500 + 3_600_000 + 500 }]);
    await clock.advance(3_000);
    expect(await store.records()).toMatchObject([{ expiresAt: NOW + 3_000 + 9_500 + 3_600_000 + 500 }]);
  });

  it('leaves a crashed host behind: its key is free when the short lease is over', async () => {
    const { clock, first, second, store } = setUp();
    void first(ORDER);
    await clock.advance(4_000);
    // The host dies: no renewal of its own gets through any more.
    store.inject({ operation: 'renew', kind: 'lose request', times: Number.POSITIVE_INFINITY });
    await clock.advance(3_000 + 6_000 + 499 - 1_000);
    expect(await rejectionOf(second(ORDER))).toMatchObject({ retryAfterMs: 1 });
    await clock.advance(1);
    expect(await second(ORDER)).toBe('second');
  });

  it.each([
    ['settle', (finish: ReturnType<typeof makeGate<string>>) => finish.open('done')],
    ['release', (finish: ReturnType<typeof makeGate<string>>) => finish.fail(new Error('no oven'))],
  ] as const)('stops at the %s', async (request, end) => {
    const { clock, store, finish, first, renewals } = setUp();
    const run = first(ORDER);
    await clock.advance(3_000);
    end(finish);
    await run.catch(() => {});
    expect(store.requests).toEqual(['claim', 'renew', request]);
    await clock.advance(60_000);
    expect(renewals()).toBe(1);
  });

  it('goes on while the settle is tried again', async () => {
    const { clock, store, finish, first, second } = setUp({ seconds: 3, renew: true });
    const run = first(ORDER);
    await clock.advance(0);
    store.inject({ operation: 'settle', kind: 'lose request', times: Number.POSITIVE_INFINITY });
    finish.open('first');
    await clock.advance(5_000);
    expect(await rejectionOf(second(ORDER))).toBeInstanceOf(IdempotencyAlreadyInProgressError);
    store.heal();
    await clock.advance(5_000);
    expect(await run).toBe('first');
    expect(await second(ORDER)).toBe('first');
  });

  it.each(['lose request', 'lose answer', 'send again', 'hang'] as const)(
    'bears renewals that fail (%s), while the lease lasts and after',
    async (kind) => {
      const { clock, store, finish, first, second } = setUp();
      const run = first(ORDER);
      await clock.advance(0);
      store.inject({ operation: 'renew', kind, times: 2 });
      const heard = await hear(['leaseLost', 'storeFailed'], () => clock.advance(9_400));
      expect(heard.filter(({ event }) => event === 'leaseLost')).toEqual([]);
      expect(heard.map(({ message }) => message['operation'])).toEqual(
        kind === 'send again' ? [] : ['renew', 'renew'],
      );
      expect(await rejectionOf(second(ORDER))).toBeInstanceOf(IdempotencyAlreadyInProgressError);
      // Over, and nobody came: it can still be won back.
      store.inject({ operation: 'renew', kind: 'lose request', times: 4 });
      await clock.advance(15_000);
      expect(await rejectionOf(second(ORDER))).toBeInstanceOf(IdempotencyAlreadyInProgressError);
      finish.open('first');
      expect(await run).toBe('first');
    },
  );

  it('P4: tells once that the lease is lost, stops, and lets the settle decide', async () => {
    const { clock, store, finish, first, second, renewals } = setUp();
    const run = first(ORDER);
    await clock.advance(0);
    store.inject({ operation: 'renew', kind: 'lose request', times: 3 });
    const heard = await hear(['leaseLost'], async () => {
      await clock.advance(9_500);
      expect(await second(ORDER)).toBe('second');
      await clock.advance(60_000);
      finish.open('first');
      expect(await run).toBe('second');
    });
    expect(heard).toHaveLength(1);
    expect(renewals()).toBe(4);
  });

  it('P4: tells once, also where the run throws or meets another run', async () => {
    for (const end of ['throws', 'returns'] as const) {
      const { clock, store, finish, first } = setUp();
      const run = first(ORDER);
      await clock.advance(0);
      const [{ key } = { key: '' }] = await store.records();
      const other = {
        status: 'running',
        key,
        fence: 'other',
        leaseUntil: NOW + 900_000,
        expiresAt: NOW + 900_000,
      };
      await store.claim(other as never, { now: NOW + 9_500, leaseOverAt: NOW + 9_000 });
      const heard = await hear(['leaseLost'], async () => {
        await clock.advance(6_000);
        if (end === 'throws') finish.fail(new RangeError('first'));
        else finish.open('first');
        const rejection = await rejectionOf(run);
        expect(rejection).toBeInstanceOf(end === 'throws' ? RangeError : IdempotencyLeaseLostError);
      });
      expect(heard).toHaveLength(1);
      expect(await store.records()).toEqual([other]);
    }
  });

  it('does nothing where there is a Lambda context: the lease ends with the invocation', async () => {
    const { clock, finish, first, renewals } = setUp();
    const run = first(ORDER, lambdaContext(30_000));
    await clock.advance(29_000);
    finish.open('first');
    await run;
    expect(renewals()).toBe(0);
  });

  it('is off by default', async () => {
    const { clock, finish, first, renewals } = setUp({ seconds: 9 });
    const run = first(ORDER);
    await clock.advance(8_000);
    finish.open('first');
    await run;
    expect(renewals()).toBe(0);
  });

  it.each(['settle', 'release'] as const)(
    'P4: a renewal that is overtaken by the %s tells of no loss',
    async (end) => {
      const store = new SlowStore(new MemoryPersistenceLayer());
      const { clock, finish, first, second } = setUp(undefined, store);
      const heard = await hear(['leaseLost'], async () => {
        const run = first(ORDER);
        await clock.advance(3_000);
        await store.renewing.promise;
        if (end === 'settle') finish.open('first');
        else finish.fail(new Error('no oven'));
        await store.ended.promise;
        if (end === 'release') await second(ORDER);
        store.go.open();
        await run.catch(() => {});
        await clock.advance(0);
      });
      expect(heard).toEqual([]);
    },
  );

  it('keeps no process alive', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const { clock } = nodeHost.runtime;
    const cancelIdle = clock.after(60_000, () => {}, { unref: true });
    expect(timers()).toBe(before);
    const cancel = clock.after(60_000, () => {});
    expect(timers()).toBe(before + 1);
    cancelIdle();
    cancel();

    const waits: unknown[] = [];
    const noting: Clock = new ManualClock(NOW);
    noting.after = (ms, _callback, options) => {
      waits.push([ms, options]);
      return () => {};
    };
    await createIdempotency({ clock: noting }).makeIdempotent(async function bake() {}, {
      persistenceStore: new MemoryPersistenceLayer(),
      config: { eventKey: () => 1, lease: { renew: true } },
    })();
    expect(waits).toContainEqual([300_000, { unref: true }]);
  });

  it('P17: needs a store that can renew', () => {
    const memory = new MemoryPersistenceLayer();
    const persistenceStore = {
      claim: memory.claim.bind(memory),
      settle: memory.settle.bind(memory),
      release: memory.release.bind(memory),
      read: memory.read.bind(memory),
    } as unknown as PersistenceStore;
    const wrap = (lease: LeaseOptions) =>
      makeIdempotent(async function bake() {}, { persistenceStore, config: { lease } });
    expect(() => wrap({ renew: true })).toThrow(IdempotencyConfigError);
    expect(() => wrap({ renew: true })).toThrow(/`lease\.renew` needs a `persistenceStore` with renew\(\)/);
    expect(() => wrap({ renew: false })).not.toThrow();
  });
});
