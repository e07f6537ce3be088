import { brandErrors, isInstance } from '../../core/protocol/error-brand.js';
import type { StandardSchemaIssue } from './standard-schema.js';

/** All records of a batch failed, so the invocation fails, and Lambda delivers the whole batch again. */
export class BatchFailedError extends Error {
  readonly code = 'BATCH_FAILED';
  /** The records' errors, in the event's order; none for records that were not run. Not enumerable. */
  declare readonly errors: readonly unknown[];

  constructor(message: string, errors: readonly unknown[]) {
    super(message, errors.length > 0 ? { cause: errors[0] } : undefined);
    Object.defineProperty(this, 'errors', { value: errors });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(BatchFailedError, value);
  }
}

/** A record could not be parsed, or does not match the schema. The message quotes nothing from the record. */
export class RecordParseError extends Error {
  readonly code = 'BATCH_RECORD_PARSE';
  /** What the schema found wrong. Not enumerable: it may quote the record. */
  declare readonly issues: readonly StandardSchemaIssue[];

  constructor(
    message: string,
    details: ErrorOptions & { readonly issues?: readonly StandardSchemaIssue[] } = {},
  ) {
    const { issues = [], ...options } = details;
    super(message, options);
    Object.defineProperty(this, 'issues', { value: issues });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(RecordParseError, value);
  }
}

brandErrors({ BatchFailedError, RecordParseError });
