import { describe, expect, it } from '@jest/globals';
import {
  type JudgeInput,
  judge,
  nextAttempt,
  type RunningRecord,
  type SettledRecord,
  toWholeSeconds,
} from '../../../src/core/protocol/record.js';

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

/** As seen by a caller of the default policy. */
const seen = (changes: Partial<JudgeInput>): JudgeInput => ({
  fence: 'mine',
  fingerprint: 'f',
  now: 10_000,
  clockSkewMs: 500,
  whenOver: 'run',
  maxAttempts: undefined,
  ...changes,
});

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
    expect(judge(record, seen({ fingerprint, now })).verdict).toBe(verdict);
  });

  it('tells a rejected duplicate when the lease is over for others', () => {
    expect(judge(running, seen({}))).toMatchObject({
      retryAfterMs: 20_500,
    });
  });
});

describe('judge, of a run whose lease is over', () => {
  const counted = (attempts: number): RunningRecord => ({ ...running, attempts });
  const released: RunningRecord = { ...running, leaseUntil: 0 };
  const failed: SettledRecord = { ...done, status: 'failed' };

  it.each([
    ["with 'run', is taken over", running, { now: 30_500 }, 'claim again'],
    ["with 'refuse', stands", running, { now: 30_500, whenOver: 'refuse' }, 'outcome unknown'],
    ["with 'refuse', is live before", running, { now: 30_499, whenOver: 'refuse' }, 'busy'],
    ["with 'refuse', stands to its end", running, { now: 59_999, whenOver: 'refuse' }, 'outcome unknown'],
    [
      "with 'refuse', is taken over from then on",
      running,
      { now: 60_000, whenOver: 'refuse' },
      'claim again',
    ],
    ["with 'refuse', was given up: taken over", released, { whenOver: 'refuse' }, 'claim again'],
    ["with 'refuse', own: won", { ...running, fence: 'mine' }, { now: 31_000, whenOver: 'refuse' }, 'won'],
    ["with 'refuse', a failure is replayed", failed, { now: 31_000, whenOver: 'refuse' }, 'replay'],
    [
      "P13: with 'refuse', of another payload",
      running,
      { now: 31_000, whenOver: 'refuse', fingerprint: 'g' },
      'conflict',
    ],
    ['with attempts left', counted(2), { now: 31_000, maxAttempts: 3 }, 'claim again'],
    ['with no attempts left', counted(3), { now: 31_000, maxAttempts: 3 }, 'exhausted'],
    ['with no attempts left, its lease not over', counted(3), { now: 30_000, maxAttempts: 3 }, 'busy'],
    ['with more attempts than are allowed now', counted(7), { now: 31_000, maxAttempts: 3 }, 'exhausted'],
    ['with no attempts left, by a caller who does not count', counted(3), { now: 31_000 }, 'claim again'],
    ['not counted: it was one', running, { now: 31_000, maxAttempts: 1 }, 'exhausted'],
    ['not counted, with attempts left', running, { now: 31_000, maxAttempts: 2 }, 'claim again'],
    ['with no attempts left, past its time', counted(3), { now: 60_000, maxAttempts: 3 }, 'claim again'],
    ['given up, with no attempts left', { ...released, attempts: 3 }, { maxAttempts: 3 }, 'exhausted'],
    ['given up, with attempts left', { ...released, attempts: 2 }, { maxAttempts: 3 }, 'claim again'],
    [
      'P13: exhausted, of another payload',
      counted(3),
      { now: 31_000, maxAttempts: 3, fingerprint: 'g' },
      'conflict',
    ],
    [
      'with both: unknown comes first',
      counted(3),
      { now: 31_000, maxAttempts: 3, whenOver: 'refuse' },
      'outcome unknown',
    ],
  ] as const)('%s', (_name, record, changes, verdict) => {
    expect(judge(record, seen(changes)).verdict).toBe(verdict);
  });

  it('tells whom to take over from, but not of a settled one', () => {
    expect(judge(counted(2), seen({ now: 31_000 }))).toEqual({ verdict: 'claim again', over: counted(2) });
    expect(judge(done, seen({ now: 60_000 }))).toEqual({ verdict: 'claim again' });
  });

  it('is followed by the next attempt, or by the first where its time is over', () => {
    expect(nextAttempt(undefined, 31_000)).toBe(1);
    expect(nextAttempt(running, 31_000)).toBe(2);
    expect(nextAttempt(counted(2), 31_000)).toBe(3);
    expect(nextAttempt(counted(2), 60_000)).toBe(1);
  });
});

it('toWholeSeconds rounds up: a window is never shorter than asked for', () => {
  expect([1_000, 1_001, 1_999, 2_000].map(toWholeSeconds)).toEqual([1_000, 2_000, 2_000, 2_000]);
});
