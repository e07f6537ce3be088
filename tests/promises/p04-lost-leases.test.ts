import { describe, expect, it } from '@jest/globals';
import { IdempotencyLeaseLostError } from '../../src/index.js';
import { createIdempotency, ManualClock } from '../../src/testing/index.js';
import { useFaultTable } from '../support/fault-table.js';
import { makeGate, until } from '../support/gates.js';

const table = useFaultTable();

/** Two hosts on one table and one clock: the first is held inside its run past its lease, then the second calls. */
const outliveLease = async (scope: string, config: { readonly payloadValidationJmesPath?: string } = {}) => {
  const clock = new ManualClock();
  const { makeIdempotent: onClock } = createIdempotency({ clock });
  const held = makeGate();
  const second = makeGate();
  const running = makeGate();
  const runs: string[] = [];
  const options = { keyPrefix: scope, config: { lease: { seconds: 10 }, eventKeyJmesPath: 'id', ...config } };
  const onHost = <Result>(run: (order: { id: number; amount?: number }) => Promise<Result>) =>
    onClock(run, { persistenceStore: table.store(), ...options });
  const stale = onHost(async (): Promise<string> => {
    runs.push('stale');
    running.open();
    await held.promise;
    return 'stale';
  });
  const staleThrows = onHost(async (): Promise<string> => {
    runs.push('stale');
    running.open();
    await held.promise;
    throw new RangeError('stale');
  });
  const fresh = onHost(async (): Promise<string> => {
    runs.push('fresh');
    await second.promise;
    return 'fresh';
  });
  const third = onHost(async (): Promise<string> => {
    runs.push('third');
    return 'third';
  });
  const startFresh = async (order = { id: 1 }): Promise<{ readonly fresh: Promise<string> }> => {
    await running.promise;
    await clock.advance(10_500);
    const result = fresh(order);
    await until(async () => runs.includes('fresh'));
    return { fresh: result };
  };
  return { clock, held, second, runs, stale, staleThrows, fresh, third, startFresh };
};

describe('P4: only the holder acts', () => {
  it('P4: a stale run that finishes late gets the stored outcome, and changes nothing', async () => {
    const { held, second, runs, stale, third, startFresh } = await outliveLease('P4-late');
    const late = stale({ id: 1 });
    const { fresh } = await startFresh();
    second.open();
    expect(await fresh).toBe('fresh');
    held.open();
    expect(await late).toBe('fresh');
    expect(await third({ id: 1 })).toBe('fresh');
    expect(runs).toEqual(['stale', 'fresh']);
    expect((await table.item('P4-late'))['data']).toEqual({ S: '"fresh"' });
  });

  it('P4: a stale run that finishes while another runs throws IdempotencyLeaseLostError, and the other settles', async () => {
    const { held, second, runs, stale, third, startFresh } = await outliveLease('P4-both');
    const late = stale({ id: 1 });
    const { fresh } = await startFresh();
    held.open();
    await expect(late).rejects.toThrow(IdempotencyLeaseLostError);
    await expect(third({ id: 1 })).rejects.toThrow(/running elsewhere/);
    second.open();
    expect(await fresh).toBe('fresh');
    expect(await third({ id: 1 })).toBe('fresh');
    expect(runs).toEqual(['stale', 'fresh']);
  });

  it('P4: a stale run that throws late frees nothing', async () => {
    const { held, second, runs, staleThrows, third, startFresh } = await outliveLease('P4-throws');
    const late = staleThrows({ id: 1 });
    const { fresh } = await startFresh();
    held.open();
    await expect(late).rejects.toThrow(new RangeError('stale'));
    await expect(third({ id: 1 })).rejects.toThrow(/running elsewhere/);
    second.open();
    expect(await fresh).toBe('fresh');
    expect(runs).toEqual(['stale', 'fresh']);
  });

  it('P4: a stale run never gets the outcome of another payload', async () => {
    const { held, second, stale, startFresh } = await outliveLease('P4-payload', {
      payloadValidationJmesPath: 'amount',
    });
    const late = stale({ id: 1, amount: 5 });
    const { fresh } = await startFresh({ id: 1, amount: 999 } as never);
    second.open();
    await fresh;
    held.open();
    await expect(late).rejects.toThrow(IdempotencyLeaseLostError);
  });

  it('P4: inside the lease and the margin for skew, nobody takes over', async () => {
    const { clock, held, stale, third, runs } = await outliveLease('P4-margin');
    const first = stale({ id: 1 });
    await until(async () => runs.includes('stale'));
    await clock.advance(10_499);
    await expect(third({ id: 1 })).rejects.toMatchObject({ retryAfterMs: 1 });
    held.open();
    expect(await first).toBe('stale');
    expect(await third({ id: 1 })).toBe('stale');
  });
});
