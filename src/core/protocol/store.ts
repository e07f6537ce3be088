import type { RunningRecord, SettledRecord, StoredRecord, StoredResult } from './record.js';

/** The time of a claim by the claimer's clock, in epoch milliseconds, and what it may take over. */
export interface ClaimMoment {
  readonly now: number;
  /** A running record whose lease ended at or before this time may be taken over: `now` less the clock skew margin. */
  readonly leaseOverAt: number;
  /**
   * The fence of the only running record that may be taken over, once its lease is over; `''` allows no take-over.
   * Absent: any may be taken over. Set by claimers that must see the record first, to count attempts or to refuse; not
   * for a record without a fence, which another writer left and no name fits.
   */
  readonly takesOver?: string;
}

/** The answer to a claim. */
export type ClaimAnswer =
  /** `replaced` is the record that the claim replaced, if the store reports it. */
  | { readonly claimed: true; readonly replaced?: StoredRecord }
  /** `existing` is the record that prevented the claim; absent if it was gone before it could be read. */
  | { readonly claimed: false; readonly existing?: StoredRecord };

/** Whether the fence still held the record. If not, `existing` is the current record, if there is one. */
export type HolderAnswer =
  | { readonly held: true }
  | { readonly held: false; readonly existing?: StoredRecord };

/** How a call ended, and how long that is replayed. */
export interface Outcome {
  /** Status of the settled record. Default: `'done'`. */
  readonly status?: SettledRecord['status'];
  readonly result: StoredResult;
  /** End of the window, in epoch milliseconds; a multiple of 1,000. */
  readonly expiresAt: number;
  /** When the call was settled, in epoch milliseconds: stored, for who looks at the record. */
  readonly settledAt?: number;
}

/** Options of a store's `read`. */
export interface ReadOptions {
  /** Whether the read is strongly consistent. With false, a slightly stale and cheaper read is enough. Default: true. */
  readonly consistent?: boolean;
}

/**
 * Where records are stored. A store compares and writes; it has no policy, no clock, and no state per call or function.
 *
 * Every method is one atomic step. All but `read` and `readParts` are conditional: `claim` succeeds if no protected record
 * exists, the others if a running record has the given fence. Methods reject with `IdempotencyPersistenceLayerError` if a
 * request fails, and `settle` rejects with `IdempotencyResultError` if the store can never hold the result (too large).
 * To test a store of your own, run `storeContract` of `lambda-idempotency/testing`.
 *
 * @example
 * ```ts
 * import type { PersistenceStore } from 'lambda-idempotency';
 *
 * // Reports how long claims take; everything else passes through.
 * const timed = (store: PersistenceStore, report: (ms: number) => void): PersistenceStore => ({
 *   async claim(record, moment) {
 *     const start = performance.now();
 *     try {
 *       return await store.claim(record, moment);
 *     } finally {
 *       report(performance.now() - start);
 *     }
 *   },
 *   settle: (key, fence, outcome) => store.settle(key, fence, outcome),
 *   renew: (key, fence, leaseUntil, expiresAt) => store.renew(key, fence, leaseUntil, expiresAt),
 *   release: (key, fence, remains) => store.release(key, fence, remains),
 *   read: (key, options) => store.read(key, options),
 *   ...(store.readParts && { readParts: store.readParts.bind(store) }),
 * });
 * ```
 */
export interface PersistenceStore {
  /** Writes the record if its key is free: no record, a settled one whose window is over, or a running one whose lease is over. */
  claim(record: RunningRecord, moment: ClaimMoment): Promise<ClaimAnswer>;
  /** Turns the running record with this fence into a settled one. */
  settle(key: string, fence: string, outcome: Outcome): Promise<HolderAnswer>;
  /**
   * Extends the lease and the expiry of the running record with this fence (epoch milliseconds; `expiresAt` is a multiple
   * of 1,000). Never shortens them: a delayed renewal leaves a later lease unchanged, and answers `held: true`.
   */
  renew(key: string, fence: string, leaseUntil: number, expiresAt: number): Promise<HolderAnswer>;
  /** Deletes the running record with this fence, or replaces it with `remains`, a record with another fence. */
  release(key: string, fence: string, remains?: RunningRecord): Promise<HolderAnswer>;
  /** Reads the record. Strongly consistent, unless `consistent` is false. */
  read(key: string, options?: ReadOptions): Promise<StoredRecord | undefined>;
  /**
   * Reads the data of a record whose result is in `parts`. Rejects with `IdempotencyResultError` if a part is missing or
   * damaged. Required only of stores that set `parts`.
   */
  readParts?(record: SettledRecord): Promise<string | Uint8Array>;
}
