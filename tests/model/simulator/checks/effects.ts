import type { Account, Effect } from '../ledger.js';
import type { Check, Scene } from './check.js';

/** About each execution of a user's function, when it begins. */

const claimedFirst: Check<Effect> = {
  name: 'no run without a lease',
  promise: 'P1, P8',
  says: 'When a function begins, a claim of its call was applied, and by its own clock the lease is not over.',
  broken(effect, { ledger }) {
    if (!effect.isProtected) return undefined;
    const { call, startedAt } = effect;
    const hold = ledger.accountOf(call.plan.intent).holdOf(call, effect.writes);
    if (!hold) return 'it runs without a claim';
    const over = call.host.clockAt(startedAt) - hold.leaseUntil;
    return over >= 0 ? `it begins ${over} ms after the end of its lease` : undefined;
  },
};

/** Why two runs of one intent are no breach, or undefined. The first is the one that claimed first. */
const excuse = (first: Effect, second: Effect, account: Account, scene: Scene): string | undefined => {
  if (first.call === second.call) return undefined;
  const next = account.holdOf(second.call, second.writes);
  if (!next) return undefined;
  const hold = account.holdOf(first.call, next.write);
  if (!hold) return account.holdOf(first.call, first.writes) && excuse(second, first, account, scene);
  if (first.isFinal === false && (first.endedAt ?? 0) <= next.at) return 'the first one left no outcome';
  const settlement = account.settlements.findLast(
    ({ call, write }) => call === first.call && write < next.write,
  );
  if (account.wasDeletedBetween((settlement ?? hold).write, next.write))
    return 'its record was deleted early';
  const isWithin = scene.profile.skewShare <= 1;
  // With clocks that far apart, who replaced it in between may have been right by its own clock, and was checked then.
  const isReplaced = account.holds.some(({ write }) => write > hold.write && write < next.write);
  if (!isWithin && isReplaced) return 'it was replaced in between';
  const { clockSkewMs } = scene.settings;
  const byFirst = first.call.host.clockAt(next.at);
  const bySecond = second.call.host.clockAt(next.at);
  // The claimer's clock may be ahead of others by the margin.
  if (settlement) return bySecond + clockSkewMs >= settlement.expiresAt ? 'the window was over' : undefined;
  const isOver = isWithin ? byFirst >= hold.leaseUntil : bySecond >= hold.leaseUntil + clockSkewMs;
  return isOver ? 'the lease was over' : undefined;
};

const oneEffect: Check<Effect> = {
  name: 'one effect per key and window',
  promise: 'P1',
  says: 'A function runs again only if the earlier run threw or was not kept, its lease ran out, its window ended, or its record was deleted early.',
  broken(effect, scene) {
    if (!effect.isProtected) return undefined;
    const account = scene.ledger.accountOf(effect.call.plan.intent);
    for (const earlier of account.effects) {
      if (earlier === effect || !earlier.isProtected) continue;
      if (excuse(earlier, effect, account, scene)) continue;
      return `call ${effect.call.plan.number} runs what call ${earlier.call.plan.number} has run`;
    }
    return undefined;
  },
};

export const effectChecks: readonly Check<Effect>[] = [claimedFirst, oneEffect];
