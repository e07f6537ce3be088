import type { RunningRecord, SettledRecord, StoredRecord, StoredResult } from './record.js';

/** The moment of a claim, by the claimer's clock (epoch milliseconds). */
export interface ClaimMoment {
  readonly now: number;
  /** A running record whose lease ended at or before this may be taken over (`now` less the clock skew margin). */
  readonly leaseOverAt: number;
  /**
   * The fence of the one running record that may be taken over, if its lease is over; '' is none. Absent: any may.
   * A claimer that must see what it takes over (to count attempts, or to refuse) names it.
   */
  readonly takesOver?: string;
}

export type ClaimAnswer =
  /** `replaced` is the record that the claim displaced, where the store tells. */
  | { readonly claimed: true; readonly replaced?: StoredRecord }
  /** `existing` is what stands in the way; absent when it vanished between the refusal and the look. */
  | { readonly claimed: false; readonly existing?: StoredRecord };

/** Whether the fence still held the record. If not, `existing` is what is there instead, if anything. */
export type HolderAnswer =
  | { readonly held: true }
  | { readonly held: false; readonly existing?: StoredRecord };

export interface Outcome {
  /** What the settled record's status is. Default: `'done'`. */
  readonly status?: SettledRecord['status'];
  readonly result: StoredResult;
  /** End of the window, epoch milliseconds, a multiple of 1,000. */
  readonly expiresAt: number;
}

export interface ReadOptions {
  /** False: what was there a moment ago will do, where that is cheaper. Default: true. */
  readonly consistent?: boolean;
}

/**
 * Where records live. A store compares and writes; it holds no policy, no clock and nothing per call or function.
 *
 * Every method is one atomic step. All but `read` are conditional: `claim` on the absence of a protected record,
 * the others on the fence of a running record. Methods reject with
 * `IdempotencyPersistenceLayerError` when the store cannot be asked, and `settle` with `IdempotencyResultError`
 * when this result can never be stored here (too large). `lambda-idempotency/testing` has the contract as data.
 */
export interface PersistenceStore {
  /** Writes the record if none is protected under its key: none there, settled with its window over, or running with its lease over. */
  claim(record: RunningRecord, moment: ClaimMoment): Promise<ClaimAnswer>;
  /** Turns the running record of this fence into a settled one. */
  settle(key: string, fence: string, outcome: Outcome): Promise<HolderAnswer>;
  /**
   * Moves the lease of this fence's running record on, and the record's own end with it (epoch milliseconds, the
   * latter a multiple of 1,000). Never back: a renewal that comes late leaves a later lease as it is, and is held.
   */
  renew(key: string, fence: string, leaseUntil: number, expiresAt: number): Promise<HolderAnswer>;
  /** Deletes the running record of this fence, or leaves `remains` in its place: a record of another fence. */
  release(key: string, fence: string, remains?: RunningRecord): Promise<HolderAnswer>;
  /** Strongly consistent, unless the options leave it open. */
  read(key: string, options?: ReadOptions): Promise<StoredRecord | undefined>;
  /**
   * The data of a record whose result lies in `parts`. Rejects with `IdempotencyResultError` where a part is missing
   * or is not what was written. Only stores that make parts need it.
   */
  readParts?(record: SettledRecord): Promise<string | Uint8Array>;
}
