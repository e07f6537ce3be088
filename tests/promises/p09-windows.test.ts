import { expect, it } from '@jest/globals';
import { createIdempotency, ManualClock } from '../../src/testing/index.js';
import { useFaultTable } from '../support/fault-table.js';
import { makeGate, until } from '../support/gates.js';

const table = useFaultTable();

it('P9: a window shorter than the run does not end its claim, and is counted from the settle', async () => {
  const clock = new ManualClock();
  const { makeIdempotent: onClock } = createIdempotency({ clock });
  const persistenceStore = table.store();
  const gate = makeGate();
  let runs = 0;
  const slow = async (_order: { id: number }): Promise<number> => {
    runs++;
    if (runs === 1) await gate.promise;
    return runs;
  };
  const baked = onClock(slow, { persistenceStore, keyPrefix: 'P9', config: { expiresAfterSeconds: 1 } });
  const first = baked({ id: 1 });
  await until(async () => runs === 1);
  const { expiration, in_progress_expiration: lease } = await table.item('P9');
  expect(Number(expiration?.N) * 1_000).toBeGreaterThanOrEqual(Number(lease?.N));
  await clock.advance(60_000);
  await expect(baked({ id: 1 })).rejects.toThrow(/running elsewhere/);
  gate.open();
  expect(await first).toBe(1);
  await clock.advance(999);
  expect(await baked({ id: 1 })).toBe(1);
  await clock.advance(1);
  expect(await baked({ id: 1 })).toBe(2);
});
