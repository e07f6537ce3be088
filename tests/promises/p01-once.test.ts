import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from '@jest/globals';
import { makeIdempotent } from '../../src/index.js';
import { useFaultTable } from '../support/fault-table.js';

const folder = mkdtempSync(join(tmpdir(), 'p01-'));
const table = useFaultTable();
afterAll(() => rmSync(folder, { recursive: true }));

/** What one process's callers got: the outcomes, and how often which error. */
interface Report {
  readonly outcomes: unknown[];
  readonly errors: Record<string, number>;
}

const worker = fileURLToPath(new URL('./p01-worker.ts', import.meta.url));

const callFromProcesses = async (
  processes: number,
  input: { readonly callers: number; readonly orderId: string; readonly waitMs: number },
): Promise<{ readonly reports: Report[]; readonly runs: string[] }> => {
  const ledger = join(folder, `${input.orderId}-${processes}`);
  const setup = { ...input, ledger, tableName: table.tableName, endpoint: table.endpoint };
  const reports = await Promise.all(
    Array.from(
      { length: processes },
      () =>
        new Promise<Report>((resolve, reject) => {
          const child = fork(worker, [JSON.stringify(setup)], { execArgv: ['--import', 'tsx'] });
          child.once('message', (report) => resolve(report as Report));
          child.once('error', reject);
          child.once('exit', (code) => reject(new Error(`the worker ended with ${code} and no report`)));
        }),
    ),
  );
  return { reports, runs: readFileSync(ledger, 'utf8').trim().split('\n') };
};

it('P1: 200 callers of one key in 4 processes: one run, and with waitMs all get its outcome', async () => {
  const { reports, runs } = await callFromProcesses(4, { callers: 50, orderId: 'waited', waitMs: 20_000 });
  expect(runs).toHaveLength(1);
  const outcomes = reports.flatMap((report) => report.outcomes);
  expect(outcomes).toHaveLength(200);
  expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome)))).toEqual(
    new Set([JSON.stringify({ orderId: 'waited', baker: runs[0] })]),
  );
}, 60_000);

it('P1: without waitMs, one runs and the others are rejected or get its outcome', async () => {
  const { reports, runs } = await callFromProcesses(4, { callers: 50, orderId: 'rejected', waitMs: 0 });
  expect(runs).toHaveLength(1);
  const outcomes = reports.flatMap((report) => report.outcomes);
  const rejected = reports.reduce(
    (sum, { errors }) => sum + (errors['IdempotencyAlreadyInProgressError'] ?? 0),
    0,
  );
  expect(outcomes.length).toBeGreaterThanOrEqual(1);
  expect(outcomes.length + rejected).toBe(200);
}, 60_000);

it('P1: waiting callers of one key in a process share one poll', async () => {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const bake = async (orderId: string): Promise<string> => {
    await gate;
    return orderId;
  };
  const baked = makeIdempotent(bake, {
    persistenceStore: table.store(),
    config: { inProgress: { waitMs: 10_000 } },
  });
  const first = baked('shared');
  while (!table.proxy.requests.some(({ operation }) => operation === 'PutItem'))
    await new Promise(setImmediate);
  const others = Array.from({ length: 20 }, () => baked('shared'));
  const sent = (name: string): number =>
    table.proxy.requests.filter(({ operation }) => operation === name).length;
  while (sent('PutItem') < 21 || sent('GetItem') < 3) await new Promise(setImmediate);
  const readBefore = sent('GetItem');
  open();
  expect(await Promise.all([first, ...others])).toEqual(Array.from({ length: 21 }, () => 'shared'));
  // 20 callers that polled by themselves would each have read the outcome, and claimed once more.
  expect(sent('GetItem') - readBefore).toBeLessThan(20);
  expect(sent('PutItem')).toBe(21);
});
