import { describe, expect, it } from '@jest/globals';
import { judge, type RunningRecord, type SettledRecord, toWholeSeconds } from '../../src/core/record.js';

const running: RunningRecord = {
  status: 'running',
  key: 'k',
  fence: 'theirs',
  fingerprint: 'f',
  leaseUntil: 30_000,
  expiresAt: 60_000,
};
const done: SettledRecord = {
  status: 'done',
  key: 'k',
  fence: 'theirs',
  fingerprint: 'f',
  expiresAt: 60_000,
  result: { stored: true, codec: 'json', data: '1' },
};
const { fingerprint: _, ...runningWithout } = running;

describe('judge', () => {
  it.each([
    ['a live run', running, 10_000, 'f', 'busy'],
    ['a run at the last moment of its lease and the margin', running, 30_499, 'f', 'busy'],
    ['a run whose lease and margin are over', running, 30_500, 'f', 'claim again'],
    ['P9: a live run past its window', { ...running, expiresAt: 1_000 }, 10_000, 'f', 'busy'],
    ['P13: a live run of another payload', running, 10_000, 'other', 'conflict'],
    ['a dead run of another payload', running, 30_500, 'other', 'claim again'],
    ['a live run, judged without a fingerprint', running, 10_000, undefined, 'busy'],
    ['a live run that has no fingerprint', runningWithout, 10_000, 'f', 'busy'],
    ['an outcome inside its window', done, 59_999, 'f', 'replay'],
    ['an outcome at the end of its window', done, 60_000, 'f', 'claim again'],
    ['P13: an outcome of another payload', done, 10_000, 'other', 'conflict'],
    ['an outcome of another payload past its window', done, 60_000, 'other', 'claim again'],
    ['an outcome under the own fence', { ...done, fence: 'mine' }, 10_000, 'f', 'replay'],
    ['P3: a run under the own fence', { ...running, fence: 'mine' }, 10_000, 'f', 'won'],
    ['P3: a run under the own fence, its lease over', { ...running, fence: 'mine' }, 99_000, 'f', 'won'],
  ] as const)('finds %s: %#', (_name, record, now, fingerprint, verdict) => {
    expect(judge(record, { fence: 'mine', fingerprint, now, clockSkewMs: 500 }).verdict).toBe(verdict);
  });

  it('tells a rejected duplicate when the lease is over for others', () => {
    expect(judge(running, { fence: 'mine', fingerprint: 'f', now: 10_000, clockSkewMs: 500 })).toMatchObject({
      retryAfterMs: 20_500,
    });
  });
});

it('toWholeSeconds rounds up: a window is never shorter than asked for', () => {
  expect([1_000, 1_001, 1_999, 2_000].map(toWholeSeconds)).toEqual([1_000, 2_000, 2_000, 2_000]);
});
