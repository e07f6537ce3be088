import type { StoredRecord } from '../../../src/core/protocol/record.js';
import { type StoreAnswer, type StoreRequest, transition } from '../transitions.js';

/** A change of what lies under a key. Requests that changed nothing are not in the log. */
export interface Write {
  readonly at: number;
  readonly key: string;
  readonly before: StoredRecord | undefined;
  readonly after: StoredRecord | undefined;
  /** What did it: a request, the TTL, or a deletion that nobody asked the library about. */
  readonly by: StoreRequest | { readonly operation: 'ttl' | 'early deletion' };
}

/** How long an eventually consistent read may be behind. */
const STALE_MS = 1_000;

interface Setting {
  readonly now: () => number;
  readonly wrote: (write: Write) => void;
  readonly maxResultBytes?: number;
}

/** The one database of a world: applies requests in the order in which they arrive, and reports each change. */
export class Database {
  readonly #setting: Setting;
  readonly #records = new Map<string, StoredRecord>();
  readonly #lastWrites = new Map<string, Write>();
  /** Requests that arrive before this (true time) are not answered. */
  downUntil = 0;

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  get isDown(): boolean {
    return this.#setting.now() < this.downUntil;
  }

  /** @param isStale whether a read that need not be consistent is behind */
  apply(request: StoreRequest, isStale = false): StoreAnswer | 'too large' {
    if (request.operation === 'read' && !request.isConsistent && isStale) {
      return { read: this.#staleRecord(request.key) };
    }
    const before = this.#records.get(request.key);
    const { after, answer } = transition(before, request, this.#setting.maxResultBytes);
    if (after !== before) this.#write(request.key, before, after, request);
    return answer;
  }

  /** Takes a record away without a request. */
  delete(key: string, operation: 'ttl' | 'early deletion'): void {
    const before = this.#records.get(key);
    if (before) this.#write(key, before, undefined, { operation });
  }

  peek(key: string): StoredRecord | undefined {
    return this.#records.get(key);
  }

  keys(): string[] {
    return [...this.#records.keys()];
  }

  #staleRecord(key: string): StoredRecord | undefined {
    const last = this.#lastWrites.get(key);
    const isRecent = last && this.#setting.now() - last.at < STALE_MS;
    return isRecent ? last.before : this.#records.get(key);
  }

  #write(
    key: string,
    before: StoredRecord | undefined,
    after: StoredRecord | undefined,
    by: Write['by'],
  ): void {
    if (after) this.#records.set(key, after);
    else this.#records.delete(key);
    const write = { at: this.#setting.now(), key, before, after, by };
    this.#lastWrites.set(key, write);
    this.#setting.wrote(write);
  }
}
