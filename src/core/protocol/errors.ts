import type { IdempotencyRecord } from './record-view.js';

/** Class names that an error prototype answers to, shared by the ESM and the CJS copy of this file. */
const BRAND: unique symbol = Symbol.for('lambda-idempotency.error') as never;

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

/** A class whose instances are rebuilt as such: see `errorClasses`. */
export type ErrorClass = abstract new (...args: never[]) => Error;

export interface IdempotencyErrorOptions {
  readonly cause?: unknown;
  readonly existingRecord?: IdempotencyRecord | undefined;
}

/**
 * Base of everything that this library throws. Has a stable `code`; `name` equals the class name, also in
 * minified bundles; `instanceof` holds across the ESM and the CJS build.
 */
export abstract class IdempotencyError extends Error {
  abstract readonly code: IdempotencyErrorCode;
  /** The record that stood in the way, where there is one. Not enumerable: it holds a result, and loggers print what is enumerable. */
  declare readonly existingRecord?: IdempotencyRecord;

  constructor(message: string, options: IdempotencyErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    if (options.existingRecord)
      Object.defineProperty(this, 'existingRecord', { value: options.existingRecord });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    const wanted = Object.getOwnPropertyDescriptor(this.prototype, BRAND)?.value;
    // A user's own subclass has no brand of its own: ordinary rules.
    if (wanted === undefined) return Function.prototype[Symbol.hasInstance].call(this, value);
    for (let link = value; typeof link === 'object' && link !== null; link = Object.getPrototypeOf(link)) {
      if (Object.getOwnPropertyDescriptor(link, BRAND)?.value === wanted) return true;
    }
    return false;
  }
}

/** The same call is running elsewhere. Safe to retry: nothing ran. */
export class IdempotencyAlreadyInProgressError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_ALREADY_IN_PROGRESS';
  /** Milliseconds until the running claim's lease is over at the latest; it usually settles much sooner. */
  readonly retryAfterMs: number;

  constructor(message: string, options: IdempotencyErrorOptions & { readonly retryAfterMs: number }) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The key was used before with another payload. Nothing ran; a retry with this payload cannot succeed. */
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
}

/** The store could not be asked. */
export class IdempotencyPersistenceLayerError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_PERSISTENCE_LAYER';
  /** Whether the same request may succeed later without a change of set-up. */
  readonly retryable: boolean;
  /** Whether the function has run: its outcome could not be stored. Otherwise nothing ran. */
  readonly hasRun: boolean;
  /** Of a settle: only the result could not be written, and the record may be settled without it. */
  readonly isOfResult: boolean;

  constructor(message: string, options: PersistenceLayerErrorOptions = {}) {
    super(message, options);
    this.retryable = options.retryable ?? true;
    this.hasRun = options.hasRun ?? false;
    this.isOfResult = options.isOfResult ?? false;
  }
}

/** The store kept contradicting itself: a record that refuses a claim and is gone or over when looked at. */
export class IdempotencyInconsistentStateError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_INCONSISTENT_STATE';
}

/** An option is wrong. Thrown when a function is wrapped, wherever that can be known. */
export class IdempotencyConfigError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_CONFIG';
}

/** This run outlived its lease, and another run of the same call is under way: its outcome counts, not this one's. */
export class IdempotencyLeaseLostError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_LEASE_LOST';
}

/** The call is finished, but its result was not stored or cannot be read back. Nothing ran again. */
export class IdempotencyResultError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_RESULT';
}

/** The call has run `maxAttempts` times without an outcome. Nothing ran; nothing runs until its record is gone. */
export class IdempotencyAttemptsExhaustedError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_ATTEMPTS_EXHAUSTED';
  /** Runs so far. */
  readonly attempts: number;

  constructor(message: string, options: IdempotencyErrorOptions & { readonly attempts: number }) {
    super(message, options);
    this.attempts = options.attempts;
  }
}

/**
 * An earlier run was cut off, so that nobody knows whether its effect happened, and `lease.whenOver` is `'refuse'`.
 * Nothing ran; nothing runs until its record is gone.
 */
export class IdempotencyOutcomeUnknownError extends IdempotencyError {
  readonly code = 'IDEMPOTENCY_OUTCOME_UNKNOWN';
}

const classes = {
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
};

// Names are written out here, not read from the classes: minifiers rename those.
for (const [name, { prototype }] of Object.entries(classes)) {
  Object.defineProperty(prototype, BRAND, { value: name });
  Object.defineProperty(prototype, 'name', { value: name, configurable: true, writable: true });
}
