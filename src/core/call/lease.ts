import { NO_LEASE, type RunningRecord, type StoredRecord, toWholeSeconds } from '../protocol/record.js';
import type { ClaimMoment } from '../protocol/store.js';
import type { Call } from './types.js';

/** The times of a claim, and the records that contain them. */

/** How long the call's outcome is replayed, milliseconds. */
const windowMsOf = ({ windowSeconds }: Call): number => windowSeconds * 1_000;

/** The end of a window that begins now, epoch milliseconds. */
export const windowEndOf = (call: Call): number =>
  toWholeSeconds(call.runtime.clock.now() + windowMsOf(call));

/** Whether an expired run must be read before it is taken over. */
const looksFirst = ({ policy }: Call): boolean =>
  policy.maxAttempts !== undefined || policy.whenOver === 'refuse';

/** A lease that starts now, and when its record expires. */
export const leaseOf = (call: Call): Pick<RunningRecord, 'leaseUntil' | 'expiresAt'> => {
  const { policy, runtime, deadline } = call;
  const now = runtime.clock.now();
  const leaseUntil = deadline ?? now + policy.leaseMs;
  const overAt = leaseUntil + policy.clockSkewMs;
  // Where the record of an interrupted run decides what may run, it must last for a window after its lease.
  const forgetAt = (looksFirst(call) ? overAt : now) + windowMsOf(call);
  // The TTL must never delete a live claim.
  return { leaseUntil, expiresAt: toWholeSeconds(Math.max(overAt, forgetAt)) };
};

/**
 * The record that a claim under the fence writes now.
 *
 * @param attempts the number of this run
 */
export const runningRecord = (call: Call, fence: string, attempts: number): RunningRecord => ({
  status: 'running',
  key: call.key,
  fence,
  ...(call.fingerprint === undefined ? {} : { fingerprint: call.fingerprint }),
  ...(call.policy.maxAttempts !== undefined && { attempts }),
  ...(call.requestId !== undefined && { requestId: call.requestId }),
  claimedAt: call.runtime.clock.now(),
  ...leaseOf(call),
});

/** @param over the run to take over, if one was found */
export const claimMoment = (call: Call, over: Pick<StoredRecord, 'fence'> | undefined): ClaimMoment => {
  const now = call.runtime.clock.now();
  const leaseOverAt = now - call.policy.clockSkewMs;
  // A record of another writer, without a fence, cannot be named. Any record that has replaced it has a live lease.
  const isNamed = looksFirst(call) && over?.fence !== '';
  return { now, leaseOverAt, ...(isNamed && { takesOver: over?.fence ?? '' }) };
};

/**
 * What a release leaves behind if attempts are counted: a record that any caller may take over, with the count so far.
 *
 * @param attempts the number of runs so far
 */
export const releasedRecord = (call: Call, record: RunningRecord, attempts: number): RunningRecord => ({
  ...record,
  fence: call.runtime.newFence(),
  attempts,
  leaseUntil: NO_LEASE,
  expiresAt: windowEndOf(call),
});
