import type { Call, CallPolicy } from '../../src/core/call/types.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { ManualClock } from '../../src/testing/index.js';

export interface CallChanges {
  readonly now?: number;
  readonly deadline?: number;
  readonly windowSeconds?: number;
  readonly fingerprint?: string;
  readonly random?: number;
  readonly requestId?: string;
  readonly policy?: Partial<CallPolicy>;
}

/** A call as the core sees it, at 1,000,000 ms of its own clock, whose monotonic time begins at 0: a lease of 10 s, a window of 60 s. */
export const aCall = ({
  now = 1_000_000,
  deadline,
  windowSeconds = 60,
  fingerprint,
  random = 1,
  requestId,
  policy,
}: CallChanges): Call & { readonly runtime: { readonly clock: ManualClock } } => ({
  key: 'orders#hash',
  scope: 'orders',
  windowSeconds,
  fingerprint,
  source: undefined,
  deadline,
  endsAt: deadline === undefined ? undefined : deadline - now,
  requestId,
  runtime: { clock: new ManualClock(now), newFence: () => 'fresh', random: () => random },
  policy: {
    store: new MemoryPersistenceLayer(),
    codec: { encode: () => ({ codec: 'none' }), decode: () => undefined },
    thrownErrors: { describe: async (thrown) => thrown, rebuild: (description) => description },
    leaseMs: 10_000,
    renewLease: false,
    clockSkewMs: 500,
    whenOver: 'run',
    maxAttempts: undefined,
    waitMs: 0,
    readFirst: false,
    whenStoreFails: 'throw',
    storeResult: true,
    errorClasses: [],
    ...policy,
  },
});
