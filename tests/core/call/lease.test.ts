import { describe, expect, it } from '@jest/globals';
import {
  claimMoment,
  leaseOf,
  releasedRecord,
  runningRecord,
  windowEndOf,
} from '../../../src/core/call/lease.js';
import { aCall } from '../../support/calls.js';

describe('a lease', () => {
  it.each([
    ['lasts leaseMs without a deadline', {}, { leaseUntil: 1_010_000, expiresAt: 1_060_000 }],
    ['ends with the invocation', { deadline: 1_003_000 }, { leaseUntil: 1_003_000, expiresAt: 1_060_000 }],
    [
      'outlives a short window: lease and skew, rounded up',
      { windowSeconds: 1 },
      { leaseUntil: 1_010_000, expiresAt: 1_011_000 },
    ],
    [
      'whose run is counted is remembered for a window from its end',
      { policy: { maxAttempts: 3 } },
      { leaseUntil: 1_010_000, expiresAt: 1_071_000 },
    ],
    [
      'whose run may not be taken over, too',
      { policy: { whenOver: 'refuse' } },
      { leaseUntil: 1_010_000, expiresAt: 1_071_000 },
    ],
  ] as const)('%s', (_, changes, lease) => {
    expect(leaseOf(aCall(changes))).toEqual(lease);
  });
});

it('a window ends in whole seconds, never early', () => {
  expect(windowEndOf(aCall({ now: 1_000_001 }))).toBe(1_061_000);
});

describe('the record of a claim', () => {
  it('has the key, the fence and the lease, and no member that says nothing', () => {
    expect(runningRecord(aCall({}), 'f-1', 1)).toStrictEqual({
      status: 'running',
      key: 'orders#hash',
      fence: 'f-1',
      claimedAt: 1_000_000,
      leaseUntil: 1_010_000,
      expiresAt: 1_060_000,
    });
  });

  it('tells the request that claimed', () => {
    expect(runningRecord(aCall({ requestId: 'request-1' }), 'f-1', 1)).toMatchObject({
      requestId: 'request-1',
    });
  });

  it('has the fingerprint, and the attempts where they are counted', () => {
    const call = aCall({ fingerprint: 'print', policy: { maxAttempts: 3 } });
    expect(runningRecord(call, 'f-1', 2)).toMatchObject({ fingerprint: 'print', attempts: 2 });
  });

  it('that was released keeps what counts, and may be taken over by anyone', () => {
    const call = aCall({ policy: { maxAttempts: 3 } });
    expect(releasedRecord(call, runningRecord(call, 'f-1', 2), 2)).toMatchObject({
      key: 'orders#hash',
      fence: 'fresh',
      attempts: 2,
      leaseUntil: 0,
      expiresAt: 1_060_000,
    });
  });
});

describe('the moment of a claim', () => {
  const running = runningRecord(aCall({}), 'f-0', 1);

  it.each([
    ['leaves the margin for skew', {}, undefined, { now: 1_000_000, leaseOverAt: 999_500 }],
    ['names no run, where it need not look', {}, running, { now: 1_000_000, leaseOverAt: 999_500 }],
    [
      'names the run to take over, where it must',
      { policy: { maxAttempts: 3 } },
      running,
      { now: 1_000_000, leaseOverAt: 999_500, takesOver: 'f-0' },
    ],
    [
      'takes over nothing that it has not seen',
      { policy: { whenOver: 'refuse' } },
      undefined,
      { now: 1_000_000, leaseOverAt: 999_500, takesOver: '' },
    ],
  ] as const)('%s', (_, changes, over, moment) => {
    expect(claimMoment(aCall(changes), over)).toStrictEqual(moment);
  });
});
