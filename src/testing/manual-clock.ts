import type { Clock } from '../core/protocol/clock.js';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until a test advances it.
 *
 * @example
 * ```ts
 * import { ManualClock } from 'lambda-idempotency/testing';
 *
 * const clock = new ManualClock(Date.UTC(2026, 10, 24));
 * clock.after(1_000, () => console.log('a second has passed'));
 * await clock.advance(1_000);
 * ```
 */
export class ManualClock implements Clock {
  #elapsed = 0;
  /** How far `now()` is ahead of the elapsed time. */
  #offset: number;
  readonly #timers = new Set<Timer>();

  /** @param now the time to start at, in epoch milliseconds */
  constructor(now = 1_700_000_000_000) {
    this.#offset = now;
  }

  now(): number {
    return this.#offset + this.#elapsed;
  }

  /** Milliseconds since the clock was made. */
  monotonic(): number {
    return this.#elapsed;
  }

  /** Sets `now()` forward, or back if `ms` is negative, as a host's clock is corrected. No time passes. */
  step(ms: number): void {
    this.#offset += ms;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#elapsed + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Advances time by `ms` milliseconds. Runs the timers that fall due, in order, and the code that awaits them. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await eventLoopTurn();
    for (let due = this.#nextUntil(end); due; due = this.#nextUntil(end)) {
      this.#timers.delete(due);
      this.#elapsed = Math.max(this.#elapsed, due.at);
      due.callback();
      await eventLoopTurn();
    }
    this.#elapsed = end;
    await eventLoopTurn();
  }

  #nextUntil(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (!next || timer.at < next.at)) next = timer;
    }
    return next;
  }
}

/** One turn of the event loop, in which all resolved promises continue. */
const eventLoopTurn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
