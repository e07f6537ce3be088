import { type Clock, within } from '../protocol/clock.js';
import type { Call } from './types.js';

/** How long each kind of work may take: until the invocation ends, and at most the time in this table. */

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

type Timed = Pick<Call, 'deadline'> & { readonly runtime: { readonly clock: Clock } };

/** When a call must have its answer, epoch milliseconds. */
export const exitOf = ({ deadline }: Pick<Call, 'deadline'>): number =>
  deadline === undefined ? Number.POSITIVE_INFINITY : deadline - EXIT_MARGIN_MS;

/** When a store request is given up, epoch milliseconds. A settle in the last moments gets all the time that is left. */
const requestEndOf = (call: Timed, now: number): number => {
  const { deadline } = call;
  if (deadline === undefined || now < exitOf(call)) return exitOf(call);
  return now < deadline ? deadline : now + STALE_CONTEXT_MS;
};

/** The same, but at most `atMostMs` from now. */
export const giveUpAt = (call: Timed, atMostMs: number = Number.POSITIVE_INFINITY): number => {
  const now = call.runtime.clock.now();
  return Math.min(now + atMostMs, requestEndOf(call, now));
};

/** Milliseconds; infinite without a Lambda context. */
export const timeLeft = (call: Timed): number => giveUpAt(call) - call.runtime.clock.now();

/** `atMostMs`, but at most half of the time left: the settle or release that follows needs the rest. */
export const shareOfTime = (call: Timed, atMostMs: number): number => Math.min(atMostMs, timeLeft(call) / 2);

/** The work's answer; throws `late()` after `ms` milliseconds. The work may throw synchronously. */
export const withTimeLimit = <T>(
  { runtime: { clock } }: Timed,
  ms: number,
  work: () => T,
  late: () => Error,
): Promise<Awaited<T>> =>
  within(clock, clock.now() + ms, (async () => work())() as Promise<Awaited<T>>, late);
