import { IdempotencyPersistenceLayerError } from '../core/protocol/errors.js';
import type { RunningRecord, SettledRecord, StoredRecord } from '../core/protocol/record.js';
import type {
  ClaimAnswer,
  ClaimMoment,
  HolderAnswer,
  Outcome,
  PersistenceStore,
  ReadOptions,
} from '../core/protocol/store.js';

/** The methods of a store. */
export type StoreOperation = 'claim' | 'settle' | 'renew' | 'release' | 'read' | 'readParts';

/** A planned fault of one store method. */
export interface Fault {
  readonly operation: StoreOperation;
  /**
   * - `lose request`: the request is not executed, and the caller gets an error.
   * - `lose answer`: the request is executed, and the caller gets an error.
   * - `send again`: the request is executed twice, as when an SDK retries after a lost answer; the caller gets the second answer.
   * - `hang`: the request is not executed, and no answer ever comes.
   */
  readonly kind: 'lose request' | 'lose answer' | 'send again' | 'hang';
  /** How many requests fail. Default: 1. */
  readonly times?: number;
}

/**
 * Wraps a store and injects faults.
 *
 * @example
 * ```ts
 * import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';
 * import { FaultyStore } from 'lambda-idempotency/testing';
 *
 * const persistenceStore = new FaultyStore(new MemoryPersistenceLayer());
 * persistenceStore.inject({ operation: 'settle', kind: 'lose answer', times: 2 });
 * ```
 */
export class FaultyStore implements PersistenceStore {
  readonly #store: PersistenceStore;
  #faults: { readonly fault: Fault; left: number }[] = [];
  /** All requests so far, in order. */
  readonly requests: StoreOperation[] = [];

  readonly readParts?: (record: SettledRecord) => Promise<string | Uint8Array>;

  constructor(store: PersistenceStore) {
    this.#store = store;
    const readParts = store.readParts?.bind(store);
    if (readParts) this.readParts = (record) => this.#pass('readParts', () => readParts(record));
  }

  /** Plans a fault. Several faults of one operation occur in the order in which they were planned. */
  inject(fault: Fault): this {
    this.#faults.push({ fault, left: fault.times ?? 1 });
    return this;
  }

  /** Removes all planned faults. */
  heal(): void {
    this.#faults = [];
  }

  claim(record: RunningRecord, moment: ClaimMoment): Promise<ClaimAnswer> {
    return this.#pass('claim', () => this.#store.claim(record, moment));
  }

  settle(key: string, fence: string, outcome: Outcome): Promise<HolderAnswer> {
    return this.#pass('settle', () => this.#store.settle(key, fence, outcome));
  }

  renew(key: string, fence: string, leaseUntil: number, expiresAt: number): Promise<HolderAnswer> {
    return this.#pass('renew', () => this.#store.renew(key, fence, leaseUntil, expiresAt));
  }

  release(key: string, fence: string, remains?: RunningRecord): Promise<HolderAnswer> {
    return this.#pass('release', () => this.#store.release(key, fence, remains));
  }

  read(key: string, options?: ReadOptions): Promise<StoredRecord | undefined> {
    return this.#pass('read', () => this.#store.read(key, options));
  }

  async #pass<Answer>(operation: StoreOperation, send: () => Promise<Answer>): Promise<Answer> {
    this.requests.push(operation);
    const planned = this.#faults.find(({ fault, left }) => fault.operation === operation && left > 0);
    if (!planned) return send();
    planned.left--;
    switch (planned.fault.kind) {
      case 'lose request':
        break;
      case 'lose answer':
        await send();
        break;
      case 'send again':
        await send();
        return send();
      case 'hang':
        return new Promise(() => {});
    }
    throw new IdempotencyPersistenceLayerError(`The ${operation} failed: ${planned.fault.kind}.`);
  }
}
