import type { Context } from 'aws-lambda';

/** The shortest lease, whatever the context says: 0 or less comes from the context of an earlier invocation. */
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

/** Milliseconds; NaN if the context does not say. A made-up context may throw. */
const remainingOf = (context: Context | undefined): number => {
  try {
    return isLambdaContext(context) ? context.getRemainingTimeInMillis() : Number.NaN;
  } catch {
    return Number.NaN;
  }
};

/** When the invocation ends, epoch milliseconds; undefined if the context does not say. */
export const deadlineOf = (context: Context | undefined, now: number): number | undefined => {
  const remaining = remainingOf(context);
  return Number.isFinite(remaining) ? now + Math.max(Math.floor(remaining), SHORTEST_LEASE_MS) : undefined;
};
