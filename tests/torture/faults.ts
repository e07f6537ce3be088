import type { Point } from './protocol.js';
import type { Random } from './random.js';

export type Strike = { readonly act: 'kill' } | { readonly act: 'pause'; readonly ms: number };

export interface FaultBudget {
  readonly kills: number;
  readonly pauses: number;
  /** How many store calls the whole run is about to make, roughly. */
  readonly storeCalls: number;
  readonly leaseMs: number;
}

/** A point of a worker's life: the call of that number, or the first of the operation from that number on. */
interface Aim {
  readonly call: number;
  readonly side: Point['side'];
  readonly operation?: string;
}

/** Half of the lives end young: the first before store call 1, the next after it, then before call 2, and so on. */
const nth = (index: number): Aim => ({
  call: 1 + Math.floor(index / 2),
  side: index % 2 === 0 ? 'before' : 'after',
});

const isAt = (point: Point, aim: Aim | undefined): boolean => {
  if (point.side !== aim?.side) return false;
  const { call, operation } = aim;
  return operation === undefined ? point.call === call : point.call >= call && point.operation === operation;
};

/**
 * Decides, by a seed, what strikes whom: half of the kills and pauses at numbered store calls of a worker's life,
 * half at any time.
 */
export class FaultPlan {
  readonly #random: Random;
  readonly #budget: FaultBudget;
  readonly #lives = new Map<number, { kill: Aim | undefined; pause: Aim | undefined }>();
  #numbered = { kill: 0, pause: 0 };
  #anyTime = { kill: 0, pause: 0 };
  /** Rare ones are struck as often as the others. */
  readonly #operations = new Set(['claim']);
  #begun = 0;
  #isOver = false;

  constructor(budget: FaultBudget, random: Random) {
    this.#budget = budget;
    this.#random = random;
  }

  /** No more faults from here on. */
  end(): void {
    this.#isOver = true;
  }

  /** A worker begins to serve. */
  begin(life: number): void {
    const index = Math.floor(this.#begun / 2);
    const diesYoung = this.#begun++ % 2 === 0 && this.#mayStill('kill');
    this.#lives.set(life, {
      kill: diesYoung ? nth(index) : this.#later(0, this.#budget.kills / 2),
      pause: diesYoung ? undefined : nth(index),
    });
  }

  /** What strikes a worker at this very point. */
  at(life: number, point: Point): Strike | undefined {
    const plan = this.#lives.get(life);
    this.#operations.add(point.operation);
    if (this.#isOver || !plan) return undefined;
    if (isAt(point, plan.kill) && this.#mayStill('kill')) {
      this.#numbered.kill++;
      return { act: 'kill' };
    }
    if (!isAt(point, plan.pause) || !this.#mayStill('pause')) return undefined;
    this.#numbered.pause++;
    plan.pause = this.#later(point.call, this.#budget.pauses / 2);
    return this.#pause();
  }

  /** What strikes some worker now, whatever it does. `progress` is 0 to 1. */
  anyTime(progress: number): Strike | undefined {
    if (this.#isOver) return undefined;
    for (const act of ['kill', 'pause'] as const) {
      const budget = this.#budget[act === 'kill' ? 'kills' : 'pauses'] / 2;
      if (this.#anyTime[act] >= Math.floor(budget * progress)) continue;
      this.#anyTime[act]++;
      return act === 'kill' ? { act } : this.#pause();
    }
    return undefined;
  }

  #mayStill(act: Strike['act']): boolean {
    return this.#numbered[act] < this.#budget[act === 'kill' ? 'kills' : 'pauses'] / 2;
  }

  /** So far away that `count` of them last for the whole run, more or less. */
  #later(call: number, count: number): Aim {
    const distance = Math.round((this.#budget.storeCalls / count) * (0.3 + 1.4 * this.#random.next()));
    return {
      call: call + distance,
      side: this.#random.pick(['before', 'after']),
      operation: this.#random.pick([...this.#operations]),
    };
  }

  /** Half of the pauses end inside the lease, half after it. */
  #pause(): Strike {
    const { leaseMs } = this.#budget;
    const ms = this.#random.chance(0.5)
      ? this.#random.between(20, Math.round(leaseMs / 2))
      : this.#random.between(Math.round(leaseMs * 1.2), Math.round(leaseMs * 2.2));
    return { act: 'pause', ms };
  }
}
