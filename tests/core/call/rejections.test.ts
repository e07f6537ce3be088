import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from '@jest/globals';
import {
  busyError,
  conflictError,
  exhaustedError,
  outcomeUnknownError,
} from '../../../src/core/call/rejections.js';
import type { Call } from '../../../src/core/call/types.js';
import { channelName, type IdempotencyEventName } from '../../../src/core/protocol/events.js';
import type { RunningRecord } from '../../../src/core/protocol/record.js';
import { ManualClock } from '../../../src/testing/manual-clock.js';

const NOW = 1_700_000_000_000;
const call: Call = {
  key: 'shop#hash',
  scope: 'shop',
  fingerprint: undefined,
  source: undefined,
  deadline: undefined,
  endsAt: undefined,
  requestId: undefined,
  windowSeconds: 3_600,
  runtime: { clock: new ManualClock(NOW), newFence: () => 'fence', random: () => 0 },
  policy: {} as Call['policy'],
};
const recordUntil = (expiresAt: number): RunningRecord => ({
  status: 'running',
  key: call.key,
  fence: 'other',
  leaseUntil: NOW - 1,
  expiresAt,
});

describe('P6: a call that nothing runs for is told until when', () => {
  it.each([
    [NOW + 1_000, 'until its record is deleted, or until 2023-11-14T22:13:21.000Z.'],
    // Past what dates can hold: another writer's.
    [8_640_000_000_000_001, 'until its record is deleted.'],
  ])('at %d', async (expiresAt, told) => {
    const record = recordUntil(expiresAt);
    for (const error of [await outcomeUnknownError(call, record), await exhaustedError(call, record, 3)]) {
      expect(error.message.endsWith(`Nothing runs under this key ${told}`)).toBe(true);
    }
    expect((await outcomeUnknownError(call, record)).name).toBe('IdempotencyOutcomeUnknownError');
    expect((await exhaustedError(call, record, 3)).name).toBe('IdempotencyAttemptsExhaustedError');
  });
});

describe('a call whose key another has', () => {
  const record = recordUntil(NOW + 1_000);
  const { leaseUntil } = record;

  it.each<[IdempotencyEventName, () => Promise<Error>, string, object, object]>([
    [
      'conflict',
      () => conflictError(call, record),
      'shop#hash was used before with another payload. Nothing ran; a new request needs a new idempotency key.',
      { name: 'IdempotencyValidationError' },
      {},
    ],
    [
      'busy',
      () => busyError(call, record, 250),
      'shop#hash is running elsewhere. Nothing ran here; retry later. Its claim ends in 250 ms at the latest.',
      { name: 'IdempotencyAlreadyInProgressError', retryAfterMs: 250 },
      { retryAfterMs: 250 },
    ],
    [
      'attemptsExhausted',
      () => exhaustedError(call, record, 3),
      'shop#hash',
      { name: 'IdempotencyAttemptsExhaustedError', attempts: 3 },
      { attempts: 3 },
    ],
    [
      'outcomeUnknown',
      () => outcomeUnknownError(call, record),
      'shop#hash',
      { name: 'IdempotencyOutcomeUnknownError' },
      { staleSince: leaseUntil },
    ],
  ])(
    '%s: is told so, with the record, and so are those who listen',
    async (name, reject, message, error, event) => {
      const heard: unknown[] = [];
      const listen = (each: unknown): void => {
        heard.push(each);
      };
      subscribe(channelName(name), listen);
      const rejection = await reject();
      unsubscribe(channelName(name), listen);
      expect(rejection).toMatchObject({ ...error, existingRecord: { idempotencyKey: 'shop#hash' } });
      expect(rejection.message).toContain(message);
      expect(heard).toEqual([{ key: 'shop#hash', scope: 'shop', ...event }]);
    },
  );
});
