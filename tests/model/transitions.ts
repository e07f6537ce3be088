import { copyOf, isOver, type RunningRecord, type StoredRecord } from '../../src/core/protocol/record.js';
import type { ClaimAnswer, ClaimMoment, HolderAnswer, Outcome } from '../../src/core/protocol/store.js';

/**
 * What a store does with one record, as pure functions: the simulated database and the exhaustive model share them.
 * `store.test.ts` runs the contract of all stores over them, and compares them with `MemoryPersistenceLayer`.
 */

/** A request as data, so that a network can lose, delay and repeat it. */
export type StoreRequest =
  | {
      readonly operation: 'claim';
      readonly key: string;
      readonly record: RunningRecord;
      readonly moment: ClaimMoment;
    }
  | { readonly operation: 'settle'; readonly key: string; readonly fence: string; readonly outcome: Outcome }
  | {
      readonly operation: 'release';
      readonly key: string;
      readonly fence: string;
      readonly remains?: RunningRecord | undefined;
    }
  | {
      readonly operation: 'renew';
      readonly key: string;
      readonly fence: string;
      readonly leaseUntil: number;
      readonly expiresAt: number;
    }
  | { readonly operation: 'read'; readonly key: string; readonly isConsistent: boolean };

export type StoreAnswer = ClaimAnswer | HolderAnswer | { readonly read: StoredRecord | undefined };

/** A result past this is refused, as by the DynamoDB store. */
const MAX_RESULT_BYTES = 4 * 1_024 * 1_024;

export interface Transition {
  readonly after: StoredRecord | undefined;
  /** `too large`: nothing changed. */
  readonly answer: StoreAnswer | 'too large';
}

const holds = (record: StoredRecord | undefined, fence: string): record is RunningRecord =>
  record?.status === 'running' && record.fence === fence;

const refusal = (existing: StoredRecord | undefined): Transition => ({
  after: existing,
  answer: { held: false, ...(existing && { existing: copyOf(existing) }) },
});

const claim = (
  existing: StoredRecord | undefined,
  record: RunningRecord,
  { now, leaseOverAt, takesOver }: ClaimMoment,
): Transition => {
  const isBarred = existing?.status === 'running' && takesOver !== undefined && takesOver !== existing.fence;
  if (existing && (isBarred || !isOver(existing, now, now - leaseOverAt))) {
    return { after: existing, answer: { claimed: false, existing: copyOf(existing) } };
  }
  return { after: copyOf(record), answer: { claimed: true, ...(existing && { replaced: existing }) } };
};

const settle = (
  existing: StoredRecord | undefined,
  fence: string,
  outcome: Outcome,
  maxResultBytes: number,
): Transition => {
  if (outcome.result.stored && (outcome.result.data?.length ?? 0) > maxResultBytes) {
    return { after: existing, answer: 'too large' };
  }
  if (!holds(existing, fence)) return refusal(existing);
  const { leaseUntil: _, ...rest } = existing;
  return { after: copyOf({ ...rest, status: 'done', ...outcome }), answer: { held: true } };
};

const release = (
  existing: StoredRecord | undefined,
  fence: string,
  remains: RunningRecord | undefined,
): Transition => {
  if (!holds(existing, fence)) return refusal(existing);
  return { after: remains && copyOf(remains), answer: { held: true } };
};

const renew = (
  existing: StoredRecord | undefined,
  fence: string,
  leaseUntil: number,
  expiresAt: number,
): Transition => {
  if (!holds(existing, fence)) return refusal(existing);
  const isLater = leaseUntil >= existing.leaseUntil;
  return { after: isLater ? { ...existing, leaseUntil, expiresAt } : existing, answer: { held: true } };
};

/** One request, applied to what lies under its key. */
export const transition = (
  existing: StoredRecord | undefined,
  request: StoreRequest,
  maxResultBytes: number = MAX_RESULT_BYTES,
): Transition => {
  switch (request.operation) {
    case 'claim':
      return claim(existing, request.record, request.moment);
    case 'settle':
      return settle(existing, request.fence, request.outcome, maxResultBytes);
    case 'release':
      return release(existing, request.fence, request.remains);
    case 'renew':
      return renew(existing, request.fence, request.leaseUntil, request.expiresAt);
    case 'read':
      return { after: existing, answer: { read: existing && copyOf(existing) } };
  }
};
