import type { Delivery, Front } from './protocol.js';
import type { Random } from './random.js';

/** Half of the calls are rejected while another runs, as by default. */
const FRONTS: readonly Front[] = ['throw', 'throw', 'wait', 'cached'];
/** Part of the keys whose first delivery fails. */
const FAILING = 0.15;
/** Part of the keys whose runs may outlive their lease, and part of their deliveries that fail. */
const SLOW = 0.06;
const SLOW_FAILING = 0.5;
/** Duplicates come within so many deliveries of each other; of each key, one comes at any time. */
const NEAR = 150;
const LONGEST_WORK_MS = 5;

export interface Load {
  readonly keys: number;
  readonly deliveriesPerKey: number;
  readonly leaseMs: number;
}

/** Every key's deliveries in the order in which they are given out. */
export const planDeliveries = (load: Load, random: Random): readonly Delivery[] => {
  const { keys, deliveriesPerKey, leaseMs } = load;
  const total = keys * deliveriesPerKey;
  const placed = Array.from({ length: keys }, (_, key) => {
    const isSlow = random.chance(SLOW);
    const firstFails = random.chance(FAILING);
    return Array.from({ length: deliveriesPerKey }, (_, copy) => {
      const isLate = copy > 0 && copy === deliveriesPerKey - 1;
      const place = key * deliveriesPerKey + (isLate ? random.between(0, total) : random.between(0, NEAR));
      const fails = isSlow ? random.chance(SLOW_FAILING) : firstFails && copy === 0;
      return { place, key: `order-${key}`, isSlow, fails };
    });
  }).flat();
  return placed
    .sort((one, other) => one.place - other.place)
    .map(({ key, isSlow, fails }, id) => ({
      id,
      key,
      fails,
      front: random.pick(FRONTS),
      workMs: [
        isSlow ? random.between(Math.round(leaseMs / 2), 2 * leaseMs) : random.between(0, LONGEST_WORK_MS),
        random.between(0, LONGEST_WORK_MS),
      ],
    }));
};

/** Gives deliveries out, as a queue of messages does: what was not answered comes again. */
export class DeliveryQueue {
  readonly total: number;
  readonly #planned: Delivery[];
  readonly #again: Delivery[] = [];
  readonly #open: Map<number, Delivery>;
  readonly #onReady: () => void;

  /** @param onReady called when something has become ready after a pause */
  constructor(deliveries: readonly Delivery[], onReady: () => void) {
    this.#planned = deliveries.toReversed();
    this.#open = new Map(deliveries.map((delivery) => [delivery.id, delivery]));
    this.total = deliveries.length;
    this.#onReady = onReady;
  }

  /** How many deliveries have no answer yet. */
  get open(): number {
    return this.#open.size;
  }

  get openKeys(): readonly string[] {
    return [...new Set([...this.#open.values()].map(({ key }) => key))];
  }

  take(): Delivery | undefined {
    for (let next = this.#again.shift(); next; next = this.#again.shift()) {
      if (this.#open.has(next.id)) return next;
    }
    return this.#planned.pop();
  }

  answered({ id }: Delivery): void {
    this.#open.delete(id);
  }

  /** What comes again does not fail, and each time is less slow: every key can end. */
  comeAgain(delivery: Delivery, afterMs: number): void {
    if (!this.#open.has(delivery.id)) return;
    setTimeout(() => {
      const [before, after] = delivery.workMs;
      this.#again.push({ ...delivery, fails: false, workMs: [Math.floor(before / 2), after] });
      this.#onReady();
    }, afterMs);
  }
}
