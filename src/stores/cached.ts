import type { Clock } from '../core/clock.js';
import { isOver, type RunningRecord, type SettledRecord, type StoredRecord } from '../core/record.js';
import type { ClaimAnswer, ClaimMoment, HolderAnswer, Outcome, PersistenceStore } from '../core/store.js';

export interface CachedOptions {
  /** The most records kept; the least recently used goes first. */
  readonly maxRecords: number;
  readonly clock: Clock;
}

/**
 * A local cache around any store: replays from it cost no round trip. It keeps settled records only, inside their
 * window, and results encoded, so that every replay is decoded anew.
 */
export const cached = (store: PersistenceStore, { maxRecords, clock }: CachedOptions): PersistenceStore => {
  /** Least recently used first. */
  const records = new Map<string, SettledRecord>();

  const keep = (record: StoredRecord | undefined): void => {
    if (record?.status !== 'done') return;
    records.delete(record.key);
    records.set(record.key, record);
    for (const oldest of records.keys()) {
      if (records.size <= maxRecords) return;
      records.delete(oldest);
    }
  };

  const recall = (key: string, now: number): SettledRecord | undefined => {
    const record = records.get(key);
    if (!record) return undefined;
    records.delete(key);
    if (isOver(record, now, 0)) return undefined;
    records.set(key, record);
    return record;
  };

  /** Running records by this process's claims: what they will be once settled. */
  const claims = new Map<string, RunningRecord>();

  return {
    async claim(record: RunningRecord, moment: ClaimMoment): Promise<ClaimAnswer> {
      const existing = recall(record.key, moment.now);
      if (existing) return { claimed: false, existing };
      const answer = await store.claim(record, moment);
      if (answer.claimed) claims.set(record.fence, record);
      else keep(answer.existing);
      return answer;
    },
    async settle(key: string, fence: string, outcome: Outcome): Promise<HolderAnswer> {
      const answer = await store.settle(key, fence, outcome);
      const claim = claims.get(fence);
      if (answer.held && claim) {
        const { leaseUntil: _, ...rest } = claim;
        keep({ ...rest, ...outcome, status: 'done' });
      } else if (!answer.held) keep(answer.existing);
      claims.delete(fence);
      return answer;
    },
    async release(key: string, fence: string): Promise<HolderAnswer> {
      claims.delete(fence);
      return store.release(key, fence);
    },
    async read(key: string): Promise<StoredRecord | undefined> {
      const record = recall(key, clock.now()) ?? (await store.read(key));
      keep(record);
      return record;
    },
  };
};
