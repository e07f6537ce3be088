import type { StoreRequest } from '../../transitions.js';
import type { CallEntry } from '../ledger.js';
import type { Check } from './check.js';

/** About each request that a call sends. */

export interface Sent {
  readonly call: CallEntry;
  readonly request: StoreRequest;
}

const oneKey: Check<Sent> = {
  name: 'the key is fixed at the claim',
  promise: 'P2',
  says: 'Every request of a call is about the key that its event gave when it came.',
  broken: ({ call, request }) =>
    request.key === call.key ? undefined : `${request.operation} of another key, after ${call.key}`,
};

const protectedIsBusy: Check<Sent> = {
  name: 'a protected record is not claimed again',
  promise: 'P8',
  says: 'Who does not wait claims a running record again only when its lease and the margin for skew are over by the own clock.',
  broken({ call, request }, { settings }) {
    const { refusedBy, host, plan } = call;
    if (request.operation !== 'claim' || plan.waitMs > 0 || refusedBy?.status !== 'running') return undefined;
    const left = refusedBy.leaseUntil + settings.clockSkewMs - host.clock.now();
    return left > 0 && !call.fences.includes(refusedBy.fence)
      ? `${left} ms before the end of its protection`
      : undefined;
  },
};

const refusedIsLeft: Check<Sent> = {
  name: 'a claim that was refused is not released',
  promise: 'P14',
  says: 'A claim whose every sending was answered by a throttle was never applied: nothing is sent to take it back.',
  broken({ call, request }) {
    const isOfClaim = request.operation === 'release' && call.effects.length === 0;
    return isOfClaim && call.claim === 'refused' ? 'it is released' : undefined;
  },
};

/** As docs/promises.md has it. */
const MOST_SETTLES = 8;

const fewSettles: Check<CallEntry> = {
  name: 'retries do not multiply',
  promise: 'P14',
  says: "One settle sends at most 8 requests, the client's own retries included, while its record is there. (One that the store refuses as too large comes on top.)",
  broken: ({ settlesSent, wasLost, plan }) =>
    settlesSent > MOST_SETTLES && !wasLost && plan.result !== 'too large'
      ? `it sends ${settlesSent}`
      : undefined,
};

export const requestChecks: readonly Check<Sent>[] = [oneKey, protectedIsBusy, refusedIsLeft];
export const sendingChecks: readonly Check<CallEntry>[] = [fewSettles];
