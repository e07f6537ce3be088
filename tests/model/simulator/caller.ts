import { begin, run } from '../../../src/core/call.js';
import type { ResultCodec } from '../../../src/core/codec.js';
import { typedJson } from '../../../src/core/codec.js';
import { release, settle } from '../../../src/core/finish.js';
import { identityNow } from '../../../src/core/key.js';
import { keyPlanOf } from '../../../src/core/plan.js';
import type { PersistenceStore } from '../../../src/core/store.js';
import type { Call, Runtime } from '../../../src/core/types.js';
import type { Auditor } from './auditor.js';
import type { Host } from './host.js';
import type { CallEntry, Receipt } from './ledger.js';
import type { Random } from './random.js';
import type { CallPlan, Settings } from './workload.js';

/** Calls the real core, as a front does, and tells the auditor what goes in, what runs and what comes out. */

export interface CallerSetting {
  readonly auditor: Auditor;
  readonly settings: Settings;
  readonly whenStoreFails: 'throw' | 'run';
  readonly random: Random;
}

/** The real plan of keys: by an expression, with a fingerprint, apart by tenant. */
const keyPlans = new Map<number, ReturnType<typeof keyPlanOf>>();
const keyPlanFor = (windowSeconds: number): ReturnType<typeof keyPlanOf> => {
  const known =
    keyPlans.get(windowSeconds) ??
    keyPlanOf({
      eventKeyJmesPath: 'id',
      payloadValidationJmesPath: 'amount',
      scope: ({ tenant }: { readonly tenant: string }) => tenant,
      expiresAfterSeconds: windowSeconds,
    });
  keyPlans.set(windowSeconds, known);
  return known;
};

/** The database of a simulation takes results up to this length. */
export const MAX_RESULT_BYTES = 1_000;
const TOO_LONG = 'x'.repeat(MAX_RESULT_BYTES);

const codec: ResultCodec = {
  encode(result) {
    if ((result as Receipt).kind === 'unencodable') throw new Error('it has no stored form');
    return typedJson.encode(result);
  },
  decode: typedJson.decode,
};

const sleep = (host: Host, ms: number): Promise<void> =>
  new Promise((resolve) => {
    host.clock.after(ms, resolve);
  });

/** The user's function: an effect, some time, and a result or an error. */
const functionOf = (
  entry: CallEntry,
  event: { id: string; amount: number },
  auditor: Auditor,
): (() => Promise<Receipt>) => {
  const { plan, host } = entry;
  return async () => {
    const effect = auditor.began(entry);
    if (plan.changesEvent) {
      event.id += ', changed';
      event.amount += 1_000;
    }
    if (plan.durationMs > 0) await sleep(host, plan.durationMs);
    if (plan.result === 'throws') {
      const threw = new RangeError('of the function');
      auditor.finished(effect, { threw });
      throw threw;
    }
    const returned: Receipt = {
      ...plan.intent,
      effect: effect.number,
      amount: plan.amount,
      kind: plan.result,
      padding: plan.result === 'too large' ? TOO_LONG : '',
    };
    auditor.finished(effect, { returned });
    return returned;
  };
};

/** `begin`, then `settle` or `release`: as fronts do whose function is not theirs to call. */
const runSplit = async (call: Call, execute: () => Promise<Receipt>): Promise<unknown> => {
  const begun = await begin(call);
  if (begun.kind === 'replayed') return begun.value;
  if (begun.kind === 'unprotected') return execute();
  let value: Receipt;
  try {
    value = await execute();
  } catch (error) {
    await release(begun.claim);
    throw error;
  }
  return settle(begun.claim, value);
};

/** One call, from its event to its answer. */
export const makeCall = async (
  plan: CallPlan,
  host: Host,
  store: PersistenceStore,
  { auditor, settings, whenStoreFails, random }: CallerSetting,
): Promise<CallEntry> => {
  const now = host.clock.now();
  const entry: CallEntry = {
    plan,
    host,
    startedAt: host.scheduler.now,
    deadline: plan.remainingMs === undefined ? undefined : now + plan.remainingMs,
    fences: [],
    askedForRelease: false,
    effects: [],
  };
  auditor.entered(entry);
  const { scope, tenant, id } = plan.intent;
  const event = { id, tenant, amount: plan.amount };
  const identity = identityNow(keyPlanFor(settings.windowSeconds), scope, event, undefined);
  if (!identity) throw new Error('The simulation has no calls without a key.');
  entry.key = identity.key;
  const runtime: Runtime = {
    clock: host.clock,
    newFence: () => auditor.ledger.drawFence(entry),
    random: () => random.next(),
  };
  const { leaseMs, clockSkewMs } = settings;
  const policy = { store, codec, leaseMs, clockSkewMs, waitMs: plan.waitMs, whenStoreFails };
  const call: Call = { ...identity, policy, runtime, deadline: entry.deadline };
  if (plan.isKilled && entry.deadline !== undefined) killAtDeadline(entry, entry.deadline);
  const execute = functionOf(entry, event, auditor);
  const answer = await (plan.isSplit ? runSplit(call, execute) : run(call, execute)).then(
    (value) => ({ value: value as Receipt }),
    (error: unknown) => ({ error }),
  );
  auditor.answered(entry, { at: host.scheduler.now, ...answer });
  return entry;
};

/** Lambda ends the process of an invocation that is not over. It asks no timer of the process. */
const killAtDeadline = (entry: CallEntry, deadline: number): void => {
  const { host } = entry;
  host.scheduler.at(host.trueTimeOf(deadline) + 50, () => {
    if (entry.answer || !host.isAlive) return;
    entry.killedAt = host.scheduler.now;
    host.crash();
  });
};
