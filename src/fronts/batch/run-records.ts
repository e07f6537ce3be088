import type { Context } from 'aws-lambda';
import { run } from '../../core/call/call.js';
import { IdempotencyAttemptsExhaustedError } from '../../core/protocol/errors.js';
import { runInCall } from '../../running/current-call.js';
import type { Item } from './read-batch.js';
import type { RecordCall } from './record-calls.js';
import { sideBySide } from './side-by-side.js';

/** A record that Lambda must deliver again. */
export type Failure =
  | { readonly item: Item; readonly why: 'error'; readonly error: unknown }
  /** Too little time was left, or an earlier record of its group had failed. */
  | { readonly item: Item; readonly why: 'time' | 'order' };

export interface RunSettings {
  readonly context: Context | undefined;
  readonly concurrency: number;
  /** Whether another record may start. */
  hasTime(): boolean;
  execute(item: Item): unknown;
  onFailed(error: unknown, item: Item): Promise<void>;
  readonly onParked:
    | ((error: IdempotencyAttemptsExhaustedError, record: never) => void | Promise<void>)
    | undefined;
}

/** Runs the records, those of a group in order. Never rejects. */
export const runRecords = async (
  calls: readonly RecordCall[],
  settings: RunSettings,
): Promise<readonly Failure[]> => {
  const failures: Failure[] = [];
  const runOnce = sharing(calls, (call) => runRecord(call, settings));

  const succeeds = async (call: RecordCall): Promise<boolean> => {
    const { item } = call;
    if (!settings.hasTime()) {
      failures.push({ item, why: 'time' });
      return false;
    }
    try {
      await runOnce(call);
      return true;
    } catch (error) {
      failures.push({ item, why: 'error', error });
      await settings.onFailed(error, item);
      return false;
    }
  };

  await sideBySide(groupsOf(calls), settings.concurrency, async (group) => {
    let isClosed = false;
    for (const call of group) {
      if (isClosed) failures.push({ item: call.item, why: 'order' });
      else isClosed = !(await succeeds(call));
    }
  });
  return failures;
};

/** In the order of their first records. */
const groupsOf = (calls: readonly RecordCall[]): readonly (readonly RecordCall[])[] => {
  const groups: RecordCall[][] = [];
  const byName = new Map<string, RecordCall[]>();
  for (const call of calls) {
    const { group: name } = call.item;
    const group = name === undefined ? undefined : byName.get(name);
    if (group) {
      group.push(call);
      continue;
    }
    const started = [call];
    groups.push(started);
    if (name !== undefined) byName.set(name, started);
  }
  return groups;
};

const runRecord = async (record: RecordCall, settings: RunSettings): Promise<void> => {
  if ('refusal' in record) throw record.refusal;
  const { call, item } = record;
  let hasRun = false;
  const inside = (): unknown => {
    hasRun = true;
    const current = call && { key: call.key, scope: call.scope };
    return runInCall(current, settings.context, () => settings.execute(item));
  };
  try {
    await (call ? run(call, inside) : inside());
  } catch (error) {
    const { onParked } = settings;
    // The handler may throw such an error too: one from an idempotent function that it calls.
    const isParked = !hasRun && error instanceof IdempotencyAttemptsExhaustedError;
    if (!isParked || !onParked) throw error;
    await onParked(error, item.record as never);
  }
};

/** The run of a key that occurs more than once in the batch. */
interface SharedRun {
  readonly fingerprint: string | undefined;
  readonly outcome: Promise<void>;
}

/**
 * Runs duplicates inside the batch once. A later record shares the outcome; one with another fingerprint waits, then is
 * answered by the store. The first record to arrive runs, so no record waits for one that has not started.
 */
const sharing = (
  calls: readonly RecordCall[],
  runAlone: (record: RecordCall) => Promise<void>,
): ((record: RecordCall) => Promise<void>) => {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { call } of calls) {
    if (!call) continue;
    if (seen.has(call.key)) repeated.add(call.key);
    seen.add(call.key);
  }
  const latest = new Map<string, SharedRun>();

  return (record) => {
    const { call } = record;
    if (!call || !repeated.has(call.key)) return runAlone(record);
    const { key, fingerprint } = call;
    const before = latest.get(key);
    if (before && before.fingerprint === fingerprint) return before.outcome;
    const outcome = before
      ? before.outcome.then(
          () => runAlone(record),
          () => runAlone(record),
        )
      : runAlone(record);
    latest.set(key, { fingerprint, outcome });
    return outcome;
  };
};
