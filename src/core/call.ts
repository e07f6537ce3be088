import {
  IdempotencyAlreadyInProgressError,
  IdempotencyInconsistentStateError,
  IdempotencyPersistenceLayerError,
  IdempotencyValidationError,
} from './errors.js';
import { emit } from './events.js';
import { abandon, release, settle } from './finish.js';
import { judge, type RunningRecord, type SettledRecord, type StoredRecord } from './record.js';
import { replay, viewOf } from './replay.js';
import { backoff, eventOf, exitOf, requestChange, requestClaim, runningRecord } from './requests.js';
import type { ClaimAnswer } from './store.js';
import type { Call, Claim } from './types.js';

export type Begun =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  | { readonly kind: 'replayed'; readonly value: unknown }
  /** The store failed and `whenStoreFails` is 'run'. */
  | { readonly kind: 'unprotected' };

/** A store that contradicts itself this often in a row will go on doing so. */
const MAX_CONTRADICTIONS = 6;

/** The store failed a claim, which may have been applied all the same. */
const failed = async (claim: Claim, error: unknown): Promise<Begun> => {
  if (!(error instanceof IdempotencyPersistenceLayerError)) throw error;
  if (claim.call.policy.whenStoreFails === 'run') return { kind: 'unprotected' };
  if (error.retryable) await abandon(claim);
  throw error;
};

const won = async (call: Call, record: RunningRecord, replaced?: StoredRecord): Promise<Begun> => {
  if (record.leaseUntil <= call.runtime.clock.now()) {
    // The answer was that long on its way, or this host stood still. Another may hold the key by now.
    const late = `The store answered the claim of ${call.key} only after its lease was over. Nothing ran.`;
    return failed({ call, record }, new IdempotencyPersistenceLayerError(late));
  }
  emit('claimed', () => ({ ...eventOf(call), leaseUntil: record.leaseUntil }));
  if (replaced?.status === 'running') {
    emit('takenOver', () => ({ ...eventOf(call), staleSince: replaced.leaseUntil }));
  }
  return { kind: 'claimed', claim: { call, record } };
};

const replayed = async (call: Call, record: SettledRecord): Promise<Begun> => {
  emit('replayed', () => eventOf(call));
  return { kind: 'replayed', value: await replay(record, call.policy, call.runtime.clock) };
};

const conflict = async (call: Call, record: StoredRecord): Promise<Error> => {
  emit('conflict', () => eventOf(call));
  return new IdempotencyValidationError(
    `${call.key} was used before with another payload. Nothing ran; a new request needs a new idempotency key.`,
    { existingRecord: await viewOf(record, call.policy, call.runtime.clock) },
  );
};

const busy = async (call: Call, record: RunningRecord, retryAfterMs: number): Promise<Error> => {
  emit('busy', () => ({ ...eventOf(call), retryAfterMs }));
  return new IdempotencyAlreadyInProgressError(
    `${call.key} is running elsewhere. Nothing ran here; retry later. Its claim ends in ${retryAfterMs} ms at the latest.`,
    { existingRecord: await viewOf(record, call.policy, call.runtime.clock), retryAfterMs },
  );
};

/** What a record that stands in the way means: an answer, a rejection, or another claim. */
const meet = async (
  call: Call,
  fence: string,
  record: StoredRecord,
  waitUntil: number,
): Promise<Begun | 'claim again' | 'claim after wait'> => {
  const { policy, runtime, fingerprint } = call;
  const now = runtime.clock.now();
  const met = judge(record, { fence, fingerprint, now, clockSkewMs: policy.clockSkewMs });
  switch (met.verdict) {
    case 'claim again':
      return 'claim again';
    case 'won': // The answer to this very claim was lost, and the SDK sent it again.
      return won(call, met.record);
    case 'replay':
      return replayed(call, met.record);
    case 'conflict':
      throw await conflict(call, met.record);
    case 'busy': {
      if (now >= waitUntil) throw await busy(call, met.record, met.retryAfterMs);
      const change = await requestChange(call, waitUntil);
      if (!change.changed) return meet(call, fence, record, now);
      if (!change.record || change.record.status === 'running') return 'claim after wait';
      return meet(call, fence, change.record, waitUntil);
    }
  }
};

/** Claims the call, or answers it from a settled record. Throws what a duplicate is rejected with. */
export const begin = async (call: Call): Promise<Begun> => {
  const { policy, runtime } = call;
  const fence = runtime.newFence();
  const waitUntil = Math.min(runtime.clock.now() + policy.waitMs, exitOf(call));
  let contradictions = 0;
  while (contradictions < MAX_CONTRADICTIONS) {
    const record = runningRecord(call, fence);
    let answer: ClaimAnswer;
    try {
      answer = await requestClaim({ call, record });
    } catch (error) {
      return failed({ call, record }, error);
    }
    if (answer.claimed) return won(call, record, answer.replaced);
    const begun = answer.existing ? await meet(call, fence, answer.existing, waitUntil) : 'claim again';
    if (typeof begun === 'object') return begun;
    contradictions = begun === 'claim again' ? contradictions + 1 : 0;
    if (contradictions > 1) await backoff(call, contradictions, exitOf(call));
  }
  throw new IdempotencyInconsistentStateError(
    `${call.key} refused ${MAX_CONTRADICTIONS} claims, each time with a record that was gone or over when looked at. Nothing ran.`,
  );
};

/** The whole call: claim, run once, then settle or release. What the function throws leaves as it came. */
export const run = async (call: Call, execute: () => unknown): Promise<unknown> => {
  const begun = await begin(call);
  if (begun.kind === 'replayed') return begun.value;
  if (begun.kind === 'unprotected') return execute();
  let value: unknown;
  try {
    value = await execute();
  } catch (error) {
    await release(begun.claim);
    throw error;
  }
  return settle(begun.claim, value);
};
