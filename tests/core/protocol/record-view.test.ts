import { expect, it } from '@jest/globals';
import type { StoredRecord } from '../../../src/core/protocol/record.js';
import { IdempotencyRecord } from '../../../src/core/protocol/record-view.js';

const base = { key: 'orders#hash', fence: 'f-1', expiresAt: 60_000, fingerprint: 'print' };
const stored = { stored: true, codec: 'json', data: '1' } as const;
const running: StoredRecord = { ...base, status: 'running', leaseUntil: 30_000, attempts: 2 };
const done: StoredRecord = { ...base, status: 'done', result: stored };
const failed: StoredRecord = { ...base, status: 'failed', result: stored };
const tooLarge: StoredRecord = { ...base, status: 'done', result: { stored: false, reason: 'too large' } };

const view = (record: StoredRecord, now = 59_999): Record<string, unknown> => {
  const { responseData, failure, isFailure, isResultStored, ...seen } = new IdempotencyRecord(
    record,
    'outcome',
    () => now,
  );
  const made = new IdempotencyRecord(record, 'outcome', () => now);
  expect(seen).toMatchObject({ idempotencyKey: 'orders#hash', expiryTimestamp: 60, payloadHash: 'print' });
  return {
    status: made.getStatus(),
    response: made.getResponse(),
    responseData,
    failure,
    isFailure,
    isResultStored,
  };
};

it.each([
  [
    'COMPLETED',
    'a result',
    done,
    {
      response: 'outcome',
      responseData: 'outcome',
      failure: undefined,
      isFailure: false,
      isResultStored: true,
    },
  ],
  [
    'COMPLETED',
    'an error',
    failed,
    {
      response: undefined,
      responseData: undefined,
      failure: 'outcome',
      isFailure: true,
      isResultStored: true,
    },
  ],
  ['COMPLETED', 'a result that is not stored', tooLarge, { isFailure: false, isResultStored: false }],
  ['INPROGRESS', 'a run under way', running, { isFailure: false, isResultStored: false }],
])('%s: %s', (status, _, record, shown) => {
  expect(view(record)).toMatchObject({ status, ...shown });
});

it('a settled record expires at the end of its window; a running one does not', () => {
  expect(view(done, 60_000)).toMatchObject({ status: 'EXPIRED' });
  expect(view(running, 60_000)).toMatchObject({ status: 'INPROGRESS' });
});

it('only a running record shows its lease', () => {
  const shown = (record: StoredRecord) => new IdempotencyRecord(record, undefined, () => 0);
  expect(shown(running)).toMatchObject({ inProgressExpiryTimestamp: 30_000, attempts: 2 });
  expect(shown(done).inProgressExpiryTimestamp).toBeUndefined();
});

it("a record of a user's test has what it was given, and expires by its status only", () => {
  const made = new IdempotencyRecord({
    idempotencyKey: 'orders#hash',
    status: 'COMPLETED',
    expiryTimestamp: 60,
    responseData: { cake: 'lemon' },
    payloadHash: 'print',
  });
  expect(made).toMatchObject({
    idempotencyKey: 'orders#hash',
    expiryTimestamp: 60,
    responseData: { cake: 'lemon' },
    payloadHash: 'print',
    isResultStored: true,
    isFailure: false,
  });
  expect([made.getStatus(), made.isExpired(), made.getResponse()]).toEqual([
    'COMPLETED',
    false,
    { cake: 'lemon' },
  ]);
  const others = (['INPROGRESS', 'EXPIRED'] as const).map(
    (status) => new IdempotencyRecord({ idempotencyKey: 'k', status, inProgressExpiryTimestamp: 9 }),
  );
  expect(others.map((each) => [each.getStatus(), each.isExpired(), each.isResultStored])).toEqual([
    ['INPROGRESS', false, false],
    ['EXPIRED', true, true],
  ]);
  expect(others[0]?.inProgressExpiryTimestamp).toBe(9);
});
