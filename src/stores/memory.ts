import { copyOf, isOver, type RunningRecord, type StoredRecord } from '../core/protocol/record.js';
import type {
  ClaimAnswer,
  ClaimMoment,
  HolderAnswer,
  Outcome,
  PersistenceStore,
} from '../core/protocol/store.js';

/**
 * Stores records in memory, for tests and local development. They are lost when the process ends, and other processes
 * cannot see them.
 *
 * @example
 * ```ts
 * import { makeIdempotent } from 'lambda-idempotency';
 * import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';
 *
 * const placeOrder = makeIdempotent(async (order: { id: string }) => `ordered ${order.id}`, {
 *   persistenceStore: new MemoryPersistenceLayer(),
 *   keyPrefix: 'orders',
 *   config: { eventKeyJmesPath: 'id' },
 * });
 * ```
 */
export class MemoryPersistenceLayer implements PersistenceStore {
  /** Records are copied on the way in and out, so callers cannot change stored ones. */
  readonly #records = new Map<string, StoredRecord>();
  /** Claims until expired records are next deleted. */
  #claimsUntilCleanup = 0;

  async claim(record: RunningRecord, { now, leaseOverAt, takesOver }: ClaimMoment): Promise<ClaimAnswer> {
    const existing = this.#records.get(record.key);
    const isBarred = existing?.status === 'running' && (takesOver ?? existing.fence) !== existing.fence;
    if (existing && (isBarred || !isOver(existing, now, now - leaseOverAt))) {
      return { claimed: false, existing: copyOf(existing) };
    }
    this.#deleteExpired(now);
    this.#records.set(record.key, copyOf(record));
    return { claimed: true, ...(existing && { replaced: existing }) };
  }

  async settle(key: string, fence: string, outcome: Outcome): Promise<HolderAnswer> {
    const held = this.#records.get(key);
    if (held?.status !== 'running' || held.fence !== fence) return this.#refusal(held);
    const { leaseUntil: _, ...rest } = held;
    this.#records.set(key, copyOf({ ...rest, status: 'done', ...outcome }));
    return { held: true };
  }

  async renew(key: string, fence: string, leaseUntil: number, expiresAt: number): Promise<HolderAnswer> {
    const held = this.#records.get(key);
    if (held?.status !== 'running' || held.fence !== fence) return this.#refusal(held);
    if (held.leaseUntil > leaseUntil) return { held: true };
    this.#records.set(key, { ...held, leaseUntil, expiresAt });
    return { held: true };
  }

  async release(key: string, fence: string, remains?: RunningRecord): Promise<HolderAnswer> {
    const held = this.#records.get(key);
    if (held?.status !== 'running' || held.fence !== fence) return this.#refusal(held);
    this.#records.delete(key);
    if (remains) this.#records.set(key, copyOf(remains));
    return { held: true };
  }

  async read(key: string): Promise<StoredRecord | undefined> {
    const record = this.#records.get(key);
    return record && copyOf(record);
  }

  #refusal(existing: StoredRecord | undefined): HolderAnswer {
    return { held: false, ...(existing && { existing: copyOf(existing) }) };
  }

  /**
   * Acts as a TTL. It visits every record, so it runs only after as many claims as there are records: the cost per claim
   * stays constant, and at most about half of the records are expired.
   */
  #deleteExpired(now: number): void {
    if (this.#claimsUntilCleanup-- > 0) return;
    for (const [key, { expiresAt }] of this.#records) if (expiresAt <= now) this.#records.delete(key);
    this.#claimsUntilCleanup = this.#records.size;
  }
}
