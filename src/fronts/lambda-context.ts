import type { Context } from 'aws-lambda';

/** What a context gets that has no time left: it is from an earlier invocation, and something runs all the same. */
const STALE_LEASE_MS = 1_000;

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

/** How long the invocation lasts yet, milliseconds; undefined when the context cannot tell. */
export const timeLeftIn = (context: Context | undefined): number | undefined => {
  const remaining = remainingOf(context);
  if (!Number.isFinite(remaining)) return undefined;
  return remaining > 0 ? Math.floor(remaining) : STALE_LEASE_MS;
};

/** Lambda's ids have 36 characters; what a made-up context says must not swell the record. */
const LONGEST_REQUEST_ID = 64;

export const requestIdOf = (context: Context | undefined): string | undefined => {
  const id: unknown = context?.awsRequestId;
  return typeof id === 'string' && id !== '' ? id.slice(0, LONGEST_REQUEST_ID) : undefined;
};
