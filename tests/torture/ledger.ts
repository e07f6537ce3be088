import { closeSync, openSync, writeSync } from 'node:fs';
import type { RawItem } from '../support/tables.js';
import type { Entry } from './audit.js';
import type { Effect, Point } from './protocol.js';

type WithoutTime<Each> = Each extends Entry ? Omit<Each, 'at'> : never;

/** What the controller was told, in order, with its own clock's times. Append-only, in memory and in a file. */
export class Ledger {
  readonly entries: Entry[] = [];
  takeOvers = 0;
  storeCalls = 0;
  readonly #file: number;
  /** When a store call was sent, by worker and number. */
  readonly #sentAt = new Map<string, number>();
  /** Which key's record the table holds under an id. */
  readonly #keys = new Map<string, string>();
  readonly #stored = new Map<string, string | undefined>();

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  /** Both sides of a store call; what counts are claims that were won, settles that held, and releases that were sent. */
  point(
    life: number,
    { side, call, operation, key, id, fence = '', won, tookOver, leaseUntil }: Point,
  ): void {
    this.#keys.set(id, key);
    const name = `${life} ${call}`;
    if (side === 'before') {
      this.storeCalls++;
      this.#sentAt.set(name, Date.now());
      if (operation === 'release') this.#append({ kind: 'release sent', key, fence });
      return;
    }
    const sentAt = this.#sentAt.get(name) ?? 0;
    this.#sentAt.delete(name);
    if (tookOver) this.takeOvers++;
    if (!won) return;
    if (leaseUntil !== undefined) this.#append({ kind: 'claim', key, fence, sentAt, leaseUntil });
    else if (operation === 'settle') this.#append({ kind: 'settled', key, fence, sentAt });
  }

  effect({ key, effect, fence }: Effect): void {
    this.#append({ kind: 'effect', key, effect, fence });
  }

  answer(key: string, answer: unknown): void {
    this.#append({ kind: 'answer', key, answer });
  }

  /** A look at the whole table: tells what is settled now, where that is new, and what no longer is. */
  look(items: readonly RawItem[]): void {
    const settled = new Map<string, string | undefined>();
    for (const { id, status, data } of items) {
      const key = this.#keys.get(id?.S ?? '');
      if (key !== undefined && status?.S === 'COMPLETED') settled.set(key, data?.S);
    }
    for (const key of new Set([...this.#stored.keys(), ...settled.keys()])) {
      const outcome = settled.get(key);
      if (this.#stored.has(key) && this.#stored.get(key) === outcome) continue;
      this.#stored.set(key, outcome);
      this.#append({ kind: 'stored', key, outcome });
    }
  }

  /** The last look, when all has ended: every key that was answered must be there. */
  lastLook(items: readonly RawItem[]): void {
    this.look(items);
    for (const { kind, key } of [...this.entries]) {
      if (kind !== 'answer' || this.#stored.has(key)) continue;
      this.#stored.set(key, undefined);
      this.#append({ kind: 'stored', key, outcome: undefined });
    }
  }

  close(): void {
    closeSync(this.#file);
  }

  #append(entry: WithoutTime<Entry>): void {
    const kept = { at: Date.now(), ...entry } as Entry;
    writeSync(this.#file, `${JSON.stringify(kept)}\n`);
    this.entries.push(kept);
  }
}
