import { type Clock, monotonicNow, within } from '../protocol/clock.js';
import type { Call } from './types.js';

/**
 * How long anything may take: until the invocation's end, and no longer than the table says. All times here are
 * monotonic, for the host's clock may be set back during a wait.
 */

/** Milliseconds, at most, of each kind of work. */
export const PATIENCE_MS = {
  /** A settle is retried for that long: enough for a failover, short enough for a caller who waits for the answer. */
  settle: 10_000,
  /** The caller waits for the function's error. It leaves after this, and the release goes on. */
  release: 5_000,
  /** The claim has just failed: its release may help nobody. */
  abandon: 1_000,
  /** A read that only saves a write: the claim needs the time more. */
  readFirst: 1_000,
  /** A codec, over an outcome. */
  encode: 10_000,
  /** A codec, taking back what it stored elsewhere. */
  discard: 1_000,
  /** A codec, for an error that shows the record: the caller waits for it. */
  decodeForError: 1_000,
  /** A predicate of the user's: the outcome waits for it. */
  predicate: 10_000,
} as const;

/** Left of an invocation for the answer to leave it. */
const EXIT_MARGIN_MS = 100;
/** What a store gets when the invocation claims to be over and is not: its context is stale. */
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

/** The same, and `atMostMs` from now at the latest. */
export const giveUpAt = (call: Timed, atMostMs: number = Number.POSITIVE_INFINITY): number => {
  const now = monotonicNow(call.runtime.clock);
  return Math.min(now + atMostMs, requestEndOf(call, now));
};

/** Milliseconds; infinite where no invocation says when it ends. */
export const timeLeft = (call: Timed): number => giveUpAt(call) - monotonicNow(call.runtime.clock);

/** `atMostMs`, or half of what is left: what follows, a settle or a release, needs its share. */
export const shareOfTime = (call: Timed, atMostMs: number): number => Math.min(atMostMs, timeLeft(call) / 2);

/** The work's answer, or `late()` thrown after so many milliseconds. The work may throw at once. */
export const withTimeLimit = <T>(
  { runtime: { clock } }: Timed,
  ms: number,
  work: () => T,
  late: () => Error,
): Promise<Awaited<T>> =>
  within(clock, monotonicNow(clock) + ms, (async () => work())() as Promise<Awaited<T>>, late);
