import {
  IdempotencyAlreadyInProgressError,
  IdempotencyLeaseLostError,
  IdempotencyPersistenceLayerError,
  IdempotencyResultError,
  IdempotencyValidationError,
} from '../../../../src/core/errors.js';
import type { CallEntry, Effect, Receipt } from '../ledger.js';
import type { Check, Scene } from './check.js';

/** About each answer that a caller gets. */

const valueOf = ({ answer }: CallEntry): Receipt | undefined =>
  answer && 'value' in answer ? answer.value : undefined;

const errorOf = ({ answer }: CallEntry): unknown => (answer && 'error' in answer ? answer.error : undefined);

const effectOf = (receipt: Receipt, { ledger }: Scene): Effect | undefined =>
  ledger.effects[receipt.effect - 1];

const noCrossing: Check<CallEntry> = {
  name: 'no answer crosses a scope',
  promise: 'P11',
  says: 'An answer is of the same scope, tenant and key as its call.',
  broken(call) {
    const value = valueOf(call);
    if (!value) return undefined;
    const { scope, tenant, id } = call.plan.intent;
    return value.scope === scope && value.tenant === tenant && value.id === id
      ? undefined
      : `${scope}/${tenant}/${id} was answered by ${value.scope}/${value.tenant}/${value.id}`;
  },
};

const noConflictReplays: Check<CallEntry> = {
  name: 'a conflict never replays',
  promise: 'P13',
  says: 'A call with another payload never gets the outcome of the first.',
  broken(call) {
    const value = valueOf(call);
    return value && value.amount !== call.plan.amount
      ? `amount ${call.plan.amount} was answered by amount ${value.amount}`
      : undefined;
  },
};

const conflictIsTold: Check<CallEntry> = {
  name: 'a conflict is told as one',
  promise: 'P13',
  says: 'IdempotencyValidationError comes of a record with another payload, running or settled, and nothing else does.',
  broken(call, { ledger }) {
    const error = errorOf(call);
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

const isAnOutcome: Check<CallEntry> = {
  name: 'an answer is a stored outcome',
  promise: 'P4, P6',
  says: 'A returned value is that of a run which settled the key; a stale run returns the outcome, not its own value.',
  broken(call, scene) {
    const value = valueOf(call);
    const effect = value && effectOf(value, scene);
    if (!value || (scene.profile.whenStoreFails === 'run' && effect?.call === call)) return undefined;
    if (!effect) return 'a value that no effect returned';
    const { settlements } = scene.ledger.accountOf(call.plan.intent);
    return settlements.some((settlement) => settlement.call === effect.call)
      ? undefined
      : `the value of call ${effect.call.plan.number} was never stored`;
  },
};

const equalAnswers: Check<CallEntry> = {
  name: 'answers of a window are equal',
  promise: 'P4, P7',
  says: 'Who calls after an outcome was stored, and is answered within its window, gets that outcome.',
  broken(call, scene) {
    const value = valueOf(call);
    const effect = value && effectOf(value, scene);
    if (!effect?.isProtected || !call.answer) return undefined;
    const account = scene.ledger.accountOf(call.plan.intent);
    const own = account.settlements.find((settlement) => settlement.call === effect.call);
    if (!own || scene.profile.skewShare > 1) return undefined;
    const now = call.host.clockAt(call.answer.at) + scene.settings.clockSkewMs;
    for (const { call: settler, at, write, expiresAt } of account.settlements) {
      if (settler === effect.call || at >= call.startedAt || now >= expiresAt) continue;
      // A local cache may know an outcome that was deleted from the database, or is over by others' clocks.
      if (account.wasDeletedBetween(Math.min(write, own.write))) continue;
      if (own.write < write && now >= own.expiresAt) continue;
      return `the outcome of call ${settler.plan.number} is stored, and this is of another run`;
    }
    return undefined;
  },
};

const replayInWindow: Check<CallEntry> = {
  name: 'a replay is inside its window',
  promise: 'P9',
  says: 'When its caller came, the window of the outcome was not over.',
  broken(call, scene) {
    const value = valueOf(call);
    const effect = value && effectOf(value, scene);
    // A stale run returns what it finds, be its window over or not.
    if (!effect || call.effects.length > 0) return undefined;
    const { settlements } = scene.ledger.accountOf(call.plan.intent);
    const settlement = settlements.findLast((each) => each.call === effect.call);
    const over = call.host.clockAt(call.startedAt) - (settlement?.expiresAt ?? 0);
    return over < 0 ? undefined : `replayed ${over} ms after its window`;
  },
};

const busyIsTrue: Check<CallEntry> = {
  name: 'busy means that another runs',
  promise: 'P3',
  says: 'A call is rejected as busy only by a running record that was shown to it, and never by its own.',
  broken(call) {
    const error = errorOf(call);
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
    if (!(errorOf(call) instanceof IdempotencyLeaseLostError) || !call.answer) return undefined;
    const { holds, settlements } = ledger.accountOf(call.plan.intent);
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
  broken(call, { ledger }) {
    if (!(errorOf(call) instanceof IdempotencyResultError)) return undefined;
    if (call.effects.length > 0 && call.effects.at(-1)?.returned?.kind !== 'small') {
      const { settlements } = ledger.accountOf(call.plan.intent);
      const own = settlements.some((settlement) => settlement.call === call);
      if (own) return 'the first caller gets its value';
    }
    const { effects } = ledger.accountOf(call.plan.intent);
    return effects.some(({ returned }) => returned && returned.kind !== 'small')
      ? undefined
      : 'every result could be stored';
  },
};

const ERRORS_WITH_CHECKS = [
  IdempotencyAlreadyInProgressError,
  IdempotencyLeaseLostError,
  IdempotencyPersistenceLayerError,
  IdempotencyResultError,
  IdempotencyValidationError,
];

const errorsAreKnown: Check<CallEntry> = {
  name: 'an error is one that was promised',
  promise: 'P5',
  says: "What a function throws leaves as the same object; else it is one of the library's errors, and never that the store contradicts itself.",
  broken(call) {
    const error = errorOf(call);
    const threw = call.effects.at(-1)?.threw;
    if (threw) return error === threw ? undefined : 'the error of the function was replaced';
    if (error === undefined || ERRORS_WITH_CHECKS.some((known) => error instanceof known)) return undefined;
    return String(error);
  },
};

const errorFrees: Check<CallEntry> = {
  name: 'an error frees the key',
  promise: 'P5',
  says: 'When a function has thrown, its claim is given up before the caller gets the error.',
  broken(call) {
    if (!call.effects.at(-1)?.isProtected || !call.effects.at(-1)?.threw || call.askedForRelease)
      return undefined;
    return 'its record stays until the lease is over';
  },
};

export const answerChecks: readonly Check<CallEntry>[] = [
  noCrossing,
  noConflictReplays,
  conflictIsTold,
  isAnOutcome,
  equalAnswers,
  replayInWindow,
  busyIsTrue,
  lostMeansTakenOver,
  resultErrorIsTrue,
  errorsAreKnown,
  errorFrees,
];
