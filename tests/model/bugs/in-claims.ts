import { edit, type PlantedBug } from './planted-bug.js';

const IS_OVER =
  "record.status === 'running' ? record.leaseUntil <= now - clockSkewMs : record.expiresAt <= now";

const EXPIRES_WITH_WINDOW_ALONE = edit('leaseOf', 'Math.max(overAt, forgetAt)', 'now + windowMsOf(call)');

/** Bugs on the way to a run: claims, verdicts, leases, waits. */
export const ofClaims: readonly PlantedBug[] = [
  {
    name: 'no-self-recognition',
    says: 'A claim does not know its own record when its answer was lost.',
    isInModel: true,
    edits: [edit('judge', "record.status === 'running' && record.fence === input.fence", 'false')],
  },
  {
    name: 'judge-ignores-skew',
    says: 'The judge takes a lease for over without the margin for clocks that differ.',
    edits: [
      edit('judgeRunning', 'isOver(record, input.now, input.clockSkewMs)', 'isOver(record, input.now, 0)'),
    ],
  },
  {
    name: 'claim-ignores-skew',
    says: 'The claim asks the store for a take-over without the margin.',
    edits: [edit('claimMoment', 'now - call.policy.clockSkewMs', 'now')],
  },
  {
    name: 'leases-never-end',
    says: 'A running record is never over.',
    isInModel: true,
    edits: [edit('isOver', IS_OVER, "record.status !== 'running' && record.expiresAt <= now")],
  },
  {
    name: 'window-instead-of-lease',
    says: 'A running record is over when its window is, as a settled one.',
    edits: [edit('isOver', IS_OVER, 'record.expiresAt <= now'), EXPIRES_WITH_WINDOW_ALONE],
  },
  {
    name: 'ttl-ends-a-lease',
    says: 'The TTL attribute of a running record comes of the window alone.',
    edits: [EXPIRES_WITH_WINDOW_ALONE],
  },
  {
    name: 'short-lease',
    says: 'The lease is half of what was asked for.',
    edits: [edit('leaseOf', 'deadline ?? now + policy.leaseMs', 'deadline ?? now + policy.leaseMs / 2')],
  },
  {
    name: 'conflict-ignored-while-running',
    says: 'Another payload is told as busy until the first run has settled.',
    isInModel: true,
    edits: [
      edit(
        'judge',
        'conflicts(record, input.fingerprint)',
        'isSettled(record) && conflicts(record, input.fingerprint)',
      ),
    ],
  },
  {
    name: 'conflict-ignored',
    says: 'Another payload gets the first outcome.',
    isInModel: true,
    edits: [edit('judge', 'conflicts(record, input.fingerprint)', 'false')],
  },
  {
    name: 'failed-claim-blocks',
    says: 'A claim that failed is not released.',
    edits: [edit('handleStoreFailure', 'await abandon(claim)', 'undefined')],
  },
  {
    name: 'wait-without-end',
    says: 'A duplicate that waits is not bounded by its invocation.',
    edits: [
      edit(
        'begin',
        'Math.min(monotonicNow(runtime.clock) + policy.waitMs, exitOf(call))',
        'monotonicNow(runtime.clock) + policy.waitMs',
      ),
    ],
  },
  {
    name: 'request-without-end',
    says: 'A request to the store is not bounded by the invocation.',
    edits: [
      edit(
        'ask',
        'within(call.runtime.clock, until, request(), late)',
        'request()',
        'src/core/call/store-requests.ts',
      ),
    ],
  },
  {
    name: 'lease-of-a-second-at-least',
    says: 'An invocation with little time left gets a lease that outlives it.',
    edits: [
      edit(
        'timeLeftIn',
        'remaining > 0 ? Math.floor(remaining) : STALE_LEASE_MS',
        'Math.max(remaining, STALE_LEASE_MS)',
      ),
    ],
  },
  {
    name: 'late-claim-runs-unprotected',
    says: "A claim that was answered after its lease runs all the same with whenStoreFails 'run'.",
    edits: [
      edit(
        'acceptClaim',
        'throw lateClaimError(call);',
        'return handleStoreFailure({ call, record }, lateClaimError(call));',
      ),
    ],
  },
  {
    name: 'refused-claim-is-released',
    says: 'A claim that was throttled every time, and so never applied, is released.',
    edits: [edit('handleStoreFailure', 'error.mayBeApplied', 'error.retryable')],
  },
  {
    name: 'failed-look-ends-the-wait',
    says: 'A look at the running call that fails ends the wait for it.',
    edits: [edit('startPoll', 'isLasting(error)', 'true')],
  },
  {
    name: 'scope-not-in-key',
    says: 'Tenants share their keys.',
    edits: [edit('ownScope', '!rules.scope', 'true')],
  },
];
