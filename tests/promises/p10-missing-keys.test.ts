import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import { channelName, IdempotencyKeyError, makeIdempotent } from '../../src/index.js';
import { useFaultTable } from '../support/fault-table.js';

const table = useFaultTable();

describe('P10: missing means missing', () => {
  it('P10: without throwOnNoIdempotencyKey it runs unprotected, stores nothing, and an event says so', async () => {
    const heard: unknown[] = [];
    const listen = (message: unknown): void => void heard.push(message);
    subscribe(channelName('keyMissing'), listen);
    let runs = 0;
    const bake = async (_order: { id?: number }): Promise<number> => ++runs;
    const baked = makeIdempotent(bake, {
      persistenceStore: table.store(),
      keyPrefix: 'P10',
      config: { eventKeyJmesPath: 'id' },
    });
    expect([await baked({}), await baked({})]).toEqual([1, 2]);
    unsubscribe(channelName('keyMissing'), listen);
    const message = { scope: 'P10', missing: '`id` found nothing' };
    expect(heard).toEqual([message, message]);
    expect(table.proxy.requests).toEqual([]);
  });

  it('P10: with it, an IdempotencyKeyError as itself, and no run', async () => {
    let runs = 0;
    const bake = async (_order: { id?: number }): Promise<number> => ++runs;
    const config = { eventKeyJmesPath: '[id, user]', throwOnNoIdempotencyKey: true };
    const baked = makeIdempotent(bake, { persistenceStore: table.store(), keyPrefix: 'P10-throw', config });
    await expect(baked({ id: 1 })).rejects.toThrow(IdempotencyKeyError);
    expect(runs).toBe(0);
    expect(table.proxy.requests).toEqual([]);
  });
});
