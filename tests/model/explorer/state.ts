import type { RunningRecord, StoredRecord } from '../../../src/core/protocol/record.js';
import { toWholeSeconds } from '../../../src/core/protocol/record.js';
import type { StoreAnswer, StoreRequest } from '../transitions.js';

/**
 * The world of the exhaustive model: two hosts, one key, and time in whole ticks.
 *
 * Real: `judge`, `isOver`, `conflicts` and `toWholeSeconds` of src/core/protocol/record.ts, the shape of records and requests, and
 * the transitions of a store that the simulator uses as well. Modelled: the order of requests in src/core/call/call.ts and
 * src/core/call/finish.ts (protocol.ts), and a network that delays, reorders, repeats and loses (actions.ts).
 */

export const TICK_MS = 1_000;
const EPOCH = 1_700_000_000_000;

export interface Bounds {
  /** Time ends here. */
  readonly ticks: number;
  readonly leaseTicks: number;
  readonly windowTicks: number;
  readonly skewTicks: number;
  /** Calls of each host, one after another. */
  readonly calls: readonly [number, number];
  /** Renewals of each run. */
  readonly renewals: number;
  /** Of all faults together: a request sent again or given up, one that arrives twice, a crash, a deletion. */
  readonly faults: number;
  /** Whether the record may be deleted while it is of use. */
  readonly hasDeletions: boolean;
}

/** What a caller gets; `value` names the run that it comes of. */
export type Ending =
  | { readonly kind: 'value'; readonly of: string }
  | { readonly kind: 'busy' | 'conflict'; readonly by: StoredRecord }
  | { readonly kind: 'lease lost' | 'store error' | 'threw' | 'inconsistent' };

/** Where a host is in its call. */
export type Phase =
  | { readonly name: 'idle' | 'running' | 'dead' }
  | {
      readonly name: 'claiming' | 'settling' | 'restoring' | 'releasing' | 'abandoning';
      readonly request: StoreRequest;
      /** The sending whose answer counts. */
      readonly sending: number;
    };

export interface HostState {
  readonly name: 'A' | 'B';
  readonly offsetTicks: number;
  readonly fingerprint: string;
  readonly phase: Phase;
  readonly callsLeft: number;
  readonly renewalsLeft: number;
  /** Names its current or last call: A1, A2 … */
  readonly fence: string;
  readonly ending?: Ending;
}

/** A request, or its answer, on its way. */
export type Mail =
  | {
      readonly kind: 'request';
      readonly from: number;
      readonly sending: number;
      readonly request: StoreRequest;
    }
  | {
      readonly kind: 'answer';
      readonly from: number;
      readonly sending: number;
      readonly request: StoreRequest;
      readonly answer: StoreAnswer;
    };

/** Whether somebody waits for the answer to this sending. */
export const isAwaited = ({ hosts }: State, { from, sending, request }: Mail): boolean => {
  const phase = hosts[from]?.phase;
  return phase !== undefined && 'request' in phase && phase.request === request && phase.sending === sending;
};

export interface State {
  readonly tick: number;
  readonly record: StoredRecord | undefined;
  readonly hosts: readonly [HostState, HostState];
  readonly mail: readonly Mail[];
  readonly faultsLeft: number;
  /** Runs in the order in which they began, and what became of them. */
  readonly runs: readonly {
    readonly fence: string;
    /** As last written to the store. */
    readonly leaseUntil: number;
    readonly end: 'open' | 'threw' | 'settled';
  }[];
  /** Set by a step that no step may be. */
  readonly wrong?: string;
}

export const clockOf = ({ tick }: State, { offsetTicks }: HostState): number =>
  EPOCH + (tick + offsetTicks) * TICK_MS;

/** Whose call a fence is of. */
export const hostOf = ({ hosts }: State, fence: string): HostState => hosts[fence.startsWith('A') ? 0 : 1];

export const initialStates = (bounds: Bounds): State[] => {
  const host = (name: 'A' | 'B', offsetTicks: number, fingerprint: string, callsLeft: number): HostState => ({
    name,
    offsetTicks,
    fingerprint,
    phase: { name: 'idle' },
    callsLeft,
    renewalsLeft: bounds.renewals,
    fence: '',
  });
  const beginning = (offsetTicks: number, fingerprint: string): State => ({
    tick: 0,
    record: undefined,
    hosts: [host('A', 0, 'same', bounds.calls[0]), host('B', offsetTicks, fingerprint, bounds.calls[1])],
    mail: [],
    faultsLeft: bounds.faults,
    runs: [],
  });
  return [
    beginning(0, 'same'),
    beginning(bounds.skewTicks, 'same'),
    beginning(-bounds.skewTicks, 'same'),
    beginning(0, 'other'),
  ];
};

/** The record that a claim writes, as src/core/call/store-requests.ts makes it. */
export const runningRecord = (
  fence: string,
  fingerprint: string,
  now: number,
  { leaseTicks, windowTicks, skewTicks }: Bounds,
): RunningRecord => {
  const leaseUntil = now + leaseTicks * TICK_MS;
  const expiresAt = toWholeSeconds(Math.max(leaseUntil + skewTicks * TICK_MS, now + windowTicks * TICK_MS));
  return { status: 'running', key: 'k', fence, fingerprint, leaseUntil, expiresAt };
};
