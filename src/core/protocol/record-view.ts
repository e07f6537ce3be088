import { isSettled, type StoredRecord } from './record.js';

/** What `getStatus()` returns, by name. */
export const IdempotencyRecordStatus: {
  readonly INPROGRESS: 'INPROGRESS';
  readonly COMPLETED: 'COMPLETED';
  readonly EXPIRED: 'EXPIRED';
} = Object.freeze({ INPROGRESS: 'INPROGRESS', COMPLETED: 'COMPLETED', EXPIRED: 'EXPIRED' });

export type IdempotencyRecordStatusValue = keyof typeof IdempotencyRecordStatus;

/** What a record of your own is made of. */
export interface IdempotencyRecordOptions {
  readonly idempotencyKey: string;
  readonly status: IdempotencyRecordStatusValue;
  /** Epoch seconds. */
  readonly expiryTimestamp?: number | undefined;
  /** Epoch milliseconds. */
  readonly inProgressExpiryTimestamp?: number | undefined;
  readonly responseData?: unknown;
  readonly payloadHash?: string | undefined;
}

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
  readonly #status: IdempotencyRecordStatusValue;
  readonly #now: (() => number) | undefined;

  /** A record of your own, for a test of a `responseHook` or of what handles an error. It expires by its status only. */
  constructor(options: IdempotencyRecordOptions);
  /**
   * @param outcome the decoded result, if it is available
   * @internal
   */
  constructor(record: StoredRecord, outcome: unknown, now: () => number);
  constructor(given: StoredRecord | IdempotencyRecordOptions, outcome?: unknown, now?: () => number) {
    const shown = 'idempotencyKey' in given ? shownAsGiven(given) : shownOfRecord(given, outcome);
    this.idempotencyKey = shown.idempotencyKey;
    this.expiryTimestamp = shown.expiryTimestamp;
    this.inProgressExpiryTimestamp = shown.inProgressExpiryTimestamp;
    this.isFailure = shown.isFailure;
    this.responseData = shown.responseData;
    this.failure = shown.failure;
    this.payloadHash = shown.payloadHash;
    this.attempts = shown.attempts;
    this.requestId = shown.requestId;
    this.claimedAt = shown.claimedAt;
    this.settledAt = shown.settledAt;
    this.isResultStored = shown.isResultStored;
    this.#status = shown.status;
    this.#now = now;
  }

  getResponse(): unknown {
    return this.responseData;
  }

  /** Whether the window is over by now. */
  isExpired(): boolean {
    if (this.#status !== 'COMPLETED') return this.#status === 'EXPIRED';
    return this.#now !== undefined && this.expiryTimestamp * 1_000 <= this.#now();
  }

  getStatus(): IdempotencyRecordStatusValue {
    return this.isExpired() ? 'EXPIRED' : this.#status;
  }
}

type Shown = Pick<
  IdempotencyRecord,
  | 'idempotencyKey'
  | 'expiryTimestamp'
  | 'inProgressExpiryTimestamp'
  | 'responseData'
  | 'isFailure'
  | 'failure'
  | 'payloadHash'
  | 'isResultStored'
  | 'attempts'
  | 'requestId'
  | 'claimedAt'
  | 'settledAt'
> & { readonly status: IdempotencyRecordStatusValue };

const shownAsGiven = (given: IdempotencyRecordOptions): Shown => ({
  idempotencyKey: given.idempotencyKey,
  expiryTimestamp: given.expiryTimestamp ?? 0,
  inProgressExpiryTimestamp: given.inProgressExpiryTimestamp,
  responseData: given.responseData,
  isFailure: false,
  failure: undefined,
  payloadHash: given.payloadHash,
  isResultStored: given.status !== 'INPROGRESS',
  attempts: undefined,
  requestId: undefined,
  claimedAt: undefined,
  settledAt: undefined,
  status: given.status,
});

const shownOfRecord = (record: StoredRecord, outcome: unknown): Shown => {
  const isFailure = record.status === 'failed';
  return {
    idempotencyKey: record.key,
    expiryTimestamp: record.expiresAt / 1_000,
    inProgressExpiryTimestamp: record.status === 'running' ? record.leaseUntil : undefined,
    responseData: isFailure ? undefined : outcome,
    isFailure,
    failure: isFailure ? outcome : undefined,
    payloadHash: record.fingerprint,
    isResultStored: isSettled(record) && record.result.stored,
    attempts: record.attempts,
    requestId: record.requestId,
    claimedAt: record.claimedAt,
    settledAt: isSettled(record) ? record.settledAt : undefined,
    status: record.status === 'running' ? 'INPROGRESS' : 'COMPLETED',
  };
};
