import type { StoredRecord } from '../../../src/core/protocol/record.js';
import type { StoreRequest } from '../transitions.js';
import { type Bounds, clockOf, type HostState, isAwaited, type Mail, type State, TICK_MS } from './state.js';

/**
 * What of a state makes a difference. Times count from now, so that the same thing an hour later is the same state; and
 * a time that is over for everybody who may still ask is just over.
 */
export const keyOf = (state: State, { skewTicks }: Bounds): string => {
  const base = clockOf(state, state.hosts[0]);
  const asked = state.hosts.map((host) => clockOf(state, host));
  for (const { request } of state.mail) if (request.operation === 'claim') asked.push(request.moment.now);
  const earliest = Math.min(...asked);

  const ticks = (time: number): number => Math.round((time - base) / TICK_MS);
  const endOf = (time: number): string =>
    time + skewTicks * TICK_MS <= earliest ? 'over' : String(ticks(time));

  const keyOfRecord = (record: StoredRecord | undefined): string => {
    if (!record) return '-';
    if (record.status === 'running') return `r${record.fence}${endOf(record.leaseUntil)}`;
    return `d${record.fence}${endOf(record.expiresAt)}`;
  };

  const keyOfRequest = (request: StoreRequest): string => {
    switch (request.operation) {
      case 'claim':
        return `c${request.record.fence}${ticks(request.moment.now)}`;
      case 'settle':
        return `s${request.fence}${endOf(request.outcome.expiresAt)}`;
      case 'renew':
        return `n${request.fence}${endOf(request.leaseUntil)}`;
      case 'release':
        return `x${request.fence}`;
      case 'read':
        return 'read';
    }
  };

  const keyOfMail = (mail: Mail): string => {
    const request = `${keyOfRequest(mail.request)}/${mail.sending}${isAwaited(state, mail) ? '!' : ''}`;
    if (mail.kind === 'request') return request;
    const { answer } = mail;
    const says = 'claimed' in answer ? answer.claimed : 'held' in answer && answer.held;
    return `${request}${says ? 'y' : 'n'}${keyOfRecord('existing' in answer ? answer.existing : undefined)}`;
  };

  const keyOfHost = ({
    offsetTicks,
    fingerprint,
    phase,
    callsLeft,
    renewalsLeft,
    fence,
    ending,
  }: HostState) => {
    const waits =
      'request' in phase ? `${phase.name[0]}${keyOfRequest(phase.request)}${phase.sending}` : phase.name[0];
    const by = ending && 'of' in ending ? ending.of : ending && 'by' in ending ? ending.by.fence : '';
    return `${offsetTicks}${fingerprint[0]}${waits}${callsLeft}${renewalsLeft}${fence}${ending?.kind ?? ''}${by}`;
  };

  return [
    keyOfRecord(state.record),
    ...state.hosts.map(keyOfHost),
    state.faultsLeft,
    ...state.runs.map(({ fence, leaseUntil, end }) => `${fence}${endOf(leaseUntil)}${end[0]}`),
    state.wrong ?? '',
    ...state.mail.map(keyOfMail).sort(),
  ].join('|');
};
