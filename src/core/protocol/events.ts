import { type Channel, channel } from 'node:diagnostics_channel';

interface CallEvent {
  /** `scope#hash`; never the key's material. */
  readonly key: string;
  readonly scope: string;
}

/** What each event carries. No payload, no key material, no result. */
export interface IdempotencyEvents {
  /** A claim was won and the function runs; `attempts` counts its runs, with `maxAttempts`. */
  claimed: CallEvent & { readonly leaseUntil: number; readonly attempts?: number };
  /** The claim displaced a running record whose lease was over: an earlier run crashed or is very late. Follows `claimed`. */
  takenOver: CallEvent & { readonly staleSince: number };
  /** A settled record answered; the function did not run. `failed`: with an error. */
  replayed: CallEvent & { readonly failed: boolean };
  /** Another run holds the key, and this call was rejected. */
  busy: CallEvent & { readonly retryAfterMs: number };
  /** The same key came with another payload, and this call was rejected. */
  conflict: CallEvent;
  /** The call has run `maxAttempts` times without an outcome, and this call was rejected. */
  attemptsExhausted: CallEvent & { readonly attempts: number };
  /** An earlier run was cut off, and this call was rejected, as `lease.whenOver` is 'refuse'. */
  outcomeUnknown: CallEvent & { readonly staleSince: number };
  /** The outcome is stored; `failed`: it is an error. */
  settled: CallEvent & { readonly expiresAt: number; readonly failed: boolean };
  /** The function threw, or `shouldStoreResult` said no, and its claim was given up. */
  released: CallEvent;
  /** This run outlived its lease, and another claim has its key. Told once, by a renewal or when the run ends. */
  leaseLost: CallEvent;
  /** The function runs unprotected. */
  keyMissing: { readonly scope: string };
  /** The run is settled, but its result (or its error) could not be stored. */
  resultNotStored: CallEvent & { readonly reason: string };
  /** A predicate of yours threw, and was not heeded. */
  hookFailed: CallEvent & {
    readonly hook: 'shouldStoreError' | 'shouldStoreResult';
    readonly error: unknown;
  };
  /** A store request failed; `error` carries the cause. */
  storeFailed: CallEvent & {
    readonly operation: 'claim' | 'settle' | 'renew' | 'release' | 'read';
    readonly error: unknown;
  };
}

export type IdempotencyEventName = keyof IdempotencyEvents;

/** By name, so that the compiler finds one that is left out. */
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
  resultNotStored: true,
  hookFailed: true,
  storeFailed: true,
};

/** Name of the `node:diagnostics_channel` channel that carries an event. */
export const channelName = (event: IdempotencyEventName): string => `lambda-idempotency:${event}`;

const names = Object.keys(everyName) as IdempotencyEventName[];

const channels = Object.fromEntries(names.map((name) => [name, channel(channelName(name))])) as Record<
  IdempotencyEventName,
  Channel
>;

/** Publishes only where someone listens, and builds the message only then. */
export const emit = <Name extends IdempotencyEventName>(
  name: Name,
  message: () => IdempotencyEvents[Name],
): void => {
  if (channels[name].hasSubscribers) channels[name].publish(message());
};

/** The part of a call that events may show. */
export const eventOf = ({ key, scope }: CallEvent): CallEvent => ({ key, scope });
