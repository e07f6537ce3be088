import type { StoredRecord } from './record.js';

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
  /** The stored result; `undefined` while in progress and where it was not stored. */
  readonly responseData: unknown;
  /** The fingerprint, where payload validation is on. */
  readonly payloadHash: string | undefined;
  /** False where the call is finished but its result could not be stored. */
  readonly isResultStored: boolean;
  readonly #status: 'INPROGRESS' | 'COMPLETED';
  readonly #now: () => number;

  constructor(record: StoredRecord, response: unknown, now: () => number) {
    this.idempotencyKey = record.key;
    this.expiryTimestamp = record.expiresAt / 1_000;
    this.inProgressExpiryTimestamp = record.status === 'running' ? record.leaseUntil : undefined;
    this.responseData = response;
    this.payloadHash = record.fingerprint;
    this.isResultStored = record.status === 'done' && record.result.stored;
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
