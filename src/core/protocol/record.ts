/** What a store holds under a key, and pure decisions about it. Times are epoch milliseconds. */

interface RecordBase {
  /** `scope#hash`; identifies the call. */
  readonly key: string;
  /** Random value of the claim that wrote the record; settle, renew and release must present it. */
  readonly fence: string;
  /** Hash of the input that must match when the key is used again. */
  readonly fingerprint?: string;
  /**
   * When the store may delete the record (the TTL attribute), a multiple of 1,000.
   * For a settled record, the end of the window; for a running record, never before the end of the lease.
   */
  readonly expiresAt: number;
  /** How often the call has run, with this run; absent unless runs are counted. */
  readonly attempts?: number;
  /** The Lambda request id of the invocation that claimed. */
  readonly requestId?: string;
  /** When it claimed, by its own clock; absent in other writers' records. */
  readonly claimedAt?: number;
}

/** The record of a call in progress. */
export interface RunningRecord extends RecordBase {
  readonly status: 'running';
  readonly leaseUntil: number;
}

/** The lease in a released record that stays to count attempts: over by every clock. */
export const NO_LEASE = 0;

/** Data stored apart from its record, so that a refused claim does not return it. */
export interface StoredParts {
  readonly count: number;
  /** base64url digest of all bytes. */
  readonly sha256: string;
  /** Whether the data is a string rather than bytes. */
  readonly isText: boolean;
}

/** A result in a store: encoded by a codec, or the reason why it was not stored. */
export type StoredResult =
  | {
      readonly stored: true;
      /** Name of the codec that reads `data`. */
      readonly codec: string;
      /** Absent if the function returned `undefined`, or the data is in `parts`. */
      readonly data?: string | Uint8Array;
      /** Replaces `data`; the store reads it with `readParts`. Only a store sets it. */
      readonly parts?: StoredParts;
    }
  | { readonly stored: false; readonly reason: string };

/** The record of a finished call. */
export interface SettledRecord extends RecordBase {
  readonly status: 'done' | 'failed';
  /** What the function returned, or a description of what it threw. */
  readonly result: StoredResult;
  /** When it was settled, by the clock of the run; absent in other writers' records. */
  readonly settledAt?: number;
}

export type StoredRecord = RunningRecord | SettledRecord;

export const isSettled = (record: StoredRecord | undefined): record is SettledRecord =>
  record !== undefined && record.status !== 'running';

/** Whether the record is of a run that gave its claim up: nobody holds it. */
export const isReleased = (record: StoredRecord): boolean =>
  record.status === 'running' && record.leaseUntil === NO_LEASE;

/** A copy of the record and its bytes. */
export const copyOf = <Kind extends StoredRecord>(record: Kind): Kind => {
  if (record.status === 'running' || !record.result.stored) return { ...record };
  const { data } = record.result;
  // No slice(): for a Buffer it returns a view of the same bytes.
  return typeof data === 'object'
    ? { ...record, result: { ...record.result, data: new Uint8Array(data) } }
    : { ...record };
};

/** What an existing record means for a caller that tried to claim its key. */
export type Verdict =
  | { readonly verdict: 'won'; readonly record: RunningRecord }
  | { readonly verdict: 'replay'; readonly record: SettledRecord }
  | { readonly verdict: 'busy'; readonly record: RunningRecord; readonly retryAfterMs: number }
  | { readonly verdict: 'conflict'; readonly record: StoredRecord }
  | { readonly verdict: 'exhausted'; readonly record: RunningRecord; readonly attempts: number }
  | { readonly verdict: 'outcome unknown'; readonly record: RunningRecord }
  /** `over` is the run to take over. */
  | { readonly verdict: 'claim again'; readonly over?: RunningRecord };

export interface JudgeInput {
  /** The fence that the caller tried to claim with. */
  readonly fence: string;
  readonly fingerprint: string | undefined;
  readonly now: number;
  /** Added to another run's lease before it counts as over, since the hosts' clocks differ. */
  readonly clockSkewMs: number;
  /** What to do about a run whose lease is over. */
  readonly whenOver: 'run' | 'refuse';
  /** How many runs of a call may end without an outcome; undefined for no limit. */
  readonly maxAttempts: number | undefined;
}

/**
 * Whether record and caller have different fingerprints. If either has no fingerprint, there is no conflict: validation
 * may have been turned on or off while records exist.
 */
export const conflicts = (record: StoredRecord, fingerprint: string | undefined): boolean =>
  fingerprint !== undefined && record.fingerprint !== undefined && record.fingerprint !== fingerprint;

/** Whether the record is no longer protected, so a claim may replace it. Stores have the same condition. */
export const isOver = (record: StoredRecord, now: number, clockSkewMs: number): boolean =>
  record.status === 'running' ? record.leaseUntil <= now - clockSkewMs : record.expiresAt <= now;

/** A run that was not counted counts as one. */
const attemptsOf = ({ attempts = 1 }: RunningRecord): number => attempts;

/** The number of the run that takes over; an expired record does not count. */
export const nextAttempt = (over: RunningRecord | undefined, now: number): number =>
  over && over.expiresAt > now ? attemptsOf(over) + 1 : 1;

/** The verdict on a run whose lease is over. */
const judgeOver = (over: RunningRecord, { now, whenOver, maxAttempts }: JudgeInput): Verdict => {
  const attempts = attemptsOf(over);
  if (over.expiresAt <= now) return { verdict: 'claim again', over };
  if (whenOver === 'refuse' && over.leaseUntil !== NO_LEASE)
    return { verdict: 'outcome unknown', record: over };
  if (maxAttempts !== undefined && attempts >= maxAttempts)
    return { verdict: 'exhausted', record: over, attempts };
  return { verdict: 'claim again', over };
};

const judgeRunning = (record: RunningRecord, input: JudgeInput): Verdict =>
  isOver(record, input.now, input.clockSkewMs)
    ? judgeOver(record, input)
    : { verdict: 'busy', record, retryAfterMs: record.leaseUntil + input.clockSkewMs - input.now };

const judgeSettled = (record: SettledRecord, { now }: JudgeInput): Verdict =>
  isOver(record, now, 0) ? { verdict: 'claim again' } : { verdict: 'replay', record };

export const judge = (record: StoredRecord, input: JudgeInput): Verdict => {
  if (record.status === 'running' && record.fence === input.fence) return { verdict: 'won', record };
  const judged = isSettled(record) ? judgeSettled(record, input) : judgeRunning(record, input);
  // A protected record protects only calls with its own payload.
  if (judged.verdict !== 'claim again' && conflicts(record, input.fingerprint)) {
    return { verdict: 'conflict', record };
  }
  return judged;
};

/** Rounds up to whole seconds, as in the TTL attribute, so that a window is never shorter than configured. */
export const toWholeSeconds = (epochMs: number): number => Math.ceil(epochMs / 1_000) * 1_000;
