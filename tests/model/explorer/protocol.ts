import { judge, type StoredRecord, toWholeSeconds } from '../../../src/core/protocol/record.js';
import type { ClaimAnswer, HolderAnswer } from '../../../src/core/protocol/store.js';
import type { StoreAnswer, StoreRequest } from '../transitions.js';
import {
  type Bounds,
  clockOf,
  type Ending,
  type HostState,
  type Phase,
  runningRecord,
  type State,
  TICK_MS,
} from './state.js';

/** What a host does next: the order of requests in src/core/call/call.ts and src/core/call/finish.ts, as steps. */

export type Waiting = Extract<Phase, { readonly request: StoreRequest }>;

/** What a host decided: to send a request and wait, to run, or to answer its caller. */
export type Decision =
  | { readonly send: StoreRequest; readonly phase: Waiting['name'] }
  | { readonly run: true }
  | { readonly end: Ending };

export const claimRequest = (state: State, host: HostState, bounds: Bounds): StoreRequest => {
  const now = clockOf(state, host);
  return {
    operation: 'claim',
    key: 'k',
    record: runningRecord(host.fence, host.fingerprint, now, bounds),
    moment: { now, leaseOverAt: now - bounds.skewTicks * TICK_MS },
  };
};

export const settleRequest = (state: State, host: HostState, bounds: Bounds): StoreRequest => ({
  operation: 'settle',
  key: 'k',
  fence: host.fence,
  outcome: {
    result: { stored: true, codec: 'json', data: host.fence },
    expiresAt: toWholeSeconds(clockOf(state, host) + bounds.windowTicks * TICK_MS),
  },
});

export const releaseRequest = ({ fence }: HostState): StoreRequest => ({
  operation: 'release',
  key: 'k',
  fence,
});

const afterWin = (state: State, host: HostState, leaseUntil: number): Decision =>
  leaseUntil > clockOf(state, host) ? { run: true } : { send: releaseRequest(host), phase: 'abandoning' };

const afterClaim = (
  state: State,
  host: HostState,
  { request }: Waiting,
  answer: ClaimAnswer,
  bounds: Bounds,
): Decision => {
  const again: Decision = { send: claimRequest(state, host, bounds), phase: 'claiming' };
  if (answer.claimed) {
    return afterWin(state, host, request.operation === 'claim' ? request.record.leaseUntil : 0);
  }
  if (!answer.existing) return again;
  const { fence, fingerprint } = host;
  const now = clockOf(state, host);
  const met = judge(answer.existing, {
    fence,
    fingerprint,
    now,
    clockSkewMs: bounds.skewTicks * TICK_MS,
    whenOver: 'run',
    maxAttempts: undefined,
  });
  switch (met.verdict) {
    case 'won':
      return afterWin(state, host, met.record.leaseUntil);
    case 'replay':
      return { end: { kind: 'value', of: met.record.fence } };
    case 'busy':
    case 'conflict':
      return { end: { kind: met.verdict, by: met.record } };
    case 'claim again':
      return again;
    default:
      throw new Error(`The model has no ${met.verdict}.`);
  }
};

const afterLoss = (host: HostState, existing: StoredRecord): Decision => {
  if (existing.status !== 'running') {
    if (existing.fence === host.fence) return { end: { kind: 'value', of: host.fence } };
    if (existing.fingerprint === host.fingerprint) return { end: { kind: 'value', of: existing.fence } };
  }
  return { end: { kind: 'lease lost' } };
};

const afterSettle = (state: State, host: HostState, answer: HolderAnswer, bounds: Bounds): Decision => {
  if (answer.held) return { end: { kind: 'value', of: host.fence } };
  if (answer.existing) return afterLoss(host, answer.existing);
  return { send: claimRequest(state, host, bounds), phase: 'restoring' };
};

const afterRestore = (state: State, host: HostState, answer: ClaimAnswer, bounds: Bounds): Decision => {
  if (answer.claimed || !answer.existing || answer.existing.fence === host.fence) {
    return { send: settleRequest(state, host, bounds), phase: 'settling' };
  }
  return afterLoss(host, answer.existing);
};

/** An answer came. */
export const decide = (
  state: State,
  host: HostState,
  phase: Waiting,
  answer: StoreAnswer,
  bounds: Bounds,
): Decision => {
  switch (phase.name) {
    case 'claiming':
      return afterClaim(state, host, phase, answer as ClaimAnswer, bounds);
    case 'settling':
      return afterSettle(state, host, answer as HolderAnswer, bounds);
    case 'restoring':
      return afterRestore(state, host, answer as ClaimAnswer, bounds);
    case 'releasing':
      return { end: { kind: 'threw' } };
    case 'abandoning':
      return { end: { kind: 'store error' } };
  }
};

/** No answer came, however often the request was sent. */
export const giveUp = (host: HostState, phase: Waiting): Decision => {
  if (phase.name === 'claiming') return { send: releaseRequest(host), phase: 'abandoning' };
  return { end: { kind: phase.name === 'releasing' ? 'threw' : 'store error' } };
};
