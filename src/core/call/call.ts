import { IdempotencyInconsistentStateError, IdempotencyPersistenceLayerError } from '../protocol/errors.js';
import { emit } from '../protocol/events.js';
import {
  judge,
  NO_LEASE,
  nextAttempt,
  type RunningRecord,
  type SettledRecord,
  type StoredRecord,
} from '../protocol/record.js';
import type { ClaimAnswer } from '../protocol/store.js';
import { abandon, fail, settle } from './finish.js';
import { busy, conflict, exhausted, outcomeUnknown } from './rejections.js';
import { startRenewal } from './renewal.js';
import { replay } from './replay.js';
import {
  backoff,
  eventOf,
  exitOf,
  requestChange,
  requestClaim,
  requestGlance,
  runningRecord,
} from './store-requests.js';
import type { Call, Claim } from './types.js';

export type Begun =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  | { readonly kind: 'replayed'; readonly value: unknown }
  /** The store failed and `whenStoreFails` is 'run'. */
  | { readonly kind: 'unprotected' };

/** Nothing stands in the way any more; `over` is the run to take over from. */
interface ClaimAgain {
  readonly kind: 'claim again';
  readonly over?: RunningRecord | undefined;
  readonly hasWaited?: boolean;
}

/** Whether somebody else has run since: what the last claim named is gone, and another stands there. */
const isAnother = (next: ClaimAgain, last: RunningRecord | undefined): boolean =>
  next.over !== undefined && last !== undefined && next.over.fence !== last.fence;

/** A store that contradicts itself this often in a row will go on doing so. */
const MAX_CONTRADICTIONS = 6;

/** The store failed a claim, which may have been applied all the same. */
const failed = async (claim: Claim, error: unknown): Promise<Begun> => {
  if (!(error instanceof IdempotencyPersistenceLayerError)) throw error;
  if (error.retryable) await abandon(claim);
  if (claim.call.policy.whenStoreFails === 'run') return { kind: 'unprotected' };
  throw error;
};

const won = async (call: Call, record: RunningRecord, replaced?: StoredRecord): Promise<Begun> => {
  const { leaseUntil, attempts } = record;
  if (leaseUntil <= call.runtime.clock.now()) {
    // The answer was that long on its way, or this host stood still. Another may hold the key by now.
    const late = `The store answered the claim of ${call.key} only after its lease was over. Nothing ran.`;
    return failed({ call, record }, new IdempotencyPersistenceLayerError(late));
  }
  emit('claimed', () => ({ ...eventOf(call), leaseUntil, ...(attempts !== undefined && { attempts }) }));
  if (replaced?.status === 'running' && replaced.leaseUntil !== NO_LEASE) {
    emit('takenOver', () => ({ ...eventOf(call), staleSince: replaced.leaseUntil }));
  }
  const claim = { call, record };
  return { kind: 'claimed', claim: { ...claim, renewal: startRenewal(claim) } };
};

const replayed = async (call: Call, record: SettledRecord): Promise<Begun> => {
  emit('replayed', () => ({ ...eventOf(call), failed: record.status === 'failed' }));
  return { kind: 'replayed', value: await replay(record, call) };
};

/** What a record that stands in the way means: an answer, a rejection, or another claim. */
const meet = async (
  call: Call,
  fence: string,
  record: StoredRecord,
  waitUntil: number,
): Promise<Begun | ClaimAgain> => {
  const { policy, runtime, fingerprint } = call;
  const now = runtime.clock.now();
  const { clockSkewMs, whenOver, maxAttempts } = policy;
  const met = judge(record, { fence, fingerprint, now, clockSkewMs, whenOver, maxAttempts });
  switch (met.verdict) {
    case 'claim again':
      return { kind: 'claim again', over: met.over };
    case 'won': // The answer to this very claim was lost, and the SDK sent it again.
      return won(call, met.record);
    case 'replay':
      return replayed(call, met.record);
    case 'conflict':
      throw await conflict(call, met.record);
    case 'exhausted':
      throw await exhausted(call, met.record, met.attempts);
    case 'outcome unknown':
      throw await outcomeUnknown(call, met.record);
    case 'busy': {
      if (now >= waitUntil) throw await busy(call, met.record, met.retryAfterMs);
      const change = await requestChange(call, waitUntil);
      if (!change.changed) return meet(call, fence, record, now);
      if (!change.record || change.record.status === 'running')
        return { kind: 'claim again', hasWaited: true };
      return meet(call, fence, change.record, waitUntil);
    }
  }
};

/** One claim, and what it meets. */
const claim = async (
  call: Call,
  fence: string,
  over: RunningRecord | undefined,
  waitUntil: number,
): Promise<Begun | ClaimAgain> => {
  const record = runningRecord(call, fence, nextAttempt(over, call.runtime.clock.now()));
  let answer: ClaimAnswer;
  try {
    answer = await requestClaim({ call, record }, over);
  } catch (error) {
    return failed({ call, record }, error);
  }
  if (answer.claimed) return won(call, record, answer.replaced);
  return answer.existing ? meet(call, fence, answer.existing, waitUntil) : { kind: 'claim again' };
};

/** Claims the call, or answers it from a settled record. Throws what a duplicate is rejected with. */
export const begin = async (call: Call): Promise<Begun> => {
  const { policy, runtime } = call;
  const fence = runtime.newFence();
  const waitUntil = Math.min(runtime.clock.now() + policy.waitMs, exitOf(call));
  const known = policy.readFirst ? await requestGlance(call) : undefined;
  let begun: Begun | ClaimAgain = known ? await meet(call, fence, known, waitUntil) : { kind: 'claim again' };
  for (let contradictions = 0; begun.kind === 'claim again'; ) {
    if (contradictions === MAX_CONTRADICTIONS) {
      throw new IdempotencyInconsistentStateError(
        `${call.key} refused ${MAX_CONTRADICTIONS} claims, each time with a record that was gone or over when looked at. Nothing ran.`,
      );
    }
    if (contradictions > 1) await backoff(call, contradictions, exitOf(call));
    const { over } = begun;
    begun = await claim(call, fence, over, waitUntil);
    const isProgress = begun.kind === 'claim again' && (begun.hasWaited || isAnother(begun, over));
    contradictions = isProgress ? 0 : contradictions + 1;
  }
  return begun;
};

/** The whole call: claim, run once, then settle or fail. What the function throws leaves as it came. */
export const run = async (call: Call, execute: () => unknown): Promise<unknown> => {
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
};
