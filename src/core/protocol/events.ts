import { type Channel, channel } from 'node:diagnostics_channel';

interface CallEvent {
  /** `scope#hash`; never the key's material. */
  readonly key: string;
  readonly scope: string;
}

/** Which invocation ran a call, from its record. */
interface RunInfo {
  /** The Lambda request id of its invocation. */
  readonly requestId?: string;
  /** When it claimed the key, epoch milliseconds. */
  readonly claimedAt?: number;
}

/**
 * The events and their messages, published on `node:diagnostics_channel`. Messages contain no payload, key material or
 * result.
 *
 * @example
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel';
 * import { channelName, type IdempotencyEvents } from 'lambda-idempotency';
 *
 * subscribe(channelName('takenOver'), (message) => {
 *   const { key, staleSince } = message as IdempotencyEvents['takenOver'];
 *   console.warn('an earlier run was interrupted', { key, staleSince });
 * });
 * ```
 */
export interface IdempotencyEvents {
  /** This call claimed its key, and the function runs. With `maxAttempts`, `attempts` counts the runs. */
  claimed: CallEvent & { readonly leaseUntil: number; readonly attempts?: number };
  /** The claim replaced a running record whose lease was over: an earlier run crashed or is very late. Follows `claimed`. */
  takenOver: CallEvent & { readonly staleSince: number };
  /** The outcome of the named run was replayed, and the function did not run. `failed`: the outcome is an error. */
  replayed: CallEvent & RunInfo & { readonly failed: boolean; readonly settledAt?: number };
  /** This call was rejected: the named run holds the key. */
  busy: CallEvent & RunInfo & { readonly retryAfterMs: number };
  /** This call was rejected: the key was used with a different payload. */
  conflict: CallEvent;
  /** This call was rejected: it has run `maxAttempts` times without an outcome. */
  attemptsExhausted: CallEvent & { readonly attempts: number };
  /** This call was rejected: an earlier run was interrupted, and `lease.whenOver` is `'refuse'`. */
  outcomeUnknown: CallEvent & { readonly staleSince: number };
  /** The outcome was stored. `failed`: the outcome is an error. */
  settled: CallEvent & { readonly expiresAt: number; readonly failed: boolean };
  /** A run's claim was given up: the function threw, or `shouldStoreResult` returned false. */
  released: CallEvent;
  /** This run outlived its lease, and another claim holds its key. Emitted once, by a renewal or when the run ends. */
  leaseLost: CallEvent;
  /** The key is missing, and the function runs unprotected. `missing`: what was looked for, and which part was absent. */
  keyMissing: { readonly scope: string; readonly missing: string };
  /** Idempotency is switched off by the environment, and the function runs unprotected. */
  disabled: { readonly scope: string };
  /** The call was settled, but its result or error could not be stored. */
  resultNotStored: CallEvent & { readonly reason: string };
  /** One of your predicates threw and was ignored. */
  hookFailed: CallEvent & {
    readonly hook: 'shouldStoreError' | 'shouldStoreResult';
    readonly error: unknown;
  };
  /** A request to the store failed; `error` has the cause. */
  storeFailed: CallEvent & {
    readonly operation: 'claim' | 'settle' | 'renew' | 'release' | 'read';
    readonly error: unknown;
  };
}

export type IdempotencyEventName = keyof IdempotencyEvents;

/** By name, so that the compiler reports a missing one. */
const everyName: Readonly<Record<IdempotencyEventName, true>> = {
  claimed: true,
  takenOver: true,
  replayed: true,
  busy: true,
  conflict: true,
  attemptsExhausted: true,
  outcomeUnknown: true,
  settled: true,
  released: true,
  leaseLost: true,
  keyMissing: true,
  disabled: true,
  resultNotStored: true,
  hookFailed: true,
  storeFailed: true,
};

/**
 * The name of the `node:diagnostics_channel` channel for an event.
 *
 * @example
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel';
 * import { channelName } from 'lambda-idempotency';
 *
 * let replays = 0;
 * subscribe(channelName('replayed'), () => {
 *   replays++;
 * });
 * ```
 */
export const channelName = (event: IdempotencyEventName): string => `lambda-idempotency:${event}`;

const names = Object.keys(everyName) as IdempotencyEventName[];

const channels = Object.fromEntries(names.map((name) => [name, channel(channelName(name))])) as Record<
  IdempotencyEventName,
  Channel
>;

/** Builds and publishes the message only if the channel has subscribers. */
export const emit = <Name extends IdempotencyEventName>(
  name: Name,
  message: () => IdempotencyEvents[Name],
): void => {
  if (channels[name].hasSubscribers) channels[name].publish(message());
};

/** The part of a record that events may show. */
export const runOf = ({ requestId, claimedAt }: RunInfo): RunInfo => ({
  ...(requestId !== undefined && { requestId }),
  ...(claimedAt !== undefined && { claimedAt }),
});

/** The part of a call that events may show. */
export const eventOf = ({ key, scope }: CallEvent): CallEvent => ({ key, scope });
