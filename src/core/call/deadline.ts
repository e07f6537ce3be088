import { type Clock, monotonicNow, within } from '../protocol/clock.js';
import type { Call } from './types.js';

/**
 * How long anything may take: until the invocation's end, and no longer than the table says. All times here are
 * monotonic, for the host's clock may be set back during a wait.
 */

/** The time limit of each kind of work, in milliseconds. */
export const PATIENCE_MS = {
  /** How long a settle is retried: enough for a failover, and short enough for the waiting caller. */
  settle: 10_000,
  /** The caller waits for the function's error. After this time it is thrown, and the release continues. */
  release: 5_000,
  /** Releasing a claim that has just failed: often there is nothing to release. */
  abandon: 1_000,
  /** A read that can only save a write: the claim needs the time more. */
  readFirst: 1_000,
  /** A codec that encodes an outcome. */
  encode: 10_000,
  /** A codec that deletes what it stored elsewhere. */
  discard: 1_000,
  /** A codec that decodes the result for an error's `existingRecord`: the caller waits for it. */
  decodeForError: 1_000,
  /** A predicate of the user: the outcome waits for it. */
  predicate: 10_000,
} as const;

/** Reserved at the end of an invocation for returning the answer. */
const EXIT_MARGIN_MS = 100;
/** Time for a store request when the context says that the invocation is over: that context is stale. */
const STALE_CONTEXT_MS = 500;

type Timed = Pick<Call, 'endsAt'> & { readonly runtime: { readonly clock: Clock } };

/** When a call must have its answer. */
export const exitOf = ({ endsAt }: Pick<Call, 'endsAt'>): number =>
  endsAt === undefined ? Number.POSITIVE_INFINITY : endsAt - EXIT_MARGIN_MS;

/** When a store request is given up. A settle in the last moments gets all that is left. */
const requestEndOf = (call: Timed, now: number): number => {
  const { endsAt } = call;
  if (endsAt === undefined || now < exitOf(call)) return exitOf(call);
  return now < endsAt ? endsAt : now + STALE_CONTEXT_MS;
};

/** The same, but at most `atMostMs` from now. */
export const giveUpAt = (call: Timed, atMostMs: number = Number.POSITIVE_INFINITY): number => {
  const now = monotonicNow(call.runtime.clock);
  return Math.min(now + atMostMs, requestEndOf(call, now));
};

/** Milliseconds; infinite where no invocation says when it ends. */
export const timeLeft = (call: Timed): number => giveUpAt(call) - monotonicNow(call.runtime.clock);

/** `atMostMs`, but at most half of the time left: the settle or release that follows needs the rest. */
export const shareOfTime = (call: Timed, atMostMs: number): number => Math.min(atMostMs, timeLeft(call) / 2);

/** The work's answer; throws `late()` after `ms` milliseconds. The work may throw synchronously. */
export const withTimeLimit = <T>(
  { runtime: { clock } }: Timed,
  ms: number,
  work: () => T,
  late: () => Error,
): Promise<Awaited<T>> =>
  within(clock, monotonicNow(clock) + ms, (async () => work())() as Promise<Awaited<T>>, late);
