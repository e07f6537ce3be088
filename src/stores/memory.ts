import { copyOf, isOver, type RunningRecord, type StoredRecord } from '../core/protocol/record.js';
import type {
  ClaimAnswer,
  ClaimMoment,
  HolderAnswer,
  Outcome,
  PersistenceStore,
} from '../core/protocol/store.js';

/**
 * Keeps records in this process: for tests and local work. Nothing survives the process, and no other sees it.
 *
 * @example docs/examples/testing-a-handler.test.ts
 */
export class MemoryPersistenceLayer implements PersistenceStore {
  /** Copies come in and go out: no caller can change what the next one gets. */
  readonly #records = new Map<string, StoredRecord>();
  /** Claims until records are forgotten next. */
  #untilForget = 0;

  async claim(record: RunningRecord, { now, leaseOverAt, takesOver }: ClaimMoment): Promise<ClaimAnswer> {
    const existing = this.#records.get(record.key);
    const isBarred = existing?.status === 'running' && (takesOver ?? existing.fence) !== existing.fence;
    if (existing && (isBarred || !isOver(existing, now, now - leaseOverAt))) {
      return { claimed: false, existing: copyOf(existing) };
    }
    this.#forget(now);
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
   * What a TTL does: a long-lived process keeps no more than twice its live windows. Not at each claim: every record is
   * looked at, so that a claim costs the same however many there are.
   */
  #forget(now: number): void {
    if (this.#untilForget-- > 0) return;
    for (const [key, { expiresAt }] of this.#records) if (expiresAt <= now) this.#records.delete(key);
    this.#untilForget = this.#records.size;
  }
}
