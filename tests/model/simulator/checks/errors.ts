import {
  IdempotencyAlreadyInProgressError,
  IdempotencyAttemptsExhaustedError,
  IdempotencyLeaseLostError,
  IdempotencyOutcomeUnknownError,
  IdempotencyPersistenceLayerError,
  IdempotencyResultError,
  IdempotencyValidationError,
} from '../../../../src/core/protocol/errors.js';
import { NO_LEASE } from '../../../../src/core/protocol/record.js';
import type { CallEntry } from '../ledger.js';
import type { Check } from './check.js';

/** About each error that a caller gets. */

const errorIn = ({ answer }: CallEntry): unknown => (answer && 'error' in answer ? answer.error : undefined);

const ERRORS_WITH_CHECKS = [
  IdempotencyAlreadyInProgressError,
  IdempotencyAttemptsExhaustedError,
  IdempotencyLeaseLostError,
  IdempotencyOutcomeUnknownError,
  IdempotencyPersistenceLayerError,
  IdempotencyResultError,
  IdempotencyValidationError,
];

const conflictIsTold: Check<CallEntry> = {
  name: 'a conflict is told as one',
  promise: 'P13',
  says: 'IdempotencyValidationError comes of a record with another payload, running or settled, and nothing else does.',
  broken(call, { ledger }) {
    const error = errorIn(call);
    const other = call.refusedBy && ledger.callOf(call.refusedBy.fence);
    const isOther = other !== undefined && other.plan.amount !== call.plan.amount;
    if (error instanceof IdempotencyAlreadyInProgressError && isOther) {
      return `told as busy, though call ${other.plan.number} has another payload`;
    }
    const { calls } = ledger.accountOf(call.plan.intent);
    const hasOther = calls.some(({ plan }) => plan.amount !== call.plan.amount);
    return error instanceof IdempotencyValidationError && !hasOther
      ? 'nobody sent another payload'
      : undefined;
  },
};

const busyIsTrue: Check<CallEntry> = {
  name: 'busy means that another runs',
  promise: 'P3',
  says: 'A call is rejected as busy only by a running record that was shown to it, and never by its own.',
  broken(call) {
    const error = errorIn(call);
    if (!(error instanceof IdempotencyAlreadyInProgressError)) return undefined;
    if (call.refusedBy?.status !== 'running') return 'no running record refused it';
    if (call.fences.includes(call.refusedBy.fence)) return 'it was refused by its own claim';
    return error.retryAfterMs > 0 ? undefined : `retryAfterMs is ${error.retryAfterMs}`;
  },
};

const lostMeansTakenOver: Check<CallEntry> = {
  name: 'a lost lease was taken over',
  promise: 'P4, P6',
  says: 'IdempotencyLeaseLostError comes only where another claim was applied after the own one, or another outcome is known.',
  broken(call, { ledger }) {
    if (!(errorIn(call) instanceof IdempotencyLeaseLostError) || !call.answer) return undefined;
    const { holds, settlements } = ledger.accountOf(call.plan.intent);
    if (call.lostTo?.status === 'running' && call.lostTo.leaseUntil === NO_LEASE)
      return 'nobody holds the key';
    const own = holds.findIndex((hold) => hold.call === call);
    if (holds.some((hold, index) => index > own && hold.call !== call)) return undefined;
    // A local cache may know an outcome that was deleted from the database before this call claimed.
    const now = call.host.clockAt(call.startedAt);
    const isKnown = settlements.some((each) => each.call !== call && each.expiresAt > now);
    return isKnown ? undefined : 'nobody took over';
  },
};

const resultErrorIsTrue: Check<CallEntry> = {
  name: 'a result is missing only where it could not be stored',
  promise: 'P6',
  says: 'IdempotencyResultError answers only the duplicates of a run whose result the store or the codec refused.',
  broken(call, { ledger, settings, profile }) {
    if (!(errorIn(call) instanceof IdempotencyResultError) || !call.answer) return undefined;
    const account = ledger.accountOf(call.plan.intent);
    const own = account.settlements.find((settlement) => settlement.call === call);
    const isThere = own && profile.skewShare <= 1 && !account.wasDeletedBetween(own.write);
    if (isThere && call.host.clockAt(call.answer.at) < own.expiresAt - settings.clockSkewMs) {
      return 'the first caller gets its value';
    }
    return account.effects.some(
      ({ call: { plan } }) => plan.result === 'too large' || plan.result === 'unencodable',
    )
      ? undefined
      : 'every result could be stored';
  },
};

const errorsAreKnown: Check<CallEntry> = {
  name: 'an error is one that was promised',
  promise: 'P5',
  says: "What a function throws leaves as the same object, and on replay, where it is final, as one like it; else it is one of the library's errors, and never that the store contradicts itself.",
  broken(call, { ledger }) {
    const error = errorIn(call);
    const threw = call.effects.at(-1)?.threw;
    if (threw) return error === threw ? undefined : 'the error of the function was replaced';
    if (error === undefined || ERRORS_WITH_CHECKS.some((known) => error instanceof known)) return undefined;
    const isReplayed = ledger.effects.some(
      ({ threw: first, isFinal }) => isFinal && first?.message === (error as Error).message,
    );
    return isReplayed && error instanceof RangeError ? undefined : String(error);
  },
};

const errorFrees: Check<CallEntry> = {
  name: 'an error frees the key',
  promise: 'P5',
  says: 'When a function has thrown, its claim is given up before the caller gets the error.',
  broken(call) {
    const effect = call.effects.at(-1);
    const isToBeFreed = effect?.isProtected && effect.threw && !effect.isFinal;
    return isToBeFreed && !call.askedForRelease ? 'its record stays until the lease is over' : undefined;
  },
};

export const errorChecks: readonly Check<CallEntry>[] = [
  conflictIsTold,
  busyIsTrue,
  lostMeansTakenOver,
  resultErrorIsTrue,
  errorsAreKnown,
  errorFrees,
];
