import { describe, expect, it } from '@jest/globals';
import { replay, viewOf } from '../../../src/core/call/replay.js';
import type { CallPolicy } from '../../../src/core/call/types.js';
import type { EncodedResult } from '../../../src/core/protocol/codec.js';
import {
  IdempotencyPersistenceLayerError,
  IdempotencyResultError,
} from '../../../src/core/protocol/errors.js';
import type { SettledRecord, StoredRecord, StoredResult } from '../../../src/core/protocol/record.js';
import type { IdempotencyRecord } from '../../../src/core/protocol/record-view.js';
import { type CallChanges, aCall as call } from '../../support/calls.js';

const CAKE: StoredResult = { stored: true, codec: 'mine', data: '{"cake":1}' };
const NOT_STORED: StoredResult = { stored: false, reason: 'it was larger than 4 MB' };

const settled = (result: StoredResult, status: SettledRecord['status'] = 'done'): SettledRecord => ({
  status,
  key: 'orders#hash',
  fence: 'writer',
  expiresAt: 1_060_000,
  result,
});

const codec = {
  encode: () => ({ codec: 'mine' }),
  decode: ({ data }: EncodedResult): unknown => JSON.parse(String(data)),
};
const aCall = (policy: Partial<CallPolicy> = {}, changes: CallChanges = {}) =>
  call({ ...changes, policy: { codec, ...policy } });

const unreadable = {
  ...codec,
  decode: () => {
    throw new IdempotencyResultError('the stored result is damaged');
  },
};

describe('a stored result', () => {
  it('is decoded anew for each replay', async () => {
    const record = settled(CAKE);
    const first = await replay(record, aCall());
    expect(first).toEqual({ cake: 1 });
    expect(await replay(record, aCall())).not.toBe(first);
  });

  it('passes through the hook, with its record', async () => {
    let seen: IdempotencyRecord | undefined;
    const responseHook = (response: unknown, record: IdempotencyRecord): unknown => {
      seen = record;
      return { ...(response as object), replayed: true };
    };
    expect(await replay(settled(CAKE), aCall({ responseHook }))).toEqual({ cake: 1, replayed: true });
    expect(seen?.idempotencyKey).toBe('orders#hash');
    expect(seen?.responseData).toEqual({ cake: 1 });
    expect(seen?.getStatus()).toBe('COMPLETED');
  });

  it('is replaced by undefined where the hook returns that', async () => {
    expect(await replay(settled(CAKE), aCall({ responseHook: () => undefined }))).toBeUndefined();
  });
});

describe('a result that is not there', () => {
  const advice = 'A `responseHook` can answer such replays.';
  it.each<[string, StoredResult, Partial<CallPolicy>, string]>([
    ['was not stored', NOT_STORED, {}, 'it was not stored: it was larger than 4 MB'],
    ['cannot be read', CAKE, { codec: unreadable }, 'the stored result is damaged'],
  ])('%s: an error says why', async (_, result, policy, reason) => {
    await expect(replay(settled(result), aCall(policy))).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: `orders#hash is finished and was not run again, but its result cannot be restored: ${reason}. ${advice}`,
      existingRecord: { idempotencyKey: 'orders#hash' },
    });
  });

  it('may come from the hook', async () => {
    expect(await replay(settled(NOT_STORED), aCall({ responseHook: () => 'cake' }))).toBe('cake');
    await expect(replay(settled(NOT_STORED), aCall({ responseHook: () => undefined }))).rejects.toThrow(
      IdempotencyResultError,
    );
  });

  it('is undefined with `storeResult: false`', async () => {
    expect(await replay(settled(NOT_STORED), aCall({ storeResult: false }))).toBeUndefined();
  });

  it('stays a failure of the store where it could not be fetched, whatever the hook', async () => {
    const failure = new IdempotencyPersistenceLayerError('no answer');
    const decode = (): never => {
      throw failure;
    };
    const policy = { codec: { ...codec, decode }, responseHook: () => 'cake' };
    await expect(replay(settled(CAKE), aCall(policy))).rejects.toBe(failure);
  });
});

describe('a final error', () => {
  const failed: StoredResult = { stored: true, codec: 'mine', data: '"declined"' };
  const thrownErrors: CallPolicy['thrownErrors'] = {
    describe: async () => undefined,
    rebuild: (description, classes) => new Error(`${description}, ${classes.length} classes`),
  };

  it('is rebuilt and thrown, without the hook', async () => {
    const policy = { thrownErrors, errorClasses: [RangeError], responseHook: () => 'cake' };
    await expect(replay(settled(failed, 'failed'), aCall(policy))).rejects.toThrow('declined, 1 classes');
  });

  it('that cannot be read is not run again', async () => {
    await expect(replay(settled(NOT_STORED, 'failed'), aCall({ thrownErrors }))).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message:
        'orders#hash has failed with a final error and was not run again, but that error cannot be restored: it was not stored: it was larger than 4 MB.',
      existingRecord: { isFailure: true },
    });
  });
});

describe('the view of a record', () => {
  const running: StoredRecord = {
    status: 'running',
    key: 'orders#hash',
    fence: 'writer',
    leaseUntil: 1_010_000,
    expiresAt: 1_060_000,
  };
  it.each<[string, StoredRecord, Partial<CallPolicy>, unknown, unknown]>([
    ['of a run in progress has no result', running, {}, undefined, undefined],
    ['has the result', settled(CAKE), {}, { cake: 1 }, undefined],
    ['has the rebuilt error', settled(CAKE, 'failed'), {}, undefined, { cake: 1 }],
    ['has no result that cannot be read', settled(CAKE), { codec: unreadable }, undefined, undefined],
    [
      'has no error that cannot be rebuilt',
      settled(CAKE, 'failed'),
      {
        thrownErrors: {
          describe: async () => undefined,
          rebuild: () => {
            throw new Error('odd');
          },
        },
      },
      undefined,
      undefined,
    ],
  ])('%s', async (_, record, policy, responseData, failure) => {
    const view = await viewOf(record, aCall(policy));
    expect([view.responseData, view.failure]).toEqual([responseData, failure]);
  });
});
