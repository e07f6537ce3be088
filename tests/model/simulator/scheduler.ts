import type { Random } from './random.js';

interface Due {
  readonly at: number;
  /** Drawn: which of two events of one millisecond comes first. */
  readonly tie: number;
  readonly act: () => void;
}

const isBefore = (one: Due, other: Due): boolean =>
  one.at < other.at || (one.at === other.at && one.tie < other.tie);

/**
 * Continues when no promise is left to go on: Node empties its microtask queue before the next tick. (This holds
 * inside of a microtask, that is after any `await`.)
 */
const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/**
 * Virtual time. Everything that takes time is an event here; between two events the code under test runs until all of
 * it waits for an event again. So the seed alone decides what happens when.
 */
export class Scheduler {
  /** True time, milliseconds since the world began. No host knows it. */
  now = 0;
  steps = 0;
  isRunning = false;
  readonly #random: Random;
  /** A binary heap, earliest first. */
  readonly #due: Due[] = [];
  #isStopped = false;

  constructor(random: Random) {
    this.#random = random;
  }

  at(time: number, act: () => void): void {
    this.#push({ at: Math.max(time, this.now), tie: this.#random.next(), act });
  }

  after(ms: number, act: () => void): void {
    this.at(this.now + ms, act);
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Runs event by event until none is left, or too many were. */
  async run(maxSteps = Number.POSITIVE_INFINITY): Promise<void> {
    this.isRunning = true;
    await settled();
    for (let due = this.#pop(); due && !this.#isStopped; due = this.#pop()) {
      this.now = due.at;
      this.steps++;
      due.act();
      await settled();
      if (this.steps >= maxSteps) break;
    }
    this.isRunning = false;
  }

  #push(due: Due): void {
    const heap = this.#due;
    let place = heap.push(due) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent] as Due;
      if (!isBefore(due, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = due;
  }

  #pop(): Due | undefined {
    const heap = this.#due;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Due, heap[child] as Due)) child++;
      if (!isBefore(heap[child] as Due, last)) break;
      heap[place] = heap[child] as Due;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}
