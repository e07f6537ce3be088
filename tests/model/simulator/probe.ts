import { FAULTS_UNTIL_MS } from './weather.js';
import type { CallPlan } from './workload.js';
import type { World } from './world.js';

/** Callers that come when all is over: to each key two, one after the other. */
export const probe = async (world: World): Promise<void> => {
  const { scheduler, auditor, database, settings } = world;
  const until = (time: number): Promise<void> => {
    scheduler.at(time, () => {});
    return scheduler.run();
  };
  await until(FAULTS_UNTIL_MS);
  const process = world.newHealthyProcess();
  const { host } = process;
  let number = 1_000;
  for (const account of auditor.ledger.accounts.values()) {
    const key = account.calls.find((call) => call.key)?.key ?? '';
    const record = database.peek(key);
    if (record?.status === 'running') {
      // Where runs are counted or none is taken over, a record that was left bars its key to its own end.
      const isBarred = settings.maxAttempts !== undefined || settings.whenOver === 'refuse';
      const freeAt = isBarred ? record.expiresAt : record.leaseUntil + settings.clockSkewMs;
      await until(host.trueTimeOf(freeAt));
    }
    for (let left = 2; left > 0 && !auditor.violation; left--) {
      const plan: CallPlan = {
        number: number++,
        at: scheduler.now,
        host: -1,
        intent: account.intent,
        amount: 1,
        isKilled: false,
        waitMs: 0,
        durationMs: 1,
        result: 'small',
        changesEvent: false,
        isSplit: false,
      };
      const answered = world.call(plan, process);
      await scheduler.run();
      const probed = auditor.ledger.calls.at(-1);
      if (probed?.answer) await answered;
      if (probed && !auditor.violation) auditor.probed(probed);
    }
  }
};
