import { IdempotencyPersistenceLayerError } from '../../../../src/core/protocol/errors.js';
import type { CallEntry } from '../ledger.js';
import type { Check } from './check.js';

/** About calls that the store failed, and about how long a call may take. */

/** As docs/promises.md has them. */
const SETTLE_PATIENCE_MS = 10_000;
const EXIT_MARGIN_MS = 100;
const SETTLE_REQUESTS = 8;
/** Of one request, by its client. */
const SENDINGS = 3;
/** Timers are late by a few milliseconds, and a call sets several. */
const SLACK_MS = 30;

const failureOf = ({ answer }: CallEntry): IdempotencyPersistenceLayerError | undefined =>
  answer && 'error' in answer && answer.error instanceof IdempotencyPersistenceLayerError
    ? answer.error
    : undefined;

const exitOf = ({ deadline }: CallEntry): number => (deadline ?? Number.POSITIVE_INFINITY) - EXIT_MARGIN_MS;

const failureHasReason: Check<CallEntry> = {
  name: 'a store error has a reason',
  promise: 'P14',
  says: 'IdempotencyPersistenceLayerError comes only of a request that failed, that has no answer when the invocation ends, of a claim answered after its lease, or of a record that keeps vanishing.',
  broken(call, { ledger }) {
    if (!failureOf(call) || call.key === undefined || !call.answer) return undefined;
    const account = ledger.accountOf(call.plan.intent);
    const hold = account.holdOf(call);
    if (call.effects.length > 0 && account.vanishedAt > call.startedAt) return undefined;
    const end = hold?.leaseUntil ?? call.deadline ?? Number.POSITIVE_INFINITY;
    if (call.effects.length === 0 && end <= call.host.clockAt(call.answer.at)) return undefined;
    const { pending, failedAt } = ledger.traffic(call.host, call.key);
    return pending > 0 || failedAt >= call.startedAt
      ? undefined
      : 'no request had failed, and none was pending';
  },
};

const settleIsTried: Check<CallEntry> = {
  name: 'a settle is tried with all its requests',
  promise: 'P6',
  says: 'A caller is told that the outcome could not be stored (hasRun) only after 10 s, at the end of the invocation, when another try could take more than 8 requests, or when the store denies it.',
  broken(call, { ledger }) {
    const failure = failureOf(call);
    if (!failure?.hasRun || call.key === undefined || !call.answer) return undefined;
    const endedAt = call.effects.at(-1)?.endedAt ?? 0;
    if (ledger.traffic(call.host, call.key).deniedAt >= endedAt) return undefined;
    if (call.endingsSent > SETTLE_REQUESTS - SENDINGS) return undefined;
    const giveUpAt = Math.min(call.host.clockAt(endedAt) + SETTLE_PATIENCE_MS, exitOf(call));
    const early = giveUpAt - call.host.clockAt(call.answer.at);
    return early > 0 ? `given up ${early} ms early` : undefined;
  },
};

const hasRunIsTrue: Check<CallEntry> = {
  name: 'hasRun tells whether the function ran',
  promise: 'P14',
  says: 'A store error has hasRun exactly when its function has run.',
  broken(call) {
    const failure = failureOf(call);
    if (!failure) return undefined;
    return failure.hasRun === call.effects.length > 0 ? undefined : `hasRun is ${failure.hasRun}`;
  },
};

const failedClaimIsReleased: Check<CallEntry> = {
  name: 'a failed claim is released',
  promise: 'P14',
  says: 'Who gives a claim up, not knowing whether it was applied, asks the store to release it, while there is time.',
  broken(call) {
    if (!failureOf(call) || call.claim !== 'failed' || call.effects.length > 0) return undefined;
    const isOver = call.answer && call.host.clockAt(call.answer.at) >= exitOf(call) - SLACK_MS;
    return call.askedForRelease || isOver ? undefined : 'it blocks its key until its lease is over';
  },
};

const waitGoesOn: Check<CallEntry> = {
  name: 'a failed look ends no wait',
  promise: 'P14',
  says: 'Who waits for a running call gets no store error before the time is over, unless a claim failed or the store denies it.',
  broken(call, { ledger }) {
    const { plan, host, answer } = call;
    if (!failureOf(call) || plan.waitMs === 0 || call.effects.length > 0 || !answer || call.key === undefined)
      return undefined;
    // A replay fetches nothing here, so that an answered claim leaves the wait alone.
    if (call.claim !== 'answered' || ledger.traffic(host, call.key).deniedAt >= call.startedAt)
      return undefined;
    const until = Math.min(host.clockAt(call.startedAt) + plan.waitMs, exitOf(call));
    const left = until - host.clockAt(answer.at);
    const hold = ledger.accountOf(plan.intent).holdOf(call);
    return !hold && left > SLACK_MS ? `it is given up ${left} ms early` : undefined;
  },
};

const isPunctual: Check<CallEntry> = {
  name: 'an answer comes before the invocation ends',
  promise: 'P14',
  says: "A call whose function ended 100 ms before the invocation's deadline, or never ran, is answered by then.",
  broken(call) {
    const { deadline, host, answer, startedAt } = call;
    if (deadline === undefined || host.lastFrozenUntil > startedAt) return undefined;
    const effect = call.effects.at(-1);
    const endedAt = effect ? effect.endedAt : startedAt;
    if (endedAt === undefined || host.clockAt(endedAt) >= exitOf(call)) return undefined;
    const end = answer?.at ?? call.killedAt;
    if (end === undefined) return undefined;
    const late = host.clockAt(end) - deadline;
    return late > SLACK_MS || (!answer && late >= 0) ? `no answer ${late} ms after the deadline` : undefined;
  },
};

const ends: Check<CallEntry> = {
  name: 'every call ends',
  promise: 'P8',
  says: 'A call on a host that did not crash is answered.',
  broken: ({ answer, host }) => (answer || !host.isAlive ? undefined : 'it waits for ever'),
};

export const failureChecks: readonly Check<CallEntry>[] = [
  failureHasReason,
  settleIsTried,
  hasRunIsTrue,
  failedClaimIsReleased,
  waitGoesOn,
];

/** Asked of every call when nothing is left to happen. */
export const endChecks: readonly Check<CallEntry>[] = [ends, isPunctual];

/** Errors that tell of a settled record: one without result, one of another payload, and one of a final error. */
const OUTCOMES = new Set(['IdempotencyResultError', 'IdempotencyValidationError', 'RangeError']);

/** Asked of the calls that come to each key at the very end, on a new host, when its lease can only be over. */
export const probeChecks: readonly Check<CallEntry>[] = [
  {
    name: 'every key ends',
    promise: 'P8',
    says: 'Once faults have stopped and the lease is over, a fresh caller runs or gets the outcome.',
    broken({ answer }) {
      if (!answer) return 'no answer';
      const error = 'error' in answer ? (answer.error as Error) : undefined;
      return error === undefined || OUTCOMES.has(error.name) ? undefined : error.name;
    },
  },
];
