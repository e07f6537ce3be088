import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import {
  channelName,
  type IdempotencyAlreadyInProgressError,
  type IdempotencyConfigOptions,
  identify,
} from '../../src/index.js';
import { createIdempotency, ManualClock } from '../../src/testing/index.js';
import { contextWith } from '../support/contexts.js';
import { useFaultTable } from '../support/fault-table.js';
import { makeGate, rejectionOf } from '../support/gates.js';

const table = useFaultTable();
const NOW = 1_700_000_000_000;

/** What another library left of a run that was cut off, at the key of the call. */
const foreign = async (keyPrefix: string, attributes: Record<string, { N: string }>): Promise<void> => {
  const { key = '' } = await identify({ id: 1 }, { keyPrefix });
  await table.put({ id: { S: key }, status: { S: 'INPROGRESS' }, ...attributes });
};

describe('a running record of another library', () => {
  const over = { N: String(NOW / 1_000 - 10) };
  it.each([
    ['without a lease', { expiration: over }],
    ['with a lease', { expiration: over, in_progress_expiration: { N: String(NOW - 60_000) } }],
  ])('%s can be taken over when it is over, whatever the options', async (name, attributes) => {
    const configs: IdempotencyConfigOptions[] = [{}, { maxAttempts: 3 }, { lease: { whenOver: 'refuse' } }];
    for (const [index, config] of configs.entries()) {
      const keyPrefix = `others-${name}-${index}`;
      await foreign(keyPrefix, attributes);
      const bake = async (_order: { id: number }): Promise<string> => 'cake';
      const { makeIdempotent } = createIdempotency({ clock: new ManualClock(NOW) });
      const baked = makeIdempotent(bake, { persistenceStore: table.store(), keyPrefix, config });
      expect(await baked({ id: 1 })).toBe('cake');
      expect(await baked({ id: 1 })).toBe('cake');
    }
  });

  it("whose lease is over counts as one run, and with 'refuse' bars the call to the end of its window", async () => {
    const attributes = {
      expiration: { N: String(NOW / 1_000 + 600) },
      in_progress_expiration: { N: String(NOW - 60_000) },
    };
    const bake = async (_order: { id: number }): Promise<string> => 'cake';
    const { makeIdempotent } = createIdempotency({ clock: new ManualClock(NOW) });
    const persistenceStore = table.store();
    await foreign('others-counted', attributes);
    const counted = makeIdempotent(bake, {
      persistenceStore,
      keyPrefix: 'others-counted',
      config: { maxAttempts: 2, responseHook: (_, record) => record.attempts },
    });
    expect(await counted({ id: 1 })).toBe('cake');
    expect(await counted({ id: 1 })).toBe(2);
    await foreign('others-refused', attributes);
    const refused = makeIdempotent(bake, {
      persistenceStore,
      keyPrefix: 'others-refused',
      config: { lease: { whenOver: 'refuse' } },
    });
    await expect(refused({ id: 1 })).rejects.toMatchObject({ code: 'IDEMPOTENCY_OUTCOME_UNKNOWN' });
  });
});

it('a record, the busy error and the events tell which invocation runs or ran, and when', async () => {
  const clock = new ManualClock(NOW);
  const { makeIdempotent } = createIdempotency({ clock });
  const gate = makeGate();
  const running = makeGate();
  const bake = async (_order: { id: number }, _context: unknown): Promise<string> => {
    running.open();
    await gate.promise;
    return 'cake';
  };
  const seen: unknown[] = [];
  const baked = makeIdempotent(bake, {
    persistenceStore: table.store(),
    keyPrefix: 'night',
    config: {
      responseHook: (_, { requestId, claimedAt, settledAt }) => ({ requestId, claimedAt, settledAt }),
    },
  });
  const heard = (message: unknown): void => void seen.push(message);
  for (const name of ['busy', 'replayed'] as const) subscribe(channelName(name), heard);
  const context = (awsRequestId: string) => ({ ...contextWith(30_000), awsRequestId });
  const first = baked({ id: 1 }, context('request-1'));
  await running.promise;
  await clock.advance(250);
  const busy = (await rejectionOf(
    baked({ id: 1 }, context('request-2')),
  )) as IdempotencyAlreadyInProgressError;
  expect(busy.existingRecord).toMatchObject({ requestId: 'request-1', claimedAt: NOW, settledAt: undefined });
  gate.open();
  expect(await first).toBe('cake');
  const told = { requestId: 'request-1', claimedAt: NOW, settledAt: NOW + 250 };
  expect(await baked({ id: 1 }, context('request-3'))).toEqual(told);
  for (const name of ['busy', 'replayed'] as const) unsubscribe(channelName(name), heard);
  expect(seen).toEqual([
    expect.objectContaining({ requestId: 'request-1', claimedAt: NOW, retryAfterMs: 30_250 }),
    expect.objectContaining({ ...told, failed: false }),
  ]);
  expect(await table.item('night')).toMatchObject({
    request_id: { S: 'request-1' },
    claimed_at: { N: String(NOW) },
    settled_at: { N: String(NOW + 250) },
  });
});
