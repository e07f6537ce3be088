/** What a store keeps under a key, and the pure decisions over it. Times are epoch milliseconds. */

interface RecordBase {
  /** `scope#hash`: names the call. */
  readonly key: string;
  /** Random value of the claim that wrote the record; settle, renew and release must show it. */
  readonly fence: string;
  /** Hash of the input that must match on repeat. */
  readonly fingerprint?: string;
  /**
   * When the store may forget the record (the TTL attribute), a multiple of 1,000.
   * For a settled record it is the end of the window; for a running one it never lies before the lease's end.
   */
  readonly expiresAt: number;
  /** Runs of the call up to this one; only where they are counted. */
  readonly attempts?: number;
}

export interface RunningRecord extends RecordBase {
  readonly status: 'running';
  readonly leaseUntil: number;
}

/** The lease of a claim that was given up, where its record stays to count attempts: over, by every clock. */
export const NO_LEASE = 0;

/** Data that lies beside its record, so that a refused claim does not carry it. */
export interface StoredParts {
  readonly count: number;
  /** base64url digest of all bytes. */
  readonly sha256: string;
  /** Whether the data is a text rather than bytes. */
  readonly isText: boolean;
}

/** A result as a store keeps it: encoded by a codec, or known to be finished without a result that could be stored. */
export type StoredResult =
  | {
      readonly stored: true;
      /** Name of the codec that reads `data`. */
      readonly codec: string;
      /** Absent: the function returned `undefined`, or the data lies in `parts`. */
      readonly data?: string | Uint8Array;
      /** Instead of `data`; the store reads them with `readParts`. Only a store makes them. */
      readonly parts?: StoredParts;
    }
  | { readonly stored: false; readonly reason: string };

export interface SettledRecord extends RecordBase {
  readonly status: 'done' | 'failed';
  /** What the function returned, or a description of what it threw. */
  readonly result: StoredResult;
}

export type StoredRecord = RunningRecord | SettledRecord;

export const isSettled = (record: StoredRecord | undefined): record is SettledRecord =>
  record !== undefined && record.status !== 'running';

/** A record of its own, bytes included. */
export const copyOf = <Kind extends StoredRecord>(record: Kind): Kind => {
  if (record.status === 'running' || !record.result.stored) return { ...record };
  const { data } = record.result;
  // Not slice(): a Buffer's is a view of the same bytes.
  return typeof data === 'object'
    ? { ...record, result: { ...record.result, data: new Uint8Array(data) } }
    : { ...record };
};

/** What a claim meets, seen by the caller who wanted it. */
export type Verdict =
  | { readonly verdict: 'won'; readonly record: RunningRecord }
  | { readonly verdict: 'replay'; readonly record: SettledRecord }
  | { readonly verdict: 'busy'; readonly record: RunningRecord; readonly retryAfterMs: number }
  | { readonly verdict: 'conflict'; readonly record: StoredRecord }
  | { readonly verdict: 'exhausted'; readonly record: RunningRecord; readonly attempts: number }
  | { readonly verdict: 'outcome unknown'; readonly record: RunningRecord }
  /** `over` is the run to take over from. */
  | { readonly verdict: 'claim again'; readonly over?: RunningRecord };

export interface JudgeInput {
  /** The fence that the caller tried to claim with. */
  readonly fence: string;
  readonly fingerprint: string | undefined;
  readonly now: number;
  /** Added to another's lease before it counts as over: hosts' clocks differ. */
  readonly clockSkewMs: number;
  /** What becomes of a run whose lease is over. */
  readonly whenOver: 'run' | 'refuse';
  /** Runs of a call that may end without an outcome; undefined: any number. */
  readonly maxAttempts: number | undefined;
}

/**
 * A record that lacks a fingerprint, or a caller that has none, cannot conflict:
 * validation may have been switched on while records were alive.
 */
export const conflicts = (record: StoredRecord, fingerprint: string | undefined): boolean =>
  fingerprint !== undefined && record.fingerprint !== undefined && record.fingerprint !== fingerprint;

/** Whether nothing protects the record any more, so that a claim may replace it. Stores ask the same in their condition. */
export const isOver = (record: StoredRecord, now: number, clockSkewMs: number): boolean =>
  record.status === 'running' ? record.leaseUntil <= now - clockSkewMs : record.expiresAt <= now;

/** A run that was not counted was one. */
const attemptsOf = ({ attempts = 1 }: RunningRecord): number => attempts;

/** The number of the run that takes over; a record past its time counts no more. */
export const nextAttempt = (over: RunningRecord | undefined, now: number): number =>
  over && over.expiresAt > now ? attemptsOf(over) + 1 : 1;

/** What a run whose lease is over leaves to whoever comes next. */
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
  // Whatever stands, stands for its own payload only.
  if (judged.verdict !== 'claim again' && conflicts(record, input.fingerprint)) {
    return { verdict: 'conflict', record };
  }
  return judged;
};

/** Rounds up to the TTL attribute's whole seconds, so that a window is never shorter than asked for. */
export const toWholeSeconds = (epochMs: number): number => Math.ceil(epochMs / 1_000) * 1_000;
