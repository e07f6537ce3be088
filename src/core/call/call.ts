import { monotonicNow } from '../protocol/clock.js';
import { IdempotencyInconsistentStateError, IdempotencyPersistenceLayerError } from '../protocol/errors.js';
import { emit, eventOf, runOf } from '../protocol/events.js';
import {
  isReleased,
  judge,
  nextAttempt,
  type RunningRecord,
  type SettledRecord,
  type StoredRecord,
} from '../protocol/record.js';
import type { ClaimAnswer } from '../protocol/store.js';
import { backoff } from './backoff.js';
import { exitOf } from './deadline.js';
import { abandon, fail, settle } from './finish.js';
import { runningRecord } from './lease.js';
import { busyError, conflictError, exhaustedError, outcomeUnknownError } from './rejections.js';
import { startRenewal } from './renewal.js';
import { replay } from './replay.js';
import { requestChange, requestClaim, requestOutcome } from './store-requests.js';
import type { Call, Claim } from './types.js';

/** The whole call: claim, run the function once, then settle or fail. The function's error is rethrown unchanged. */
export async function run(call: Call, execute: () => unknown): Promise<unknown> {
  const begun = await begin(call);
  if (begun.kind === 'replayed') return begun.value;
  if (begun.kind === 'unprotected') return execute();
  let value: unknown;
  try {
    value = await execute();
  } catch (error) {
    await fail(begun.claim, error);
    throw error;
  }
  return settle(begun.claim, value);
}

/** How a call begins. */
export type Begun =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  | { readonly kind: 'replayed'; readonly value: unknown }
  /** The store failed and `whenStoreFails` is 'run'. */
  | { readonly kind: 'unprotected' };

/** Claims the call, or answers it from a settled record. Throws the error that rejects a duplicate. */
export async function begin(call: Call): Promise<Begun> {
  const { policy, runtime } = call;
  const bid: Bid = {
    call,
    fence: runtime.newFence(),
    waitUntil: Math.min(monotonicNow(runtime.clock) + policy.waitMs, exitOf(call)),
  };
  const known = policy.readFirst ? await requestOutcome(call) : undefined;
  let next: Begun | Free = known ? await meet(bid, FREE, known) : FREE;
  while (next.kind === 'free') next = await claim(bid, next);
  return next;
}

/** One caller's attempt to claim the call. */
interface Bid {
  readonly call: Call;
  readonly fence: string;
  /** How long it waits for a running call, by monotonic time. */
  readonly waitUntil: number;
  /** Of the last look at the running call, where that failed. */
  readonly failure?: unknown;
}

/** Nothing is in the way now: claim. */
interface Free {
  readonly kind: 'free';
  /** The run to take over. */
  readonly over?: RunningRecord | undefined;
  /** Claims in a row that were refused because of a record that turned out to be gone or expired. */
  readonly contradictions: number;
}

const FREE: Free = { kind: 'free', contradictions: 0 };

/** A store that contradicts itself this often in a row will not stop doing so. */
const MAX_CONTRADICTIONS = 6;

/** @param over the run that refused the claim; if the claim named another run, that is progress */
const freeAgain = (before: Free, over?: RunningRecord): Free => {
  const isAnother = before.over !== undefined && over !== undefined && before.over.fence !== over.fence;
  return { kind: 'free', over, contradictions: isAnother ? 0 : before.contradictions + 1 };
};

/** Claims once, and handles the answer. */
const claim = async (bid: Bid, free: Free): Promise<Begun | Free> => {
  const { call, fence } = bid;
  const { over, contradictions } = free;
  if (contradictions === MAX_CONTRADICTIONS) throw inconsistentError(call);
  if (contradictions > 1) await backoff(call, contradictions, exitOf(call));
  const now = call.runtime.clock.now();
  const record = runningRecord(call, fence, nextAttempt(over, now));
  if (record.leaseUntil <= now) throw noTimeError(call);
  let answer: ClaimAnswer;
  try {
    answer = await requestClaim({ call, record }, over);
  } catch (error) {
    return handleStoreFailure({ call, record }, error);
  }
  if (answer.claimed) return acceptClaim(call, record, answer.replaced);
  return answer.existing ? meet(bid, free, answer.existing) : freeAgain(free);
};

/** Handles an existing record: replays it, rejects the call, waits, or lets it claim again. */
const meet = async (bid: Bid, free: Free, record: StoredRecord): Promise<Begun | Free> => {
  const { call, fence } = bid;
  const { policy, runtime, fingerprint } = call;
  const { clockSkewMs, whenOver, maxAttempts } = policy;
  const now = runtime.clock.now();
  const judged = judge(record, { fence, fingerprint, now, clockSkewMs, whenOver, maxAttempts });
  switch (judged.verdict) {
    case 'claim again':
      return freeAgain(free, judged.over);
    case 'won': // The answer to this claim was lost, and the SDK sent the claim again.
      return acceptClaim(call, judged.record);
    case 'replay':
      return answerReplay(call, judged.record);
    case 'conflict':
      throw await conflictError(call, judged.record);
    case 'exhausted':
      throw await exhaustedError(call, judged.record, judged.attempts);
    case 'outcome unknown':
      throw await outcomeUnknownError(call, judged.record);
    case 'busy':
      if (monotonicNow(runtime.clock) >= bid.waitUntil) {
        throw await busyError(call, judged.record, judged.retryAfterMs, bid.failure);
      }
      return waitFor(bid, free, record);
  }
};

const waitFor = async (bid: Bid, free: Free, record: StoredRecord): Promise<Begun | Free> => {
  const change = await requestChange(bid.call, bid.waitUntil);
  if (!change.changed) {
    return meet({ ...bid, waitUntil: Number.NEGATIVE_INFINITY, failure: change.failure }, free, record);
  }
  if (!change.record || change.record.status === 'running') return FREE;
  return meet(bid, free, change.record);
};

const acceptClaim = async (call: Call, record: RunningRecord, replaced?: StoredRecord): Promise<Begun> => {
  const { leaseUntil, attempts } = record;
  if (leaseUntil <= call.runtime.clock.now()) {
    // The answer was that long on its way, or this host stood still. Another may hold the key by now, and run.
    await abandon({ call, record });
    throw lateClaimError(call);
  }
  emit('claimed', () => ({ ...eventOf(call), leaseUntil, ...(attempts !== undefined && { attempts }) }));
  if (replaced?.status === 'running' && !isReleased(replaced)) {
    emit('takenOver', () => ({ ...eventOf(call), staleSince: replaced.leaseUntil }));
  }
  const claim = { call, record };
  return { kind: 'claimed', claim: { ...claim, renewal: startRenewal(claim) } };
};

/** The store failed a claim. */
const handleStoreFailure = async (claim: Claim, error: unknown): Promise<Begun> => {
  if (!(error instanceof IdempotencyPersistenceLayerError)) throw error;
  if (error.mayBeApplied) await abandon(claim);
  if (claim.call.policy.whenStoreFails === 'run') return { kind: 'unprotected' };
  throw error;
};

const answerReplay = async (call: Call, record: SettledRecord): Promise<Begun> => {
  const { settledAt } = record;
  emit('replayed', () => ({
    ...eventOf(call),
    ...runOf(record),
    failed: record.status === 'failed',
    ...(settledAt !== undefined && { settledAt }),
  }));
  return { kind: 'replayed', value: await replay(record, call) };
};

const lateClaimError = ({ key }: Call): Error =>
  new IdempotencyPersistenceLayerError(
    `The store answered the claim of ${key} after its lease had expired. Nothing ran; retry later.`,
  );

const noTimeError = ({ key }: Call): Error =>
  new IdempotencyPersistenceLayerError(`The invocation ended before ${key} could be claimed. Nothing ran.`);

const inconsistentError = ({ key }: Call): Error =>
  new IdempotencyInconsistentStateError(
    `The store refused ${MAX_CONTRADICTIONS} claims of ${key}, each because of a record that was then missing or expired. Nothing ran; retry later.`,
  );
