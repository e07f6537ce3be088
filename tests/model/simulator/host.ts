import type { Clock } from '../../../src/core/protocol/clock.js';
import type { Scheduler } from './scheduler.js';

/** Where hosts' clocks began. */
const EPOCH = 1_700_000_000_000;

/** True time of an epoch time, on a clock without error. */
export const trueTimeOf = (epochMs: number): number => epochMs - EPOCH;

/** How a host's clock differs from true time. */
export interface ClockError {
  readonly offsetMs: number;
  /** Milliseconds gained per millisecond. */
  readonly drift: number;
}

/** One process: a clock of its own, and everything that may happen to it. */
export class Host {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly error: ClockError;
  readonly clock: Clock;
  isAlive = true;
  /** True time. */
  lastFrozenUntil = 0;

  constructor(name: string, scheduler: Scheduler, error: ClockError, lateTimerMs: () => number = () => 0) {
    this.name = name;
    this.scheduler = scheduler;
    this.error = error;
    this.clock = {
      now: () => this.clockAt(scheduler.now),
      monotonic: () => Math.floor(scheduler.now * (1 + error.drift)),
      after: (ms, callback) => {
        let isCancelled = false;
        const due = scheduler.now + Math.ceil(ms / (1 + error.drift)) + lateTimerMs();
        scheduler.at(due, () => {
          if (!isCancelled) this.wake(() => !isCancelled && callback());
        });
        return () => {
          isCancelled = true;
        };
      },
    };
  }

  /** What this host's clock shows at a true time, epoch milliseconds. */
  clockAt(trueTime: number): number {
    return EPOCH + Math.floor(trueTime * (1 + this.error.drift)) + this.error.offsetMs;
  }

  /** When, in true time, this host's clock will show so much. */
  trueTimeOf(shown: number): number {
    return Math.ceil(trueTimeOf(shown - this.error.offsetMs) / (1 + this.error.drift));
  }

  /** Something reaches the process: at once, when it thaws, or never. */
  wake(act: () => void): void {
    if (!this.isAlive) return;
    if (this.scheduler.now >= this.lastFrozenUntil) act();
    else this.scheduler.at(this.lastFrozenUntil, () => this.wake(act));
  }

  /** Nothing reaches it any more; requests that it sent are on their way all the same. */
  crash(): void {
    this.isAlive = false;
  }

  freeze(ms: number): void {
    this.lastFrozenUntil = Math.max(this.lastFrozenUntil, this.scheduler.now + ms);
  }
}
