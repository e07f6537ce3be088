import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import { channelName, IdempotencyConfig } from '../../src/index.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { createIdempotency, FaultyStore, ManualClock } from '../../src/testing/index.js';
import { contextWith } from '../support/contexts.js';
import { useFaultTable } from '../support/fault-table.js';
import { makeGate, until } from '../support/gates.js';

const table = useFaultTable();

describe('P8: a lease always exists', () => {
  const NOW = 1_700_000_000_000;
  const leaseOf = async (scope: string, context: unknown, config = {}): Promise<number> => {
    const { makeIdempotent: onClock } = createIdempotency({ clock: new ManualClock(NOW) });
    const gate = makeGate();
    const bake = async (_event: { id: number }, _context: unknown): Promise<void> => gate.promise;
    const baked = onClock(bake, { persistenceStore: table.store(), keyPrefix: scope, config });
    const run = baked({ id: 1 }, context);
    await until(async () => (await table.items()).some((item) => item['id']?.S?.startsWith(`${scope}#`)));
    const lease = Number((await table.item(scope))['in_progress_expiration']?.N);
    gate.open();
    await run;
    return lease - NOW;
  };

  it.each([
    ['the remaining time', contextWith(30_000), {}, 30_000],
    [
      'the remaining time, not lease.seconds, where there is a context',
      contextWith(30_000),
      { lease: { seconds: 5 } },
      30_000,
    ],
    ['the remaining time, however short', contextWith(300), {}, 300],
    ['900 s without a context', undefined, {}, 900_000],
    ['lease.seconds without a context', undefined, { lease: { seconds: 60 } }, 60_000],
    ['a short lease, of zero remaining time', contextWith(0), {}, 1_000],
    ['a short lease, of negative remaining time', contextWith(-5_000), {}, 1_000],
    ['900 s where the context cannot tell', contextWith(Number.NaN), {}, 900_000],
    ['900 s where the second argument is no context', { step: 1 }, {}, 900_000],
  ])('P8: %s', async (name, context, config, lease) => {
    expect(await leaseOf(`P8-${name}`, context, config)).toBe(lease);
  });

  it('P8: of the registered context, where none is passed', async () => {
    const config = new IdempotencyConfig();
    config.registerLambdaContext(contextWith(20_000));
    expect(await leaseOf('P8-registered', undefined, config)).toBe(20_000);
  });

  it('P8: a crashed run is taken over when its lease and the margin are over, not before', async () => {
    const clock = new ManualClock();
    const { makeIdempotent: onClock } = createIdempotency({ clock });
    const store = new MemoryPersistenceLayer();
    const seen: string[] = [];
    const heard = (): void => void seen.push('takenOver');
    subscribe(channelName('takenOver'), heard);
    const crash = async (_event: { id: number }, _context: unknown): Promise<string> => new Promise(() => {});
    const next = async (_event: { id: number }, _context: unknown): Promise<string> => 'done';
    const options = { keyPrefix: 'P8-crash' };
    void onClock(crash, { persistenceStore: new FaultyStore(store), ...options })(
      { id: 1 },
      contextWith(3_000),
    );
    await clock.advance(3_499);
    const retry = onClock(next, { persistenceStore: store, ...options });
    await expect(retry({ id: 1 }, contextWith(3_000))).rejects.toThrow(/running elsewhere/);
    await clock.advance(1);
    expect(await retry({ id: 1 }, contextWith(3_000))).toBe('done');
    unsubscribe(channelName('takenOver'), heard);
    expect(seen).toEqual(['takenOver']);
  });
});
