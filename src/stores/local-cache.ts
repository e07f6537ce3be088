import type { Clock } from '../core/protocol/clock.js';
import {
  copyOf,
  isOver,
  isSettled,
  type RunningRecord,
  type SettledRecord,
  type StoredRecord,
  type StoredResult,
} from '../core/protocol/record.js';
import type {
  ClaimAnswer,
  ClaimMoment,
  HolderAnswer,
  Outcome,
  PersistenceStore,
  ReadOptions,
} from '../core/protocol/store.js';

export interface LocalCacheOptions {
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

/** What is larger would fill the memory of a small function: 256 such results are 100 MB. */
const MAX_DATA_BYTES = 400 * 1_024;

const isSmall = (result: StoredResult): boolean =>
  !result.stored || result.data === undefined || Buffer.byteLength(result.data) <= MAX_DATA_BYTES;

/**
 * A local cache around any store: replays from it cost no round trip. It keeps settled records only, inside their
 * window, and results encoded, so that every replay is decoded anew.
 */
export const localCache = (
  store: PersistenceStore,
  { maxRecords, clock }: LocalCacheOptions,
): PersistenceStore => {
  const settled = new LeastRecentlyUsed<SettledRecord>(maxRecords);
  /** Claims of this process that are not settled yet, by fence: a settle alone does not tell the fingerprint. */
  const claims = new LeastRecentlyUsed<RunningRecord>(maxRecords);

  const readParts = store.readParts?.bind(store);

  const keep = (record: StoredRecord | undefined): void => {
    if (isSettled(record) && isSmall(record.result)) settled.put(record.key, copyOf(record));
  };

  const recall = (key: string, now: number): SettledRecord | undefined => {
    const record = settled.take(key);
    if (!record || isOver(record, now, 0)) return undefined;
    settled.put(key, record);
    return copyOf(record);
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
    // What was read once is kept with its record.
    ...(readParts && {
      async readParts(record: SettledRecord): Promise<string | Uint8Array> {
        const data = await readParts(record);
        const { key, fence, result } = record;
        const known = recall(key, clock.now());
        if (known?.fence === fence && result.stored) {
          keep({ ...known, result: { stored: true, codec: result.codec, data } });
        }
        return data;
      },
    }),
  };
};
