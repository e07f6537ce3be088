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

/** Options of the local cache. */
export interface LocalCacheOptions {
  /** The most records in the cache; the least recently used is dropped first. */
  readonly maxRecords: number;
  readonly clock: Clock;
}

/** A map that drops the least recently used entry. */
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

/** Larger results are not cached: 256 of this size already take 100 MB. */
const MAX_DATA_BYTES = 400 * 1_024;

const isSmall = (result: StoredResult): boolean =>
  !result.stored || result.data === undefined || Buffer.byteLength(result.data) <= MAX_DATA_BYTES;

/**
 * Adds a local cache to a store: replays from it need no request. It holds only settled records within their window,
 * with results in encoded form, so every replay gets its own copy.
 */
export const localCache = (
  store: PersistenceStore,
  { maxRecords, clock }: LocalCacheOptions,
): PersistenceStore => {
  const settled = new LeastRecentlyUsed<SettledRecord>(maxRecords);
  /** Claims of this process that are not settled yet, by fence: a settle does not carry the fingerprint. */
  const claims = new LeastRecentlyUsed<RunningRecord>(maxRecords);

  const readParts = store.readParts?.bind(store);

  const remember = (record: StoredRecord | undefined): void => {
    if (isSettled(record) && isSmall(record.result)) settled.put(record.key, copyOf(record));
  };

  const lookUp = (key: string, now: number): SettledRecord | undefined => {
    const record = settled.take(key);
    if (!record || isOver(record, now, 0)) return undefined;
    settled.put(key, record);
    return copyOf(record);
  };

  return {
    async claim(record: RunningRecord, moment: ClaimMoment): Promise<ClaimAnswer> {
      const existing = lookUp(record.key, moment.now);
      if (existing) return { claimed: false, existing };
      const answer = await store.claim(record, moment);
      if (answer.claimed) claims.put(record.fence, record);
      else remember(answer.existing);
      return answer;
    },
    async settle(key: string, fence: string, outcome: Outcome): Promise<HolderAnswer> {
      const answer = await store.settle(key, fence, outcome);
      if (!answer.held) remember(answer.existing);
      const claim = claims.take(fence);
      if (answer.held && claim) {
        const { leaseUntil: _, ...rest } = claim;
        remember({ ...rest, status: 'done', ...outcome });
      }
      return answer;
    },
    renew: (key, fence, leaseUntil, expiresAt) => store.renew(key, fence, leaseUntil, expiresAt),
    async release(key: string, fence: string, remains?: RunningRecord): Promise<HolderAnswer> {
      claims.take(fence);
      return store.release(key, fence, remains);
    },
    async read(key: string, options?: ReadOptions): Promise<StoredRecord | undefined> {
      const record = lookUp(key, clock.now()) ?? (await store.read(key, options));
      remember(record);
      return record;
    },
    // Data that was read once is cached with its record.
    ...(readParts && {
      async readParts(record: SettledRecord): Promise<string | Uint8Array> {
        const data = await readParts(record);
        const { key, fence, result } = record;
        const known = lookUp(key, clock.now());
        if (known?.fence === fence && result.stored) {
          remember({ ...known, result: { stored: true, codec: result.codec, data } });
        }
        return data;
      },
    }),
  };
};
