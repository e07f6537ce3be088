import { isSettled, type StoredRecord } from './record.js';

/**
 * A record as `responseHook` and errors show it, with Powertools' names.
 * Made anew for every answer: changing it changes nothing stored.
 */
export class IdempotencyRecord {
  /** `scope#hash`. */
  readonly idempotencyKey: string;
  /** End of the window (or, while in progress, the TTL), epoch seconds. */
  readonly expiryTimestamp: number;
  /** End of the lease, epoch milliseconds; only while in progress. */
  readonly inProgressExpiryTimestamp: number | undefined;
  /** The stored result; `undefined` while in progress, where it was not stored, and where the function threw. */
  readonly responseData: unknown;
  /** Whether the function threw, and `shouldStoreError` called that final. */
  readonly isFailure: boolean;
  /** What it threw, as replays throw it. */
  readonly failure: unknown;
  /** The fingerprint, where payload validation is on. */
  readonly payloadHash: string | undefined;
  /** False while in progress, and where the call is finished but its result (or what it threw) was not stored. */
  readonly isResultStored: boolean;
  /** Runs of the call up to this one, where `maxAttempts` counts them. */
  readonly attempts: number | undefined;
  readonly #status: 'INPROGRESS' | 'COMPLETED';
  readonly #now: () => number;

  /** @param outcome what the record's result holds, where it is at hand */
  constructor(record: StoredRecord, outcome: unknown, now: () => number) {
    this.idempotencyKey = record.key;
    this.expiryTimestamp = record.expiresAt / 1_000;
    this.inProgressExpiryTimestamp = record.status === 'running' ? record.leaseUntil : undefined;
    this.isFailure = record.status === 'failed';
    this.responseData = this.isFailure ? undefined : outcome;
    this.failure = this.isFailure ? outcome : undefined;
    this.payloadHash = record.fingerprint;
    this.attempts = record.attempts;
    this.isResultStored = isSettled(record) && record.result.stored;
    this.#status = record.status === 'running' ? 'INPROGRESS' : 'COMPLETED';
    this.#now = now;
  }

  getResponse(): unknown {
    return this.responseData;
  }

  /** Whether the window is over by now. */
  isExpired(): boolean {
    return this.#status === 'COMPLETED' && this.expiryTimestamp * 1_000 <= this.#now();
  }

  getStatus(): 'INPROGRESS' | 'COMPLETED' | 'EXPIRED' {
    return this.isExpired() ? 'EXPIRED' : this.#status;
  }
}
