import type { RunningRecord, StoredRecord } from '../../../src/core/protocol/record.js';
import type { Write } from './database.js';
import type { Host } from './host.js';
import type { CallPlan, Intent } from './workload.js';

/** What the auditor writes down of a world: what callers asked, what functions did, what callers got. */

/** What a function returns. It names the effect that it comes of, so that an answer can be traced. */
export interface Receipt extends Intent {
  readonly effect: number;
  readonly amount: number;
  readonly kind: CallPlan['result'];
  readonly padding: string;
}

export interface CallEntry {
  readonly plan: CallPlan;
  readonly host: Host;
  /** True time, here and below. */
  readonly startedAt: number;
  /** By its host's clock. */
  readonly deadline: number | undefined;
  /** The library's key, known once computed. */
  key?: string;
  /** All fences that the library drew for it. */
  readonly fences: string[];
  /** The record that refused its last claim. */
  refusedBy?: StoredRecord | undefined;
  /** `pending` while the store has not answered; `refused`: it answered every sending with a throttle. */
  claim?: 'pending' | 'answered' | 'failed' | 'refused' | 'denied';
  /** A settle of it was refused. */
  wasLost?: boolean;
  /** What the store showed to a settle or a claim that it refused last. */
  lostTo?: StoredRecord | undefined;
  /** How often settles were sent, with what the client sends again. */
  settlesSent: number;
  /** The same with the claims that restore a record for a settle. */
  endingsSent: number;
  askedForRelease: boolean;
  /** Lambda ended its process. */
  killedAt?: number;
  readonly effects: Effect[];
  answer?: Answer;
}

export type Answer = { readonly at: number } & (
  | { readonly value: Receipt | undefined }
  | { readonly error: unknown }
);

/** One execution of a user's function. */
export interface Effect {
  readonly number: number;
  readonly call: CallEntry;
  readonly startedAt: number;
  /** The writes that came before it. */
  readonly writes: number;
  /** False where the store failed and `whenStoreFails` is 'run': nothing is promised for it. */
  readonly isProtected: boolean;
  endedAt?: number;
  returned?: Receipt;
  threw?: Error;
  /** Whether it leaves an outcome: a result that is kept, or an error that is final. */
  isFinal?: boolean;
}

/** A claim that was applied. */
export interface Hold {
  readonly call: CallEntry;
  /** Its place in the log of writes, which tells what came first even within a millisecond. */
  readonly write: number;
  readonly at: number;
  leaseUntil: number;
}

/** A settle that was applied. */
export interface Settlement {
  readonly call: CallEntry;
  readonly write: number;
  readonly at: number;
  readonly expiresAt: number;
}

/** The requests of a host about one key: whether a failure had a reason. */
interface Traffic {
  pending: number;
  failedAt: number;
  deniedAt: number;
}

/** All that is known about the calls of one intent. */
export class Account {
  readonly intent: Intent;
  readonly calls: CallEntry[] = [];
  readonly effects: Effect[] = [];
  readonly holds: Hold[] = [];
  readonly settlements: Settlement[] = [];
  /** Places in the log where records of it were taken away early. */
  readonly deletions: number[] = [];
  /** When a record of it was deleted last, by whatever. */
  vanishedAt = -1;

  constructor(intent: Intent) {
    this.intent = intent;
  }

  /** What a call holds, or has held, when so many writes were made. */
  holdOf(call: CallEntry, writes: number = Number.POSITIVE_INFINITY): Hold | undefined {
    return this.holds.findLast((hold) => hold.call === call && hold.write <= writes);
  }

  wasDeletedBetween(from: number, to: number = Number.POSITIVE_INFINITY): boolean {
    return this.deletions.some((deletion) => deletion > from && deletion < to);
  }
}

export class Ledger {
  readonly calls: CallEntry[] = [];
  readonly effects: Effect[] = [];
  readonly accounts = new Map<string, Account>();
  writes = 0;
  readonly #callsByFence = new Map<string, CallEntry>();
  readonly #traffic = new Map<string, Traffic>();

  accountOf({ scope, tenant, id }: Intent): Account {
    const name = `${scope}/${tenant}/${id}`;
    const known = this.accounts.get(name);
    if (known) return known;
    const account = new Account({ scope, tenant, id });
    this.accounts.set(name, account);
    return account;
  }

  enter(call: CallEntry): void {
    this.calls.push(call);
    this.accountOf(call.plan.intent).calls.push(call);
  }

  drawFence(call: CallEntry): string {
    const fence = `fence-${call.plan.number}-${call.fences.length + 1}`;
    call.fences.push(fence);
    this.#callsByFence.set(fence, call);
    return fence;
  }

  callOf(fence: string): CallEntry | undefined {
    return this.#callsByFence.get(fence);
  }

  traffic(host: Host, key: string): Traffic {
    const name = `${host.name} ${key}`;
    const known = this.#traffic.get(name);
    if (known) return known;
    const traffic: Traffic = { pending: 0, failedAt: -1, deniedAt: -1 };
    this.#traffic.set(name, traffic);
    return traffic;
  }

  /** Books a change of the database to the calls that it belongs to. */
  book({ at, before, after, by }: Write): void {
    const write = ++this.writes;
    const call = this.callOf((after ?? before)?.fence ?? '');
    if (!call) return;
    const account = this.accountOf(call.plan.intent);
    const { holds, settlements, deletions } = account;
    switch (by.operation) {
      case 'ttl':
        account.vanishedAt = at;
        break;
      case 'early deletion':
        account.vanishedAt = at;
        deletions.push(write);
        break;
      case 'claim':
        holds.push({ call, write, at, leaseUntil: (after as RunningRecord).leaseUntil });
        break;
      case 'renew': {
        const held = account.holdOf(call);
        if (held) held.leaseUntil = (after as RunningRecord).leaseUntil;
        break;
      }
      case 'settle':
        if (after) settlements.push({ call, write, at, expiresAt: after.expiresAt });
    }
  }
}
