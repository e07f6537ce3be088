import type { Clock } from '../core/clock.js';
import {
  isOver,
  isSettled,
  type RunningRecord,
  type SettledRecord,
  type StoredRecord,
} from '../core/record.js';
import type {
  ClaimAnswer,
  ClaimMoment,
  HolderAnswer,
  Outcome,
  PersistenceStore,
  ReadOptions,
} from '../core/store.js';

export interface CachedOptions {
  /** The most records kept; the least recently used goes first. */
  readonly maxRecords: number;
  readonly clock: Clock;
}

/** A map that forgets what was used least recently. */
class LeastRecentlyUsed<Value> {
  readonly #max: number;
  /** Oldest first. */
  readonly #values = new Map<string, Value>();

  constructor(max: number) {
    this.#max = max;
  }

  take(key: string): Value | undefined {
    const value = this.#values.get(key);
    this.#values.delete(key);
    return value;
  }

  put(key: string, value: Value): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (oldest !== undefined && this.#values.size > this.#max) this.#values.delete(oldest);
  }
}

/**
 * A local cache around any store: replays from it cost no round trip. It keeps settled records only, inside their
 * window, and results encoded, so that every replay is decoded anew.
 */
export const cached = (store: PersistenceStore, { maxRecords, clock }: CachedOptions): PersistenceStore => {
  const settled = new LeastRecentlyUsed<SettledRecord>(maxRecords);
  /** Claims of this process that are not settled yet, by fence: a settle alone does not tell the fingerprint. */
  const claims = new LeastRecentlyUsed<RunningRecord>(maxRecords);

  const keep = (record: StoredRecord | undefined): void => {
    if (isSettled(record)) settled.put(record.key, record);
  };

  const recall = (key: string, now: number): SettledRecord | undefined => {
    const record = settled.take(key);
    if (!record || isOver(record, now, 0)) return undefined;
    settled.put(key, record);
    return record;
  };

  return {
    async claim(record: RunningRecord, moment: ClaimMoment): Promise<ClaimAnswer> {
      const existing = recall(record.key, moment.now);
      if (existing) return { claimed: false, existing };
      const answer = await store.claim(record, moment);
      if (answer.claimed) claims.put(record.fence, record);
      else keep(answer.existing);
      return answer;
    },
    async settle(key: string, fence: string, outcome: Outcome): Promise<HolderAnswer> {
      const answer = await store.settle(key, fence, outcome);
      if (!answer.held) keep(answer.existing);
      const claim = claims.take(fence);
      if (answer.held && claim) {
        const { leaseUntil: _, ...rest } = claim;
        keep({ ...rest, status: 'done', ...outcome });
      }
      return answer;
    },
    renew: (key, fence, leaseUntil, expiresAt) => store.renew(key, fence, leaseUntil, expiresAt),
    async release(key: string, fence: string, remains?: RunningRecord): Promise<HolderAnswer> {
      claims.take(fence);
      return store.release(key, fence, remains);
    },
    async read(key: string, options?: ReadOptions): Promise<StoredRecord | undefined> {
      const record = recall(key, clock.now()) ?? (await store.read(key, options));
      keep(record);
      return record;
    },
  };
};
