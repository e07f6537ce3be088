import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context } from 'aws-lambda';

/** A lease is never shorter, whatever the context says: 0 or less comes of a context from an earlier invocation. */
const SHORTEST_LEASE_MS = 1_000;

/** What is known of the call that the current code runs in. */
export interface CurrentIdempotency {
  /** `scope#hash`. */
  readonly key: string;
  readonly scope: string;
}

interface Surroundings {
  readonly context: Context | undefined;
  /** Absent where the function runs unprotected. */
  readonly call: CurrentIdempotency | undefined;
}

const surroundings = new AsyncLocalStorage<Surroundings>();

/** Functions that run inside right now. */
let running = 0;

/**
 * Runs a wrapped function so that wrapped functions inside it find its invocation.
 *
 * While the storage is in use, Node before 24 runs a hook for every promise of the process; so it is given up when
 * nothing runs. (Code that a function leaves running without awaiting it is then outside of any invocation.)
 */
export const runInside = async (
  call: CurrentIdempotency | undefined,
  context: Context | undefined,
  run: () => unknown,
): Promise<unknown> => {
  running++;
  try {
    return await surroundings.run({ call, context }, run);
  } finally {
    running--;
    if (running === 0) surroundings.disable();
  }
};

/** Whether this code runs inside a wrapped function. */
export const isInside = (): boolean => surroundings.getStore() !== undefined;

/** The call that this code runs in: inside a function that is wrapped, and neither disabled nor without a key. */
export const currentIdempotency = (): CurrentIdempotency | undefined => surroundings.getStore()?.call;

/** The invocation around this code, as the nearest wrapped function knows it. */
export const surroundingContext = (): Context | undefined => surroundings.getStore()?.context;

export const isLambdaContext = (value: unknown): value is Context =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<Context>).getRemainingTimeInMillis === 'function';

/** The Lambda context that a handler was called with: its own, or the one in a durable function's context. */
export const lambdaContextOf = (value: unknown): Context | undefined => {
  if (isLambdaContext(value)) return value;
  const inner = (value as { lambdaContext?: unknown } | null | undefined)?.lambdaContext;
  return isLambdaContext(inner) ? inner : undefined;
};

/** A context that somebody made up may throw: it cannot tell. */
const remainingOf = (context: Context | undefined): number => {
  try {
    return isLambdaContext(context) ? context.getRemainingTimeInMillis() : Number.NaN;
  } catch {
    return Number.NaN;
  }
};

/** When the invocation ends, epoch milliseconds; undefined when the context cannot tell. */
export const deadlineOf = (context: Context | undefined, now: number): number | undefined => {
  const remaining = remainingOf(context);
  return Number.isFinite(remaining) ? now + Math.max(Math.floor(remaining), SHORTEST_LEASE_MS) : undefined;
};
