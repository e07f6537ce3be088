import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context } from 'aws-lambda';
import { shared } from '../core/protocol/shared.js';

/** The idempotent call that the current code runs in. */
export interface CurrentIdempotency {
  /** `scope#hash`. */
  readonly key: string;
  readonly scope: string;
}

interface Surroundings {
  readonly context: Context | undefined;
  /** Absent if the function runs unprotected. */
  readonly call: CurrentIdempotency | undefined;
}

/** Shared by all copies of this library: a function wrapped by one copy finds the invocation of another. */
const { surroundings, inside } = shared('calls/1', () => ({
  surroundings: new AsyncLocalStorage<Surroundings>(),
  /** How many functions run inside right now. */
  inside: { running: 0 },
}));

/**
 * Runs a wrapped function so that wrapped functions inside it find its invocation.
 *
 * While the storage is enabled, Node before 24 runs a hook for every promise of the process, so it is disabled when no
 * wrapped function runs. (Code that a function does not await then loses its surroundings.)
 */
export const runInCall = async (
  call: CurrentIdempotency | undefined,
  context: Context | undefined,
  run: () => unknown,
): Promise<unknown> => {
  inside.running++;
  try {
    return await surroundings.run({ call, context }, run);
  } finally {
    inside.running--;
    if (inside.running === 0) surroundings.disable();
  }
};

/** Whether this code runs inside a wrapped function. */
export const isInside = (): boolean => surroundings.getStore() !== undefined;

/**
 * The idempotent call that this code runs in. Undefined outside a wrapped function, if idempotency is disabled, and if the
 * key is missing.
 *
 * @example
 * ```ts
 * import { currentIdempotency } from 'lambda-idempotency';
 *
 * // Inside a wrapped function: a token for an API that deduplicates too.
 * const headers = () => ({ 'Idempotency-Key': currentIdempotency()?.key ?? '' });
 * ```
 */
export const currentIdempotency = (): CurrentIdempotency | undefined => surroundings.getStore()?.call;

/** The invocation's context, as the nearest wrapped function around this code knows it. */
export const surroundingContext = (): Context | undefined => surroundings.getStore()?.context;
