import type { Clock } from './clock.js';
import type { ResultCodec } from './codec.js';
import type { Identity } from './key.js';
import type { RunningRecord } from './record.js';
import type { ResponseHook } from './replay.js';
import type { PersistenceStore } from './store.js';

/** What the core needs of its host. */
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
  /** Lease of a call without an invocation's deadline. */
  readonly leaseMs: number;
  readonly clockSkewMs: number;
  /** How long a duplicate waits for the running call; 0: not at all. */
  readonly waitMs: number;
  readonly whenStoreFails: 'throw' | 'run';
  readonly responseHook?: ResponseHook | undefined;
}

/** One execution that the user wants to happen once. */
export interface Call extends Identity {
  readonly policy: CallPolicy;
  readonly runtime: Runtime;
  /** When the invocation ends, epoch milliseconds; absent without a Lambda context. */
  readonly deadline: number | undefined;
}

/** What the winner holds. */
export interface Claim {
  readonly call: Call;
  readonly record: RunningRecord;
}
