import { brandErrors, isInstance } from './error-brand.js';
import type { IdempotencyRecord } from './record-view.js';

export type IdempotencyErrorCode =
  | 'IDEMPOTENCY_ALREADY_IN_PROGRESS'
  | 'IDEMPOTENCY_ATTEMPTS_EXHAUSTED'
  | 'IDEMPOTENCY_CONFIG'
  | 'IDEMPOTENCY_INCONSISTENT_STATE'
  | 'IDEMPOTENCY_KEY'
  | 'IDEMPOTENCY_LEASE_LOST'
  | 'IDEMPOTENCY_OUTCOME_UNKNOWN'
  | 'IDEMPOTENCY_PERSISTENCE_LAYER'
  | 'IDEMPOTENCY_RESULT'
  | 'IDEMPOTENCY_VALIDATION';

/**
 * A class of errors that a replay restores as instances of that class: see `errorClasses`.
 *
 * @example
 * ```ts
 * import type { ErrorClass } from 'lambda-idempotency';
 *
 * class CardDeclinedError extends Error {}
 *
 * const errorClasses: ErrorClass[] = [CardDeclinedError];
 * const config = { errorClasses, shouldStoreError: (error: unknown) => error instanceof CardDeclinedError };
 * ```
 */
export type ErrorClass = abstract new (...args: never[]) => Error;

export interface IdempotencyErrorOptions {
  readonly cause?: unknown;
  readonly existingRecord?: IdempotencyRecord | undefined;
}

const isRecord = (details: object): details is IdempotencyRecord => 'idempotencyKey' in details;

/**
 * Base class of all errors that this library throws. `code` is stable, `name` equals the class name even in minified
 * bundles, and `instanceof` works across the ESM and CJS builds.
 *
 * @example
 * ```ts
 * import { IdempotencyAlreadyInProgressError, IdempotencyError } from 'lambda-idempotency';
 *
 * const statusOf = (error: unknown): number => {
 *   if (!(error instanceof IdempotencyError)) throw error;
 *   return error instanceof IdempotencyAlreadyInProgressError ? 409 : 500;
 * };
 * ```
 */
export abstract class IdempotencyError extends Error {
  abstract readonly code: IdempotencyErrorCode;
  /** The existing record, if there is one. Not enumerable: it may hold a result, and loggers print enumerable members. */
  declare readonly existingRecord?: IdempotencyRecord;

  /**
   * @param details the cause and the record; or, as in Powertools, only the record
   * @param more the cause, if the first argument is a record
   */
  constructor(
    message?: string,
    details: IdempotencyErrorOptions | IdempotencyRecord = {},
    more: ErrorOptions = {},
  ) {
    const { existingRecord, ...rest } = isRecord(details) ? { existingRecord: details, ...more } : details;
    super(message, 'cause' in rest ? { cause: rest.cause } : undefined);
    if (existingRecord) Object.defineProperty(this, 'existingRecord', { value: existingRecord });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(this, value);
  }
}

/** Another run of the same call is in progress. Nothing ran; retry later. */
export class IdempotencyAlreadyInProgressError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_ALREADY_IN_PROGRESS';
  /** Milliseconds until the other run's lease ends; the run usually ends much sooner. */
  readonly retryAfterMs: number;

  constructor(
    message?: string,
    details: (IdempotencyErrorOptions & { readonly retryAfterMs?: number }) | IdempotencyRecord = {},
    more?: ErrorOptions,
  ) {
    super(message, details, more);
    this.retryAfterMs = ('retryAfterMs' in details && details.retryAfterMs) || 0;
  }
}

/** The key was used before with a different payload. Nothing ran; a retry with this payload cannot succeed. */
export class IdempotencyValidationError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_VALIDATION';
}

/** The key is missing (with `throwOnNoIdempotencyKey`) or cannot be computed. Nothing ran. */
export class IdempotencyKeyError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_KEY';
}

export interface PersistenceLayerErrorOptions extends IdempotencyErrorOptions {
  readonly retryable?: boolean;
  readonly hasRun?: boolean;
  readonly isOfResult?: boolean;
  readonly mayBeApplied?: boolean;
  readonly requests?: number;
}

/** A request to the store failed. */
export class IdempotencyPersistenceLayerError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_PERSISTENCE_LAYER';
  /** Whether the same request may succeed later without a change to the configuration. */
  readonly retryable: boolean;
  /** Whether the function ran: its outcome could not be stored. If false, nothing ran. */
  readonly hasRun: boolean;
  /** For a settle: whether only the result could not be written, so that the record can be settled without it. */
  readonly isOfResult: boolean;
  /**
   * Whether the store may still have carried out the request and only its answer was lost. False if every attempt was
   * answered with a refusal, such as a throttle. Default: `retryable`.
   */
  readonly mayBeApplied: boolean;
  /** How often the request was sent, with the retries of the store's client. Default: 1. */
  readonly requests: number;

  constructor(message?: string, options: PersistenceLayerErrorOptions = {}) {
    super(message, options);
    this.retryable = options.retryable ?? true;
    this.hasRun = options.hasRun ?? false;
    this.isOfResult = options.isOfResult ?? false;
    this.mayBeApplied = options.mayBeApplied ?? this.retryable;
    this.requests = options.requests ?? 1;
  }
}

/** The store's answers stayed contradictory: it refused the claim, but the existing record was missing or expired. */
export class IdempotencyInconsistentStateError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_INCONSISTENT_STATE';
}

/** An option is invalid. Thrown when the function is wrapped, if the problem can be known by then. */
export class IdempotencyConfigError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_CONFIG';
}

/** This run outlived its lease, and another run took over the call: that run's outcome counts, not this one's. */
export class IdempotencyLeaseLostError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_LEASE_LOST';
}

/** The call is finished, but its result was not stored or cannot be read. Nothing ran again. */
export class IdempotencyResultError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_RESULT';
}

/** The call has run `maxAttempts` times without an outcome. Nothing ran, and nothing runs until its record is gone. */
export class IdempotencyAttemptsExhaustedError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_ATTEMPTS_EXHAUSTED';
  /** Runs so far. */
  readonly attempts: number;

  constructor(message?: string, options: IdempotencyErrorOptions & { readonly attempts?: number } = {}) {
    super(message, options);
    this.attempts = options.attempts ?? 0;
  }
}

/**
 * An earlier run was interrupted, so it is unknown whether its effect happened, and `lease.whenOver` is `'refuse'`.
 * Nothing ran, and nothing runs until its record is gone.
 */
export class IdempotencyOutcomeUnknownError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_OUTCOME_UNKNOWN';
}

brandErrors({
  IdempotencyError,
  IdempotencyAlreadyInProgressError,
  IdempotencyValidationError,
  IdempotencyKeyError,
  IdempotencyPersistenceLayerError,
  IdempotencyInconsistentStateError,
  IdempotencyConfigError,
  IdempotencyLeaseLostError,
  IdempotencyResultError,
  IdempotencyAttemptsExhaustedError,
  IdempotencyOutcomeUnknownError,
});
