import type { Random } from './random.js';

/** What makes calls the same, as the caller means it. The auditor compares these, never the library's keys. */
export interface Intent {
  readonly scope: string;
  readonly tenant: string;
  readonly id: string;
}

/** One call, drawn before the world begins. */
export interface CallPlan {
  readonly number: number;
  /** True time. */
  readonly at: number;
  readonly host: number;
  readonly intent: Intent;
  /** The part of the payload that must be the same on repeat. */
  readonly amount: number;
  /** Of the Lambda invocation; absent: no Lambda context. */
  readonly remainingMs?: number;
  /** Whether Lambda ends the process at the deadline; a run may outlive it where a context is stale. */
  readonly isKilled: boolean;
  readonly waitMs: number;
  /** What the function does. */
  readonly durationMs: number;
  readonly result: 'small' | 'too large' | 'unencodable' | 'not kept' | 'throws' | 'throws for good';
  readonly changesEvent: boolean;
  /** Through `begin` and then `settle` or `release`, as Middy does, instead of `run`. */
  readonly isSplit: boolean;
}

/** What all calls of one seed have in common: the options of their functions. */
export interface Settings {
  readonly clockSkewMs: number;
  readonly windowSeconds: number;
  readonly leaseMs: number;
  readonly renewLease: boolean;
  readonly whenOver: 'run' | 'refuse';
  readonly maxAttempts: number | undefined;
  readonly readFirst: boolean;
  readonly storeResult: boolean;
  /** Whether an error that is thrown for good is stored. */
  readonly storesErrors: boolean;
}

/** Most seeds leave most options as they are by default. */
export const drawSettings = (random: Random): Settings => ({
  clockSkewMs: random.pick([200, 500, 500]),
  windowSeconds: random.pick([1, 2, 4, 10, 30]),
  leaseMs: random.pick([1_000, 2_000, 4_000, 8_000]),
  renewLease: random.chance(0.2),
  whenOver: random.chance(0.1) ? 'refuse' : 'run',
  maxAttempts: random.chance(0.2) ? random.int(1, 3) : undefined,
  readFirst: random.chance(0.15),
  storeResult: !random.chance(0.1),
  storesErrors: random.chance(0.5),
});

const SCOPES = ['orders', 'mails'];
const TENANTS = ['blue', 'red'];
const IDS = ['1', '2'];

/** A first call of everything comes within this time. */
const ARRIVALS_UNTIL_MS = 20_000;
const MOST_CALLS = 18;

const drawIntents = (random: Random): Intent[] =>
  Array.from({ length: random.int(1, 4) }, () => ({
    scope: random.pick(SCOPES),
    tenant: random.pick(TENANTS),
    id: random.pick(IDS),
  }));

const drawDuration = (random: Random, leaseMs: number): number => {
  const kind = random.next();
  if (kind < 0.5) return random.int(0, 20);
  if (kind < 0.8) return random.int(20, leaseMs);
  return random.int(0, 3 * leaseMs);
};

const drawResult = (random: Random): CallPlan['result'] => {
  const kind = random.next();
  if (kind < 0.1) return 'throws';
  if (kind < 0.14) return 'throws for good';
  if (kind < 0.18) return 'not kept';
  if (kind < 0.22) return 'too large';
  if (kind < 0.25) return 'unencodable';
  return 'small';
};

/**
 * Duplicates come together, and again later: bursts of calls, most of them for the same thing, and some just when the
 * leases of an earlier burst end.
 */
export const drawCalls = (random: Random, hosts: number, { leaseMs, clockSkewMs }: Settings): CallPlan[] => {
  const intents = drawIntents(random);
  const hasConflicts = random.chance(0.4);
  const calls: CallPlan[] = [];
  while (calls.length < MOST_CALLS) {
    const earlier = calls.at(-1);
    const burstAt =
      earlier && random.chance(0.3)
        ? earlier.at + leaseMs + clockSkewMs + random.int(-500, 200)
        : random.int(0, ARRIVALS_UNTIL_MS);
    const burstMs = random.pick([2, 50, 1_000]);
    const intent = earlier && burstAt > earlier.at ? earlier.intent : random.pick(intents);
    for (let left = random.int(1, 5); left > 0; left--) {
      calls.push({
        number: calls.length + 1,
        at: burstAt + random.int(0, burstMs),
        host: random.int(0, hosts - 1),
        intent: random.chance(0.8) ? intent : random.pick(intents),
        amount: hasConflicts && random.chance(0.3) ? 2 : 1,
        ...(random.chance(0.4) && { remainingMs: random.pick([300, 1_000, 2_000, 4_000, 10_000]) }),
        isKilled: random.chance(0.8),
        waitMs: random.chance(0.3) ? random.pick([random.int(100, 6_000), 60_000]) : 0,
        durationMs: drawDuration(random, leaseMs),
        result: drawResult(random),
        changesEvent: random.chance(0.3),
        isSplit: random.chance(0.3),
      });
    }
    if (random.chance(0.2)) break;
  }
  return calls;
};
