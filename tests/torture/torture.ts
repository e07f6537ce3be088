import { setTimeout as sleep } from 'node:timers/promises';
import type { RawItem } from '../support/tables.js';
import { audit, type Violation } from './audit.js';
import { DeliveryQueue, planDeliveries } from './deliveries.js';
import { FaultPlan, type Strike } from './faults.js';
import type { Ledger } from './ledger.js';
import { DECLINED, type Delivery, type FromWorker, type Point } from './protocol.js';
import { randomFrom } from './random.js';
import { type Worker, WorkerPool } from './workers.js';

export interface Settings {
  /** For what is written on the way. */
  readonly folder: string;
  readonly seed: number;
  readonly keys: number;
  readonly deliveriesPerKey: number;
  readonly workers: number;
  readonly leaseMs: number;
  readonly clockSkewMs: number;
  readonly kills: number;
  readonly pauses: number;
  readonly endpoint: string;
  readonly tableName: string;
  readonly plantedBug?: string | undefined;
}

/** Deliveries that one worker serves at a time. */
const CONCURRENCY = 4;
/** Faults end when so much is answered. */
const FAULTY_PART = 0.95;
/** When the table is looked at, beside the end. */
const LOOKS = [0.25, 0.5, 0.75];
const TICK_MS = 20;
/** After so many ticks without an answer (a minute), what is still open never ends. A machine that sleeps does not tick. */
const PATIENCE_TICKS = 3_000;

/** What a caller may meet while hosts die and stop. */
const EXPECTED_ERRORS = [
  'IdempotencyAlreadyInProgressError',
  // Six claims in a row that met a lease, and saw it over when the answer came: on a machine with too much to do.
  'IdempotencyInconsistentStateError',
  'IdempotencyLeaseLostError',
  'IdempotencyPersistenceLayerError',
  DECLINED,
];

const count = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1);
};

/** One run: gives the deliveries out, strikes the workers, and has the ledger kept and audited. */
export class Torture {
  answers = 0;
  lostLeases = 0;
  /** Rejected calls, by error. */
  readonly refusals = new Map<string, number>();
  /** By what they struck, such as `kill before claim`. */
  readonly strikes = new Map<string, number>();
  /** The numbers of the store calls that were struck, such as `1 before`. */
  readonly struck: Record<Strike['act'], Set<string>> = { kill: new Set(), pause: new Set() };
  readonly #settings: Settings;
  readonly #ledger: Ledger;
  readonly #look: () => Promise<readonly RawItem[]>;
  readonly #random;
  readonly #queue: DeliveryQueue;
  readonly #faults: FaultPlan;
  readonly #pool: WorkerPool;
  readonly #unexpected: Violation[] = [];
  #ticksWithoutAnswer = 0;
  #finish = (): void => {};
  #fail = (_error: unknown): void => {};

  /** @param look reads the whole table */
  constructor(settings: Settings, ledger: Ledger, look: () => Promise<readonly RawItem[]>) {
    const { seed, keys, deliveriesPerKey, leaseMs } = settings;
    this.#settings = settings;
    this.#ledger = ledger;
    this.#look = look;
    this.#random = randomFrom(seed);
    const deliveries = planDeliveries(settings, randomFrom(seed + 1));
    this.#queue = new DeliveryQueue(deliveries, () => this.#pump());
    // A first call is two, a replay one or (cached) none; rejected calls come again.
    const storeCalls = keys * (deliveriesPerKey + 2);
    this.#faults = new FaultPlan({ ...settings, storeCalls }, randomFrom(seed + 2));
    this.#pool = new WorkerPool(settings.folder, settings.workers, settings, {
      onServing: ({ life }) => {
        this.#faults.begin(life);
        this.#pump();
      },
      onMessage: (worker, message) => this.#hear(worker, message),
      onDeath: ({ inFlight }) => {
        for (const delivery of inFlight.values()) this.#comeAgain(delivery, 2 * leaseMs);
      },
      onFailure: (error) => this.#fail(error),
    });
  }

  /**
   * @returns what the promises do not allow
   * @throws when a worker fails by itself, or the table is not to be had
   */
  async run(): Promise<readonly Violation[]> {
    const ended = new Promise<void>((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    await this.#pool.start();
    const tick = setInterval(() => this.#tick(), TICK_MS);
    try {
      this.#lookOnTheWay().catch(this.#fail);
      await ended;
      this.#ledger.lastLook(await this.#look());
      const never = this.#queue.openKeys.map((key) => ({
        rule: 'a key that never ends',
        key,
        detail: 'no answer',
      }));
      return [...never, ...this.#unexpected, ...audit(this.#ledger.entries, this.#settings.clockSkewMs)];
    } finally {
      clearInterval(tick);
      this.close();
    }
  }

  /** Leaves no process behind. */
  close(): void {
    this.#pool.close();
  }

  get #progress(): number {
    return 1 - this.#queue.open / this.#queue.total;
  }

  get #isStuck(): boolean {
    return this.#ticksWithoutAnswer > PATIENCE_TICKS;
  }

  #tick(): void {
    this.#ticksWithoutAnswer++;
    if (this.#progress >= FAULTY_PART) this.#faults.end();
    if ((this.#queue.open === 0 && this.#pool.isIdle) || this.#isStuck) this.#finish();
    const strike = this.#faults.anyTime(this.#progress / FAULTY_PART);
    const { serving } = this.#pool;
    if (!strike || serving.length === 0) return;
    count(this.strikes, `${strike.act} at any time`);
    this.#strike(this.#random.pick(serving), strike);
  }

  #pump(): void {
    for (;;) {
      const free = this.#pool.serving.filter(({ inFlight }) => inFlight.size < CONCURRENCY);
      const delivery = free.length > 0 && this.#queue.take();
      if (!delivery) return;
      this.#pool.give(this.#random.pick(free), delivery);
    }
  }

  #comeAgain(delivery: Delivery, withinMs: number): void {
    const latestMs = Math.min(withinMs, 2 * this.#settings.leaseMs);
    this.#queue.comeAgain(delivery, this.#random.between(0, Math.ceil(latestMs)));
  }

  #strike(worker: Worker, strike: Strike): void {
    if (strike.act === 'kill') {
      this.#pool.kill(worker);
      return;
    }
    this.#pool.stop(worker);
    // As a queue does whose visibility timeout ends: others get what this one holds.
    for (const delivery of worker.inFlight.values()) this.#comeAgain(delivery, strike.ms);
    setTimeout(() => {
      this.#pool.resume(worker);
      this.#pump();
    }, strike.ms);
  }

  #hear(worker: Worker, message: FromWorker): void {
    switch (message.kind) {
      case 'point':
        this.#ledger.point(worker.life, message);
        this.#meet(worker, message);
        return;
      case 'effect':
        this.#ledger.effect(message);
        this.#pool.letGo(worker);
        return;
      case 'leaseLost':
        this.lostLeases++;
        return;
      case 'answer': {
        const delivery = this.#pool.takeBack(worker, message.ticket);
        this.answers++;
        this.#ticksWithoutAnswer = 0;
        this.#queue.answered(delivery);
        this.#ledger.answer(delivery.key, message.answer);
        this.#pump();
        return;
      }
      case 'refused': {
        const delivery = this.#pool.takeBack(worker, message.ticket);
        const { error, retryAfterMs = this.#settings.leaseMs / 4 } = message;
        count(this.refusals, error);
        if (!EXPECTED_ERRORS.includes(error)) {
          const detail = `${error}: ${message.message}`;
          this.#unexpected.push({ rule: 'an error that nothing here explains', key: delivery.key, detail });
        }
        this.#comeAgain(delivery, retryAfterMs);
        this.#pump();
      }
    }
  }

  /** The worker stands still at a point: it is struck there, or goes on. */
  #meet(worker: Worker, point: Point): void {
    if (worker.state === 'dead') return;
    const strike = this.#faults.at(worker.life, point);
    if (strike) {
      count(this.strikes, `${strike.act} ${point.side} ${point.operation}`);
      this.struck[strike.act].add(`${point.call} ${point.side}`);
      this.#strike(worker, strike);
    }
    // A stopped worker finds the permission when it goes on.
    if (strike?.act !== 'kill') this.#pool.letGo(worker);
  }

  async #lookOnTheWay(): Promise<void> {
    for (const part of LOOKS) {
      while (this.#progress < part) {
        if (this.#isStuck) return;
        await sleep(50);
      }
      this.#ledger.look(await this.#look());
    }
  }
}
