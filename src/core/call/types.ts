import type { Identity } from '../keys/identity.js';
import type { Clock } from '../protocol/clock.js';
import type { ResultCodec } from '../protocol/codec.js';
import type { ErrorClass } from '../protocol/errors.js';
import type { RunningRecord } from '../protocol/record.js';
import type { IdempotencyRecord } from '../protocol/record-view.js';
import type { PersistenceStore } from '../protocol/store.js';

/** Called on replay with the stored result and its record; its return value is the answer. */
export type ResponseHook = (response: unknown, record: IdempotencyRecord) => unknown;

/** Decides whether a result or an error is an outcome. */
export type OutcomePredicate = (outcome: unknown) => boolean | Promise<boolean>;

/** Turns a function's error into plain data that any codec can store, and back. */
export interface ThrownErrors {
  /** Throws whatever a getter of the error throws. */
  describe(thrown: unknown): Promise<unknown>;
  /**
   * @param errorClasses classes that errors are rebuilt as, in addition to JavaScript's own
   * @throws IdempotencyResultError if the description was not made by `describe`
   */
  rebuild(description: unknown, errorClasses: readonly ErrorClass[]): unknown;
}

/** The clock and randomness of a host. */
export interface Runtime {
  readonly clock: Clock;
  /** A fresh, unguessable value per claim. */
  readonly newFence: () => string;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
}

/** How the calls of one wrapped function are handled. */
export interface CallPolicy {
  readonly store: PersistenceStore;
  readonly codec: ResultCodec;
  readonly thrownErrors: ThrownErrors;
  /** Lease of a call without an invocation's deadline. */
  readonly leaseMs: number;
  /** Whether such a lease is renewed while its function runs. */
  readonly renewLease: boolean;
  readonly clockSkewMs: number;
  /** What happens when a lease expires without an outcome: a duplicate runs, or the call is left to an operator. */
  readonly whenOver: 'run' | 'refuse';
  /** How many runs may end without an outcome; undefined: no limit, and runs are not counted. */
  readonly maxAttempts: number | undefined;
  /** How long a duplicate waits for the run in progress; 0: not at all. */
  readonly waitMs: number;
  /** Whether a call looks for an outcome before it claims. */
  readonly readFirst: boolean;
  readonly whenStoreFails: 'throw' | 'run';
  readonly responseHook?: ResponseHook | undefined;
  /** Whether results are stored; if not, only the key is. */
  readonly storeResult: boolean;
  /** Whether an error is final: an outcome, thrown again on replay. */
  readonly shouldStoreError?: OutcomePredicate | undefined;
  /** Classes that such errors are rebuilt as, in addition to JavaScript's own. */
  readonly errorClasses: readonly ErrorClass[];
  /** Whether a result is an outcome; if not, the claim is released. */
  readonly shouldStoreResult?: OutcomePredicate | undefined;
}

/** One execution that the user wants to happen once. */
export interface Call extends Identity {
  readonly policy: CallPolicy;
  readonly runtime: Runtime;
  /** When the invocation ends, epoch milliseconds: the end of the lease. Absent without a Lambda context. */
  readonly deadline: number | undefined;
  /** The same by the clock's monotonic time: the end of all waiting. */
  readonly endsAt: number | undefined;
  /** The invocation's id, for who looks at the record. */
  readonly requestId: string | undefined;
}

/** The right to run the call, once. */
export interface Claim {
  readonly call: Call;
  readonly record: RunningRecord;
  /** Absent if the lease is not renewed. */
  readonly renewal?: Renewal | undefined;
}

/** The ongoing renewals of a claim's lease. */
export interface Renewal {
  stop(): void;
  /** Whether a renewal has found another claim, and reported it. */
  isLost(): boolean;
}
