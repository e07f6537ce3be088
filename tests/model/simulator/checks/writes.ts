import {
  isSettled,
  NO_LEASE,
  type RunningRecord,
  type SettledRecord,
} from '../../../../src/core/protocol/record.js';
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
    if (!isSettled(write.before)) return undefined;
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
  broken({ key, after, by }, { ledger, settings }) {
    if (by.operation !== 'settle') return undefined;
    const { result, fingerprint, status } = after as SettledRecord;
    const call = ledger.callOf(by.fence);
    const effect = call?.effects.at(-1);
    if (!call || effect?.endedAt === undefined || !effect.isFinal)
      return 'settled before its run had an outcome';
    if (key !== call.key) return 'settled under another key than it was claimed under';
    if (fingerprint === undefined) return 'settled without its fingerprint';
    if (status !== (effect.threw ? 'failed' : 'done')) return `settled as ${status}`;
    if (!result.stored) {
      const canBe = effect.threw || (settings.storeResult && effect.returned?.kind === 'small');
      return canBe ? 'what could be stored was not' : undefined;
    }
    const stored = JSON.parse(String(result.data)) as Partial<Receipt & Error>;
    const isOwn = effect.threw
      ? stored.message === effect.threw.message
      : stored.effect === effect.number && settings.storeResult;
    return isOwn ? undefined : `settled with ${result.data}`;
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
  says: 'It ends with the invocation; without one, leaseMs after its claim or its renewal was sent, and never before it did.',
  broken({ before, after, by, at }, { ledger, settings }) {
    if (by.operation !== 'claim' && by.operation !== 'renew') return undefined;
    const call = ledger.callOf(by.operation === 'claim' ? by.record.fence : by.fence);
    if (!call) return 'claimed with a fence that nobody drew';
    const { leaseUntil } = after as RunningRecord;
    if (call.deadline !== undefined) {
      return leaseUntil === call.deadline
        ? undefined
        : `it ends ${leaseUntil - call.deadline} ms off the deadline`;
    }
    const earliest =
      by.operation === 'renew'
        ? (before as RunningRecord).leaseUntil
        : call.host.clockAt(call.startedAt) + settings.leaseMs;
    const latest = call.host.clockAt(at) + settings.leaseMs;
    return leaseUntil < earliest || leaseUntil > latest
      ? `it ends at ${leaseUntil}, not between ${earliest} and ${latest}`
      : undefined;
  },
};

const ttlComesLater: Check<Write> = {
  name: 'the TTL comes after the lease',
  promise: 'P9',
  says: 'A running record may be forgotten only when its lease and the margin for skew are over.',
  broken({ after }, { settings }) {
    if (after?.status !== 'running') return undefined;
    const early = after.leaseUntil + settings.clockSkewMs - after.expiresAt;
    return early > 0 ? `forgotten ${early} ms early` : undefined;
  },
};

const refusedIsLeft: Check<Write> = {
  name: "with whenOver 'refuse' nobody takes over",
  promise: 'lease.whenOver',
  says: 'A run that was cut off is displaced only when its record may be forgotten.',
  broken(write, scene) {
    const call = claimant(write, scene);
    const { before } = write;
    if (scene.settings.whenOver === 'run' || !call || before?.status !== 'running') return undefined;
    if (before.leaseUntil === NO_LEASE || before.fence === (write.after as RunningRecord).fence)
      return undefined;
    const left = before.expiresAt - call.host.clockAt(write.at);
    return left > 0 ? `taken over ${left} ms before` : undefined;
  },
};

export const writeChecks: readonly Check<Write>[] = [
  settledStays,
  liveLeaseStays,
  onlyHolderActs,
  ownOutcome,
  wholeWindow,
  leaseAsAsked,
  ttlComesLater,
  refusedIsLeft,
];
