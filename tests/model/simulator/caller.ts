import { begin, run } from '../../../src/core/call/call.js';
import { fail, settle } from '../../../src/core/call/finish.js';
import type { Call, CallPolicy, Runtime } from '../../../src/core/call/types.js';
import { describeThrown, rebuildThrown } from '../../../src/core/codecs/thrown-errors.js';
import { plainCodec } from '../../../src/core/codecs/typed-json.js';
import { resolveIdentityRules } from '../../../src/core/config/resolve.js';
import { identityNow } from '../../../src/core/keys/identity.js';
import { monotonicNow } from '../../../src/core/protocol/clock.js';
import type { ResultCodec } from '../../../src/core/protocol/codec.js';
import type { PersistenceStore } from '../../../src/core/protocol/store.js';
import { nodeHost } from '../../../src/fronts/host.js';
import { timeLeftIn } from '../../../src/fronts/lambda-context.js';
import { lambdaContext } from '../../support/contexts.js';
import type { Auditor } from './auditor.js';
import type { Host } from './host.js';
import type { CallEntry, Effect, Receipt } from './ledger.js';
import type { Random } from './random.js';
import type { CallPlan, Settings } from './workload.js';

/** Calls the real core, as a front does, and tells the auditor what goes in, what runs and what comes out. */

export interface CallerSetting {
  readonly auditor: Auditor;
  readonly settings: Settings;
  readonly whenStoreFails: 'throw' | 'run';
  readonly random: Random;
}

/** The real rules of identity: by an expression, with a fingerprint, apart by tenant. */
const identityRules = new Map<number, ReturnType<typeof resolveIdentityRules>>();
const identityRulesFor = (windowSeconds: number): ReturnType<typeof resolveIdentityRules> => {
  const known =
    identityRules.get(windowSeconds) ??
    resolveIdentityRules(
      {
        eventKeyJmesPath: 'id',
        payloadValidationJmesPath: 'amount',
        scope: ({ tenant }: { readonly tenant: string }) => tenant,
        expiresAfterSeconds: windowSeconds,
      },
      nodeHost,
    );
  identityRules.set(windowSeconds, known);
  return known;
};

/** The database of a simulation takes results up to this length. */
export const MAX_RESULT_BYTES = 1_000;
const TOO_LONG = 'x'.repeat(MAX_RESULT_BYTES);

const codec: ResultCodec = {
  encode(result, context) {
    if ((result as Receipt).kind === 'unencodable') throw new Error('it has no stored form');
    return plainCodec.encode(result, context);
  },
  decode: plainCodec.decode,
};

const sleep = (host: Host, ms: number): Promise<void> =>
  new Promise((resolve) => {
    host.clock.after(ms, resolve);
  });

/** What is thrown names its effect too, for a final error is stored and thrown again. */
const thrownBy = (effect: Effect, isForGood: boolean): Error =>
  new RangeError(`${isForGood ? 'for good' : 'this time'}, of effect ${effect.number}`);

/** The user's function: an effect, some time, and a result or an error. */
const functionOf = (
  entry: CallEntry,
  event: { id: string; amount: number },
  { auditor, settings }: CallerSetting,
): (() => Promise<Receipt>) => {
  const { plan, host } = entry;
  return async () => {
    const effect = auditor.began(entry);
    if (plan.changesEvent) {
      event.id += ', changed';
      event.amount += 1_000;
    }
    if (plan.durationMs > 0) await sleep(host, plan.durationMs);
    if (plan.result === 'throws' || plan.result === 'throws for good') {
      const isForGood = plan.result === 'throws for good';
      const threw = thrownBy(effect, isForGood);
      auditor.finished(effect, { threw, isFinal: isForGood && settings.storesErrors });
      throw threw;
    }
    const returned: Receipt = {
      ...plan.intent,
      effect: effect.number,
      amount: plan.amount,
      kind: plan.result,
      padding: plan.result === 'too large' ? TOO_LONG : '',
    };
    auditor.finished(effect, { returned, isFinal: plan.result !== 'not kept' });
    return returned;
  };
};

/** `begin`, then `settle` or `fail`: as fronts do whose function is not theirs to call. */
const runSplit = async (call: Call, execute: () => Promise<Receipt>): Promise<unknown> => {
  const begun = await begin(call);
  if (begun.kind === 'replayed') return begun.value;
  if (begun.kind === 'unprotected') return execute();
  let value: Receipt;
  try {
    value = await execute();
  } catch (error) {
    await fail(begun.claim, error);
    throw error;
  }
  return settle(begun.claim, value);
};

const policyOf = (
  { waitMs }: CallPlan,
  store: PersistenceStore,
  { settings, whenStoreFails }: CallerSetting,
): CallPolicy => {
  const { windowSeconds: _, storesErrors, ...options } = settings;
  return {
    ...options,
    store,
    codec,
    thrownErrors: { describe: describeThrown, rebuild: rebuildThrown },
    waitMs,
    whenStoreFails,
    errorClasses: [],
    shouldStoreResult: (result) => (result as Receipt).kind !== 'not kept',
    ...(storesErrors && { shouldStoreError: (error) => (error as Error).message.startsWith('for good') }),
  };
};

/** One call, from its event to its answer. */
export const makeCall = async (
  plan: CallPlan,
  host: Host,
  store: PersistenceStore,
  setting: CallerSetting,
): Promise<CallEntry> => {
  const { auditor, settings, random } = setting;
  const now = host.clock.now();
  const entry: CallEntry = {
    plan,
    host,
    startedAt: host.scheduler.now,
    deadline: plan.remainingMs === undefined ? undefined : now + plan.remainingMs,
    fences: [],
    askedForRelease: false,
    settlesSent: 0,
    endingsSent: 0,
    effects: [],
  };
  auditor.entered(entry);
  const { scope, tenant, id } = plan.intent;
  const event = { id, tenant, amount: plan.amount };
  const identity = identityNow(identityRulesFor(settings.windowSeconds), scope, event, undefined);
  if (identity.key === undefined) throw new Error('The simulation has no calls without a key.');
  entry.key = identity.key;
  const runtime: Runtime = {
    clock: host.clock,
    newFence: () => auditor.ledger.drawFence(entry),
    random: () => random.next(),
  };
  const policy = policyOf(plan, store, setting);
  const left = plan.remainingMs === undefined ? undefined : timeLeftIn(lambdaContext(plan.remainingMs));
  const call: Call = {
    ...identity,
    policy,
    runtime,
    deadline: left === undefined ? undefined : now + left,
    endsAt: left === undefined ? undefined : monotonicNow(host.clock) + left,
    requestId: `request-${plan.number}`,
  };
  if (plan.isKilled && entry.deadline !== undefined) killAtDeadline(entry, entry.deadline);
  const execute = functionOf(entry, event, setting);
  const answer = await (plan.isSplit ? runSplit(call, execute) : run(call, execute)).then(
    (value) => ({ value: value as Receipt | undefined }),
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
