import {
  IdempotencyAlreadyInProgressError,
  IdempotencyAttemptsExhaustedError,
  IdempotencyOutcomeUnknownError,
  IdempotencyValidationError,
} from '../protocol/errors.js';
import { emit, eventOf, runOf } from '../protocol/events.js';
import type { RunningRecord, StoredRecord } from '../protocol/record.js';
import { viewOf } from './replay.js';
import type { Call } from './types.js';

/** The errors that reject a call whose key is in use. Nothing ran. */

export const conflictError = async (call: Call, record: StoredRecord): Promise<Error> => {
  emit('conflict', () => eventOf(call));
  return new IdempotencyValidationError(
    `${call.key} was used before with another payload. Nothing ran; a new request needs a new idempotency key.`,
    { existingRecord: await viewOf(record, call) },
  );
};

/** @param failure why the last read of the record failed, if it did */
export const busyError = async (
  call: Call,
  record: RunningRecord,
  retryAfterMs: number,
  failure?: unknown,
): Promise<Error> => {
  emit('busy', () => ({ ...eventOf(call), ...runOf(record), retryAfterMs }));
  return new IdempotencyAlreadyInProgressError(
    `${call.key} is running elsewhere. Nothing ran here; retry later. Its claim ends in ${retryAfterMs} ms at the latest.${whySoLong(call, retryAfterMs)}`,
    {
      existingRecord: await viewOf(record, call),
      retryAfterMs,
      ...(failure !== undefined && { cause: failure }),
    },
  );
};

/** From here on, a reader asks why. */
const LONG_MS = 120_000;

const inMinutes = (ms: number): string => `${Math.round(ms / 60_000)} minutes`;

const whySoLong = ({ deadline, policy }: Call, retryAfterMs: number): string =>
  deadline !== undefined || retryAfterMs < LONG_MS
    ? ''
    : ` That is ${inMinutes(retryAfterMs)}, because a call without a Lambda context has a lease of \`lease.seconds\`, here ${inMinutes(policy.leaseMs)}: register the context, or set \`lease.seconds\`.`;

const untilFreed = ({ expiresAt }: RunningRecord): string => {
  const end = new Date(expiresAt);
  // The record may come from another writer, with an end that no Date can represent.
  const orUntil = Number.isNaN(end.getTime()) ? '' : `, or until ${end.toISOString()}`;
  return `Nothing runs under this key until its record is deleted${orUntil}.`;
};

export const exhaustedError = async (call: Call, record: RunningRecord, attempts: number): Promise<Error> => {
  emit('attemptsExhausted', () => ({ ...eventOf(call), attempts }));
  return new IdempotencyAttemptsExhaustedError(
    `${call.key} has run without an outcome as often as \`maxAttempts\` allows (runs so far: ${attempts}). ${untilFreed(record)}`,
    { existingRecord: await viewOf(record, call), attempts },
  );
};

export const outcomeUnknownError = async (call: Call, record: RunningRecord): Promise<Error> => {
  emit('outcomeUnknown', () => ({ ...eventOf(call), staleSince: record.leaseUntil }));
  return new IdempotencyOutcomeUnknownError(
    `A run of ${call.key} was interrupted before its outcome was stored, so its effect may have happened; \`lease.whenOver\` is 'refuse'. ${untilFreed(record)}`,
    { existingRecord: await viewOf(record, call) },
  );
};
