import {
  IdempotencyAttemptsExhaustedError,
  IdempotencyOutcomeUnknownError,
} from '../../../../src/core/protocol/errors.js';
import type { CallEntry, Effect } from '../ledger.js';
import type { Check } from './check.js';

/** About runs that leave no outcome, and how many of them there may be. */

const notTooOften: Check<Effect> = {
  name: 'no more runs than maxAttempts',
  promise: 'maxAttempts',
  says: 'Of a call without an outcome, no more runs than that begin within a window, unless its record was deleted.',
  broken(effect, { ledger, settings, profile }) {
    const { maxAttempts } = settings;
    if (maxAttempts === undefined || !effect.isProtected || profile.skewShare > 1) return undefined;
    const account = ledger.accountOf(effect.call.plan.intent);
    const since = Math.max(
      effect.startedAt - settings.windowSeconds * 1_000 + settings.clockSkewMs,
      account.vanishedAt + 1,
      ...account.settlements.map(({ at }) => at + 1),
    );
    const runs = account.effects.filter(({ call, isProtected, writes }) => {
      const hold = account.holdOf(call, writes);
      return isProtected && hold !== undefined && hold.at >= since;
    });
    return runs.length > maxAttempts ? `it is run ${runs.length} of ${maxAttempts}` : undefined;
  },
};

const exhaustedIsTrue: Check<CallEntry> = {
  name: 'exhausted means that many claims',
  promise: 'maxAttempts',
  says: 'IdempotencyAttemptsExhaustedError comes only where maxAttempts is set, and so many claims were applied.',
  broken({ answer, plan }, { ledger, settings }) {
    if (!answer || !('error' in answer) || !(answer.error instanceof IdempotencyAttemptsExhaustedError)) {
      return undefined;
    }
    const { holds } = ledger.accountOf(plan.intent);
    return settings.maxAttempts !== undefined && holds.length >= settings.maxAttempts
      ? undefined
      : `${holds.length} claims of ${settings.maxAttempts}`;
  },
};

const unknownIsTrue: Check<CallEntry> = {
  name: 'unknown means that a run was cut off',
  promise: 'lease.whenOver',
  says: "IdempotencyOutcomeUnknownError comes only with whenOver 'refuse', of a running record whose lease is over.",
  broken({ answer, refusedBy, host }, { settings }) {
    if (!answer || !('error' in answer) || !(answer.error instanceof IdempotencyOutcomeUnknownError)) {
      return undefined;
    }
    if (settings.whenOver === 'run' || refusedBy?.status !== 'running') return 'nothing refused it';
    const left = refusedBy.leaseUntil + settings.clockSkewMs - host.clockAt(answer.at);
    return left > 0 ? `its lease lasts ${left} ms more` : undefined;
  },
};

export const attemptChecks: readonly Check<Effect>[] = [notTooOften];
export const cutOffChecks: readonly Check<CallEntry>[] = [exhaustedIsTrue, unknownIsTrue];
