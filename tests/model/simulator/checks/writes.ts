import type { RunningRecord, SettledRecord } from '../../../../src/core/record.js';
import type { Write } from '../database.js';
import type { CallEntry, Receipt } from '../ledger.js';
import type { Check, Scene } from './check.js';

/** About each change of the database. */

const claimant = (write: Write, { ledger }: Scene): CallEntry | undefined =>
  write.by.operation === 'claim' ? ledger.callOf(write.by.record.fence) : undefined;

const settledStays: Check<Write> = {
  name: 'a settled record stays',
  promise: 'P4',
  says: 'Only a claim after the end of its window, or a deletion, ends a settled record.',
  broken(write, scene) {
    if (write.before?.status !== 'done') return undefined;
    const { operation } = write.by;
    if (operation === 'ttl' || operation === 'early deletion') return undefined;
    const call = claimant(write, scene);
    if (!call) return `${operation} changed a settled record`;
    const left = write.before.expiresAt - call.host.clockAt(write.at);
    return left > 0 ? `claimed ${left} ms before the end of its window` : undefined;
  },
};

const liveLeaseStays: Check<Write> = {
  name: 'a live lease is not taken over',
  promise: 'P1, P8',
  says: 'A claim displaces a running record only when, by the clock of the host that runs it, its lease is over.',
  broken(write, scene) {
    const call = claimant(write, scene);
    if (!call || write.before?.status !== 'running') return undefined;
    const holder = scene.ledger.callOf(write.before.fence);
    if (!holder || holder === call) return undefined;
    // With clocks further apart than the margin, only the claimer's own clock can be promised.
    const isWithin = scene.profile.skewShare <= 1;
    const left = isWithin
      ? write.before.leaseUntil - holder.host.clockAt(write.at)
      : write.before.leaseUntil + scene.settings.clockSkewMs - call.host.clockAt(write.at);
    return left > 0
      ? `call ${call.plan.number} took over from call ${holder.plan.number} ${left} ms too early`
      : undefined;
  },
};

const onlyHolderActs: Check<Write> = {
  name: 'only the holder acts',
  promise: 'P4',
  says: 'A settle, a release or a renewal changes only the running record of its own fence.',
  broken({ before, by }) {
    if (by.operation !== 'settle' && by.operation !== 'release' && by.operation !== 'renew') return undefined;
    if (before?.status === 'running' && before.fence === by.fence) return undefined;
    return `${by.operation} with ${by.fence} changed a ${before?.status ?? 'missing'} record of ${before?.fence}`;
  },
};

const ownOutcome: Check<Write> = {
  name: 'an outcome is that of its run',
  promise: 'P4, P6',
  says: "What is settled is what the fence's own run returned, and under that run's key.",
  broken({ key, after, by }, { ledger }) {
    if (by.operation !== 'settle') return undefined;
    const { result, fingerprint } = after as SettledRecord;
    const call = ledger.callOf(by.fence);
    const effect = call?.effects.at(-1);
    if (!call || effect?.returned === undefined) return 'settled before its run returned';
    if (key !== call.key) return 'settled under another key than it was claimed under';
    if (fingerprint === undefined) return 'settled without its fingerprint';
    if (!result.stored) {
      return effect.returned.kind === 'small' ? 'a result that could be stored was not' : undefined;
    }
    const stored = JSON.parse(String(result.data)) as Receipt;
    return stored.effect === effect.number ? undefined : `settled with the result of effect ${stored.effect}`;
  },
};

const wholeWindow: Check<Write> = {
  name: 'the window is whole',
  promise: 'P9',
  says: 'It lasts windowSeconds from the settle on, and less than a second and the attempts of the settle longer.',
  broken({ after, by, at }, { ledger, settings }) {
    if (by.operation !== 'settle' || !after) return undefined;
    const call = ledger.callOf(by.fence);
    const endedAt = call?.effects.at(-1)?.endedAt;
    if (!call || endedAt === undefined) return undefined;
    const windowMs = settings.windowSeconds * 1_000;
    const short = call.host.clockAt(endedAt) + windowMs - after.expiresAt;
    if (short > 0) return `its window ends ${short} ms early`;
    const long = after.expiresAt - (call.host.clockAt(at) + windowMs + 1_000);
    return long > 0 ? `its window ends ${long} ms late` : undefined;
  },
};

const leaseAsAsked: Check<Write> = {
  name: 'a lease is as asked for',
  promise: 'P8',
  says: 'It ends with the invocation; without one, leaseMs after its claim was sent.',
  broken({ after, by, at }, { ledger, settings }) {
    if (by.operation !== 'claim') return undefined;
    const call = ledger.callOf(by.record.fence);
    if (!call) return 'claimed with a fence that nobody drew';
    const { leaseUntil } = after as RunningRecord;
    if (call.deadline !== undefined) {
      return leaseUntil === call.deadline
        ? undefined
        : `it ends ${leaseUntil - call.deadline} ms off the deadline`;
    }
    const earliest = call.host.clockAt(call.startedAt) + settings.leaseMs;
    const latest = call.host.clockAt(at) + settings.leaseMs;
    return leaseUntil < earliest || leaseUntil > latest
      ? `it ends at ${leaseUntil}, not between ${earliest} and ${latest}`
      : undefined;
  },
};

export const writeChecks: readonly Check<Write>[] = [
  settledStays,
  liveLeaseStays,
  onlyHolderActs,
  ownOutcome,
  wholeWindow,
  leaseAsAsked,
];
