import type { Identity } from '../keys/identity.js';
import type { Clock } from '../protocol/clock.js';
import type { ResultCodec } from '../protocol/codec.js';
import type { ErrorClass } from '../protocol/errors.js';
import type { RunningRecord } from '../protocol/record.js';
import type { IdempotencyRecord } from '../protocol/record-view.js';
import type { PersistenceStore } from '../protocol/store.js';

/** Called on replay with the stored result and its record; what it returns is the answer. */
export type ResponseHook = (response: unknown, record: IdempotencyRecord) => unknown;

/** Says of what a function returned or threw whether it is kept. */
export type OutcomePredicate = (outcome: unknown) => boolean | Promise<boolean>;

/** What a function threw, as plain data that any codec can store, and back. */
export interface ThrownErrors {
  /** May throw what a getter of the error throws. */
  describe(thrown: unknown): Promise<unknown>;
  /**
   * @param errorClasses classes whose instances are rebuilt as such, beside JavaScript's own
   * @throws IdempotencyResultError for what `describe` did not make
   */
  rebuild(description: unknown, errorClasses: readonly ErrorClass[]): unknown;
}

/** The time and the randomness of a host. */
export interface Runtime {
  readonly clock: Clock;
  /** A fresh, unguessable value per claim. */
  readonly newFence: () => string;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
}

/** How a wrapped function wants its calls handled; the same for all of them. */
export interface CallPolicy {
  readonly store: PersistenceStore;
  readonly codec: ResultCodec;
  readonly thrownErrors: ThrownErrors;
  /** Lease of a call without an invocation's deadline. */
  readonly leaseMs: number;
  /** Whether such a lease is renewed while its function runs. */
  readonly renewLease: boolean;
  readonly clockSkewMs: number;
  /** What becomes of a run whose lease is over: taken over, or left for an operator. */
  readonly whenOver: 'run' | 'refuse';
  /** Runs of a call that may end without an outcome; undefined: any number, and none is counted. */
  readonly maxAttempts: number | undefined;
  /** How long a duplicate waits for the running call; 0: not at all. */
  readonly waitMs: number;
  /** Whether a call looks for an outcome before it claims. */
  readonly readFirst: boolean;
  readonly whenStoreFails: 'throw' | 'run';
  readonly responseHook?: ResponseHook | undefined;
  /** Whether results are stored; else the key alone is. */
  readonly storeResult: boolean;
  /** Whether an error is final: an outcome, thrown again on replay. */
  readonly shouldStoreError?: OutcomePredicate | undefined;
  /** Of what classes such errors are rebuilt, beside JavaScript's own. */
  readonly errorClasses: readonly ErrorClass[];
  /** Whether a result is an outcome; else its claim is released. */
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

/** What the winner holds. */
export interface Claim {
  readonly call: Call;
  readonly record: RunningRecord;
  /** Absent where the lease is not renewed. */
  readonly renewal?: Renewal | undefined;
}

/** The renewals of a claim's lease, under way. */
export interface Renewal {
  stop(): void;
  /** Whether a renewal has found another's claim, and told so. */
  isLost(): boolean;
}
