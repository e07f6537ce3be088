import { isSettled, type StoredRecord } from './record.js';

/**
 * A record as `responseHook` and errors show it, with Powertools' names. Created for each answer: changing it does not
 * change the stored record.
 *
 * @example
 * ```ts
 * import type { IdempotencyRecord } from 'lambda-idempotency';
 *
 * const config = {
 *   responseHook: (response: unknown, record: IdempotencyRecord) =>
 *     record.isResultStored ? response : { statusCode: 204 },
 * };
 * ```
 */
export class IdempotencyRecord {
  /** `scope#hash`. */
  readonly idempotencyKey: string;
  /** End of the window, in epoch seconds; while in progress, the TTL. */
  readonly expiryTimestamp: number;
  /** End of the lease, in epoch milliseconds; only while in progress. */
  readonly inProgressExpiryTimestamp: number | undefined;
  /** The stored result. `undefined` while in progress, if no result was stored, and if the function threw. */
  readonly responseData: unknown;
  /** Whether the function threw an error that `shouldStoreError` declared final. */
  readonly isFailure: boolean;
  /** The error that the function threw, as replays throw it. */
  readonly failure: unknown;
  /** The fingerprint, if payload validation is on. */
  readonly payloadHash: string | undefined;
  /** False while in progress, and if the call is finished but its result or error was not stored. */
  readonly isResultStored: boolean;
  /** How often the call has run, with `maxAttempts`. */
  readonly attempts: number | undefined;
  /** The Lambda request id of the invocation that runs, or ran. `undefined` without a Lambda context. */
  readonly requestId: string | undefined;
  /** When that run claimed the key, in epoch milliseconds by its host's clock. `undefined` in records of Powertools. */
  readonly claimedAt: number | undefined;
  /** When it stored its outcome, likewise. `undefined` while in progress. */
  readonly settledAt: number | undefined;
  readonly #status: 'INPROGRESS' | 'COMPLETED';
  readonly #now: () => number;

  /** @param outcome the decoded result, if it is available */
  constructor(record: StoredRecord, outcome: unknown, now: () => number) {
    this.idempotencyKey = record.key;
    this.expiryTimestamp = record.expiresAt / 1_000;
    this.inProgressExpiryTimestamp = record.status === 'running' ? record.leaseUntil : undefined;
    this.isFailure = record.status === 'failed';
    this.responseData = this.isFailure ? undefined : outcome;
    this.failure = this.isFailure ? outcome : undefined;
    this.payloadHash = record.fingerprint;
    this.attempts = record.attempts;
    this.requestId = record.requestId;
    this.claimedAt = record.claimedAt;
    this.settledAt = isSettled(record) ? record.settledAt : undefined;
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
