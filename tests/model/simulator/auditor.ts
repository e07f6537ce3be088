import type { StoreAnswer, StoreRequest } from '../transitions.js';
import { attemptChecks, cutOffChecks } from './checks/attempts.js';
import type { Check, Scene } from './checks/check.js';
import { effectChecks } from './checks/effects.js';
import { errorChecks } from './checks/errors.js';
import { endChecks, failureChecks, probeChecks } from './checks/failures.js';
import { outcomeChecks } from './checks/outcomes.js';
import { requestChecks, sendingChecks } from './checks/requests.js';
import { writeChecks } from './checks/writes.js';
import type { ClientObserver } from './client.js';
import type { Write } from './database.js';
import { describePlan, describeRecord } from './describe.js';
import type { Host } from './host.js';
import type { Answer, CallEntry, Effect } from './ledger.js';
import { Ledger } from './ledger.js';

export interface Violation {
  readonly check: string;
  readonly promise: string;
  readonly says: string;
  readonly message: string;
  /** True time. */
  readonly at: number;
}

interface Setting extends Omit<Scene, 'ledger' | 'now'> {
  readonly now: () => number;
  readonly note: (line: () => string) => void;
  readonly violated: () => void;
}

/** All checks, as a table: what is asked, and when. */
const allChecks = {
  'at each change of the database': writeChecks,
  'when a request is made': requestChecks,
  'when it is sent, once or again': sendingChecks,
  'when a function begins': [...effectChecks, ...attemptChecks],
  'at each answer': [...outcomeChecks, ...errorChecks, ...cutOffChecks, ...failureChecks],
  'when nothing is left to happen': endChecks,
  'of a fresh caller at the end': probeChecks,
} as const;

/** Keeps the ledger, and asks the checks at every entry. The first violation ends the world. */
export class Auditor {
  readonly ledger = new Ledger();
  violation: Violation | undefined;
  takeOvers = 0;
  readonly #setting: Setting;

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  wrote(write: Write): void {
    const { by, before, after } = write;
    this.ledger.book(write);
    if (by.operation === 'claim' && before?.status === 'running') this.takeOvers++;
    const kind = by.operation === 'claim' && before?.status === 'running' ? 'take-over' : by.operation;
    this.#note(() => `database: ${kind}: ${describeRecord(before)} → ${describeRecord(after)}`);
    this.#ask(writeChecks, write);
  }

  entered(call: CallEntry): void {
    this.ledger.enter(call);
    this.#note(() => `${call.host.name}: call ${describePlan(call.plan)}`);
  }

  began(call: CallEntry): Effect {
    const account = this.ledger.accountOf(call.plan.intent);
    const effect: Effect = {
      number: this.ledger.effects.length + 1,
      call,
      startedAt: this.#setting.now(),
      writes: this.ledger.writes,
      isProtected: call.claim === 'answered' || this.#setting.profile.whenStoreFails === 'throw',
    };
    this.ledger.effects.push(effect);
    account.effects.push(effect);
    call.effects.push(effect);
    this.#note(() => `${call.host.name}: call ${call.plan.number} runs: effect ${effect.number}`);
    this.#ask(allChecks['when a function begins'], effect);
    return effect;
  }

  finished(effect: Effect, end: Pick<Effect, 'returned' | 'threw' | 'isFinal'>): void {
    effect.endedAt = this.#setting.now();
    Object.assign(effect, end);
    const how = 'threw' in end ? 'throws' : 'returns';
    this.#note(() => `${effect.call.host.name}: call ${effect.call.plan.number}'s function ${how}`);
  }

  answered(call: CallEntry, answer: Answer): void {
    call.answer = answer;
    const what = 'value' in answer ? `effect ${answer.value?.effect}` : answer.error;
    this.#note(() => `${call.host.name}: call ${call.plan.number} is answered: ${what}`);
    this.#ask(allChecks['at each answer'], call);
  }

  /** Nothing is left to happen. */
  ended(): void {
    for (const call of this.ledger.calls) this.#ask(endChecks, call);
  }

  probed(call: CallEntry): void {
    this.#ask(probeChecks, call);
  }

  /** What a host's client tells of its requests. */
  observerOf(host: Host): ClientObserver {
    const { ledger } = this;
    const callOf = (request: StoreRequest): CallEntry | undefined =>
      request.operation === 'read'
        ? undefined
        : ledger.callOf(request.operation === 'claim' ? request.record.fence : request.fence);
    return {
      asked: (request) => {
        // A renewal that fails is nobody's error.
        if (request.operation !== 'renew') ledger.traffic(host, request.key).pending++;
        const call = callOf(request);
        if (call && request.operation === 'release') call.askedForRelease = true;
        if (call && request.operation === 'claim') call.claim = 'pending';
        if (call) this.#ask(requestChecks, { call, request });
      },
      sent: (request) => {
        const call = callOf(request);
        if (!call) return;
        if (call.effects.length > 0) call.endingsSent++;
        if (request.operation !== 'settle') return;
        call.settlesSent++;
        this.#ask(sendingChecks, call);
      },
      answered: (request, answer: StoreAnswer) => {
        if (request.operation === 'renew') return;
        ledger.traffic(host, request.key).pending--;
        const call = callOf(request);
        if (!call) return;
        if (request.operation === 'settle' && 'held' in answer && !answer.held) {
          call.wasLost = true;
          call.lostTo = answer.existing;
        }
        if (!('claimed' in answer)) return;
        call.claim = 'answered';
        if (!answer.claimed) call.refusedBy = answer.existing;
        if (!answer.claimed) call.lostTo = answer.existing;
      },
      failed: (request, { retryable, mayBeApplied }) => {
        if (request.operation === 'renew') return;
        const traffic = ledger.traffic(host, request.key);
        traffic.pending--;
        traffic.failedAt = this.#setting.now();
        if (!retryable) traffic.deniedAt = traffic.failedAt;
        const call = callOf(request);
        if (!call || request.operation !== 'claim') return;
        call.claim = mayBeApplied ? 'failed' : retryable ? 'refused' : 'denied';
      },
    };
  }

  #note(line: () => string): void {
    this.#setting.note(line);
  }

  #ask<Subject>(checks: readonly Check<Subject>[], subject: Subject): void {
    if (this.violation) return;
    const { now, settings, profile, violated } = this.#setting;
    const scene: Scene = { ledger: this.ledger, settings, profile, now: now() };
    for (const { name, promise, says, broken } of checks) {
      const wrong = broken(subject, scene);
      if (wrong === undefined) continue;
      const call = (subject as Partial<CallEntry>).plan ?? (subject as Partial<Effect>).call?.plan;
      const message = call ? `call ${call.number}: ${wrong}` : wrong;
      this.violation = { check: name, promise, says, message, at: now() };
      this.#note(() => `auditor: VIOLATION of "${name}" (${promise}): ${message}`);
      violated();
      return;
    }
  }
}
