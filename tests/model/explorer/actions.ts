import { type StoreRequest, transition } from '../transitions.js';
import {
  claimRequest,
  type Decision,
  decide,
  giveUp,
  releaseRequest,
  settleRequest,
  type Waiting,
} from './protocol.js';
import {
  type Bounds,
  clockOf,
  type HostState,
  hostOf,
  isAwaited,
  type Mail,
  type State,
  TICK_MS,
} from './state.js';

/** Everything that may happen in a state, one at a time. What does not happen, while time goes on, is a pause. */

type Step = readonly [action: string, State];
type Changes = Partial<Omit<HostState, 'name'>>;

const withHost = (state: State, index: number, changes: Changes): State => {
  const hosts = state.hosts.map((host, at) => (at === index ? { ...host, ...changes } : host));
  return { ...state, hosts: hosts as unknown as State['hosts'] };
};

const send = (state: State, from: number, request: StoreRequest, sending: number): State => ({
  ...state,
  mail: [...state.mail, { kind: 'request', from, sending, request }],
});

const withRun = (state: State, fence: string, changes: Partial<State['runs'][number]>): State => ({
  ...state,
  runs: state.runs.map((run) => (run.fence === fence ? { ...run, ...changes } : run)),
});

const obey = (state: State, index: number, decision: Decision): State => {
  const host = state.hosts[index] as HostState;
  if ('send' in decision) {
    const phase = { name: decision.phase, request: decision.send, sending: 1 };
    return send(withHost(state, index, { phase }), index, decision.send, 1);
  }
  if ('end' in decision) return withHost(state, index, { phase: { name: 'idle' }, ending: decision.end });
  const { record } = state;
  const leaseUntil = record?.status === 'running' && record.fence === host.fence ? record.leaseUntil : 0;
  const runs = [...state.runs, { fence: host.fence, leaseUntil, end: 'open' as const }];
  return { ...withHost(state, index, { phase: { name: 'running' } }), runs };
};

/** A request reaches the store. */
const deliver = (state: State, mail: Extract<Mail, { kind: 'request' }>, isKept: boolean): State => {
  const { request, from, sending } = mail;
  const { after, answer } = transition(state.record, request);
  if (answer === 'too large') throw new Error('The model has no large results.');
  const rest = isKept ? state.mail : state.mail.filter((each) => each !== mail);
  let next: State = {
    ...state,
    record: after,
    mail: [...rest, { kind: 'answer', from, sending, request, answer }],
    faultsLeft: state.faultsLeft - (isKept ? 1 : 0),
  };
  if (after === state.record) return next;
  const wrong = wrongWrite(state, request);
  if (wrong) next = { ...next, wrong };
  if (request.operation === 'settle') next = withRun(next, request.fence, { end: 'settled' });
  if (request.operation === 'claim' || request.operation === 'renew') {
    if (after?.status === 'running') next = withRun(next, after.fence, { leaseUntil: after.leaseUntil });
  }
  return next;
};

/** What no write may do, whoever sends it. */
const wrongWrite = (state: State, request: StoreRequest): string | undefined => {
  const { record } = state;
  if (request.operation !== 'claim') {
    const isHeld =
      record?.status === 'running' && request.operation !== 'read' && record.fence === request.fence;
    return isHeld ? undefined : 'only the holder acts';
  }
  if (!record) return undefined;
  if (record.status !== 'running') {
    const now = clockOf(state, hostOf(state, request.record.fence));
    return now < record.expiresAt ? 'a settled record stays' : undefined;
  }
  const isLive = clockOf(state, hostOf(state, record.fence)) < record.leaseUntil;
  return isLive && record.fence !== request.record.fence ? 'a live lease is not taken over' : undefined;
};

function* hostSteps(state: State, index: number, bounds: Bounds): Iterable<Step> {
  const host = state.hosts[index] as HostState;
  const { phase, name } = host;
  if (phase.name === 'dead') return;
  if (phase.name === 'idle') {
    if (host.callsLeft === 0) return;
    const number = bounds.calls[index as 0 | 1] - host.callsLeft + 1;
    const fence = `${name}${number}`;
    const changes = { ...host, fence, callsLeft: host.callsLeft - 1, renewalsLeft: bounds.renewals };
    const hosts = state.hosts.map((each, at) => (at === index ? changes : each)) as unknown;
    const begun = { ...state, hosts: hosts as State['hosts'] };
    const request = claimRequest(begun, changes, bounds);
    yield [`${fence} sends its claim`, obey(begun, index, { send: request, phase: 'claiming' })];
    return;
  }
  if (state.faultsLeft > 0) {
    const phase = { name: 'dead' } as const;
    yield [`${host.fence} crashes`, withHost(worse(state), index, { phase, callsLeft: 0, renewalsLeft: 0 })];
  }
  if (!('request' in phase)) {
    const settle = settleRequest(state, host, bounds);
    yield [
      `${host.fence} returns and sends its settle`,
      obey(state, index, { send: settle, phase: 'settling' }),
    ];
    const thrown = withRun(state, host.fence, { end: 'threw' });
    const release = releaseRequest(host);
    yield [
      `${host.fence} throws and sends its release`,
      obey(thrown, index, { send: release, phase: 'releasing' }),
    ];
    if (host.renewalsLeft > 0) {
      const leaseUntil = clockOf(state, host) + bounds.leaseTicks * TICK_MS;
      const expiresAt = leaseUntil + bounds.skewTicks * TICK_MS;
      const renew: StoreRequest = { operation: 'renew', key: 'k', fence: host.fence, leaseUntil, expiresAt };
      const renewed = withHost(state, index, { renewalsLeft: host.renewalsLeft - 1 });
      yield [`${host.fence} sends a renewal`, send(renewed, index, renew, 0)];
    }
    return;
  }
  if (state.faultsLeft > 0) yield* patienceSteps(worse(state), index, host, phase);
}

/** One fault more. */
const worse = (state: State): State => ({ ...state, faultsLeft: state.faultsLeft - 1 });

/** No answer came in time: lost, or still on its way, as the request itself may be. */
function* patienceSteps(state: State, index: number, host: HostState, phase: Waiting): Iterable<Step> {
  const { request } = phase;
  const sending = phase.sending + 1;
  const waiting = withHost(state, index, { phase: { ...phase, sending } });
  yield [`${host.fence} sends its ${request.operation} again`, send(waiting, index, request, sending)];
  yield [`${host.fence} gives its ${request.operation} up`, obey(state, index, giveUp(host, phase))];
}

function* mailSteps(state: State, bounds: Bounds): Iterable<Step> {
  for (const mail of state.mail) {
    if (mail.kind === 'request') {
      const { operation } = mail.request;
      const fence = fenceOf(mail.request);
      const what = `${operation} of ${fence} (sending ${mail.sending})`;
      yield [`the ${what} reaches the store`, deliver(state, mail, false)];
      if (state.faultsLeft > 0)
        yield [`the ${what} reaches the store and will again`, deliver(state, mail, true)];
      continue;
    }
    const host = state.hosts[mail.from] as HostState;
    const { phase } = host;
    const rest = { ...state, mail: state.mail.filter((each) => each !== mail) };
    if (!('request' in phase)) continue;
    const decision = decide(rest, host, phase, mail.answer, bounds);
    yield [
      `${host.fence} gets the answer to its ${phase.request.operation}`,
      obey(rest, mail.from, decision),
    ];
  }
}

const fenceOf = (request: StoreRequest): string => {
  if (request.operation === 'claim') return request.record.fence;
  return request.operation === 'read' ? '' : request.fence;
};

/** Whether the fence can come to hold the record again. */
const mayHold = ({ record, hosts, mail }: State, fence: string): boolean =>
  record?.fence === fence ||
  hosts.some((host) => host.fence === fence && 'request' in host.phase) ||
  mail.some(
    ({ kind, request }) => kind === 'request' && request.operation === 'claim' && fenceOf(request) === fence,
  );

/** Fewer states of the same meaning: what can make no difference any more is left out. */
const simplified = (state: State): State => {
  const mail = state.mail.filter((each) => {
    if (isAwaited(state, each)) return true;
    if (each.kind === 'answer') return false;
    return each.request.operation === 'claim' || mayHold(state, fenceOf(each.request));
  });
  const runs = state.runs
    .filter(({ end }) => end !== 'threw')
    .map((run) => {
      const isOver = run.end === 'settled' || run.leaseUntil <= clockOf(state, hostOf(state, run.fence));
      return isOver ? { ...run, leaseUntil: 0 } : run;
    });
  return { ...state, mail, runs };
};

/** What was answered is checked once, in the state in which it is answered. */
const withoutEndings = (state: State): State => {
  if (state.hosts.every(({ ending }) => ending === undefined)) return state;
  const hosts = state.hosts.map(({ ending: _, ...host }) => host);
  return { ...state, hosts: hosts as unknown as State['hosts'] };
};

export function* nextStates(from: State, bounds: Bounds): Iterable<Step> {
  const state = withoutEndings(from);
  const steps = function* (): Iterable<Step> {
    if (state.tick < bounds.ticks) yield ['time passes', { ...state, tick: state.tick + 1 }];
    if (bounds.hasDeletions && state.faultsLeft > 0 && state.record) {
      yield ['the record is deleted', { ...worse(state), record: undefined }];
    }
    yield* hostSteps(state, 0, bounds);
    yield* hostSteps(state, 1, bounds);
    yield* mailSteps(state, bounds);
  };
  for (const [action, next] of steps()) yield [action, simplified(next)];
}
