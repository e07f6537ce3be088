import type { Context } from 'aws-lambda';

/** A lease is never shorter, whatever the context says: 0 or less comes of a context from an earlier invocation. */
const SHORTEST_LEASE_MS = 1_000;

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
