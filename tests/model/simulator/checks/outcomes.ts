import type { CallEntry, Effect } from '../ledger.js';
import type { Check, Scene } from './check.js';

/** About each outcome that a caller gets: a value, or an error that was final and is thrown again. */

/** The effect that an answer is of: values and errors of functions name theirs. */
const sourceOf = ({ answer }: CallEntry, { ledger }: Scene): Effect | undefined => {
  if (!answer) return undefined;
  if ('value' in answer) return answer.value && ledger.effects[answer.value.effect - 1];
  const { message } = answer.error as Error;
  const number = /, of effect (\d+)$/.exec(message)?.[1];
  return number === undefined ? undefined : ledger.effects[Number(number) - 1];
};

const isValue = ({ answer }: CallEntry): boolean => answer !== undefined && 'value' in answer;

const noCrossing: Check<CallEntry> = {
  name: 'no answer crosses a scope',
  promise: 'P11',
  says: 'An answer is of the same scope, tenant and key as its call.',
  broken(call, scene) {
    const source = sourceOf(call, scene);
    if (!source) return undefined;
    const [asked, answered] = [call, source.call].map(({ plan }) => Object.values(plan.intent).join('/'));
    return asked === answered ? undefined : `${asked} was answered by ${answered}`;
  },
};

const noConflictReplays: Check<CallEntry> = {
  name: 'a conflict never replays',
  promise: 'P13',
  says: 'A call with another payload never gets the outcome of the first.',
  broken(call, scene) {
    const amount = sourceOf(call, scene)?.call.plan.amount ?? call.plan.amount;
    return amount === call.plan.amount
      ? undefined
      : `amount ${call.plan.amount} was answered by amount ${amount}`;
  },
};

/**
 * Deleted early, and claimed by another when the window of the first settle would have been over: as if it had been
 * applied, its answer lost. Nobody can tell, and nobody would get that outcome any more.
 */
const lostAfterItsWindow = (call: CallEntry, { ledger, settings }: Scene): boolean => {
  const {
    endedAt = 0,
    call: { host },
  } = call.effects.at(-1) ?? { call };
  const account = ledger.accountOf(call.plan.intent);
  const hold = account.holdOf(call);
  const windowEnd = host.clockAt(endedAt) + settings.windowSeconds * 1_000;
  const isOver = call.lostTo?.claimedAt !== undefined && call.lostTo.claimedAt >= windowEnd;
  return isOver && hold !== undefined && account.wasDeletedBetween(hold.write);
};

const isAnOutcome: Check<CallEntry> = {
  name: 'an answer is a stored outcome',
  promise: 'P4, P6',
  says: 'What a caller gets is of a run that settled the key; a stale run gets the outcome, not its own. What is not kept goes to its own caller alone.',
  broken(call, scene) {
    const source = sourceOf(call, scene);
    const isOwn = source?.call === call;
    const { settlements } = scene.ledger.accountOf(call.plan.intent);
    if (!source) {
      if (!isValue(call)) return undefined;
      const isKnown = !scene.settings.storeResult && settlements.length > 0;
      return isKnown ? undefined : 'a value that no effect returned';
    }
    if (isOwn && (source.threw || !source.isFinal || scene.profile.whenStoreFails === 'run'))
      return undefined;
    if (!source.isFinal) return 'what was not to be kept was replayed';
    if (isOwn && lostAfterItsWindow(call, scene)) return undefined;
    return settlements.some((settlement) => settlement.call === source.call)
      ? undefined
      : `the outcome of call ${source.call.plan.number} was never stored`;
  },
};

const equalAnswers: Check<CallEntry> = {
  name: 'answers of a window are equal',
  promise: 'P4, P7',
  says: 'Who calls after an outcome was stored, and is answered within its window, gets that outcome.',
  broken(call, scene) {
    const source = sourceOf(call, scene);
    if (!source?.isProtected || !call.answer || scene.profile.skewShare > 1) return undefined;
    const account = scene.ledger.accountOf(call.plan.intent);
    const own = account.settlements.find((settlement) => settlement.call === source.call);
    const now = call.host.clockAt(call.answer.at) + scene.settings.clockSkewMs;
    for (const { call: settler, at, write, expiresAt } of account.settlements) {
      if (settler === source.call || at >= call.startedAt || now >= expiresAt) continue;
      // A local cache may know an outcome that was deleted from the database, or is over by others' clocks.
      if (account.wasDeletedBetween(Math.min(write, own?.write ?? write))) continue;
      if (own && own.write < write && now >= own.expiresAt) continue;
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
    const source = sourceOf(call, scene);
    // A stale run returns what it finds, be its window over or not.
    if (!source || call.effects.length > 0) return undefined;
    const { settlements } = scene.ledger.accountOf(call.plan.intent);
    const settlement = settlements.findLast((each) => each.call === source.call);
    const over = call.host.clockAt(call.startedAt) - (settlement?.expiresAt ?? 0);
    return over < 0 ? undefined : `replayed ${over} ms after its window`;
  },
};

export const outcomeChecks: readonly Check<CallEntry>[] = [
  noCrossing,
  noConflictReplays,
  isAnOutcome,
  equalAnswers,
  replayInWindow,
];
