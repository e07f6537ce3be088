import { describe, expect, it } from '@jest/globals';
import { audit, type Entry } from './audit.js';

const SKEW = 50;
const key = 'order-1';
const receipt = (effect: string, of = key) => ({ key: of, effect });
const stored = (effect: string): string => `{"key":"order-1","effect":"${effect}"}`;

/** A run of claim `fence`: won at `at`, lease of 1,000 ms, effect 10 ms later. */
const run = (fence: string, at: number, leaseUntil = at + 1_000): Entry[] => [
  { kind: 'claim', key, fence, sentAt: at, at: at + 5, leaseUntil },
  { kind: 'effect', key, fence, effect: `effect ${fence}`, at: at + 10 },
];
const settled = (fence: string, at: number): Entry => ({ kind: 'settled', key, fence, sentAt: at - 5, at });
const answer = (effect: string, at: number): Entry => ({ kind: 'answer', key, at, answer: receipt(effect) });

const sound: Record<string, Entry[]> = {
  'a run and its replays': [
    ...run('a', 100),
    settled('a', 120),
    answer('effect a', 125),
    answer('effect a', 5_000),
    { kind: 'stored', key, at: 6_000, outcome: stored('effect a') },
  ],
  'a take-over when lease and margin are over': [
    ...run('a', 100),
    ...run('b', 1_150),
    settled('b', 1_170),
    answer('effect b', 1_175),
  ],
  'a stale run that tells of its claim and its effect after the take-over': [
    ...run('b', 1_150),
    ...run('a', 1_160, 1_100),
    settled('b', 1_170),
    answer('effect b', 1_175),
  ],
  'a claim right after a release': [
    { kind: 'claim', key, fence: 'a', sentAt: 95, at: 100, leaseUntil: 1_100 },
    { kind: 'release sent', key, fence: 'a', at: 110 },
    ...run('b', 115),
    settled('b', 140),
    answer('effect b', 145),
  ],
  'a claim that was sent first, and arrived after another was released': [
    { kind: 'claim', key, fence: 'b', sentAt: 110, at: 120, leaseUntil: 1_110 },
    { kind: 'release sent', key, fence: 'b', at: 150 },
    { kind: 'claim', key, fence: 'a', sentAt: 100, at: 300, leaseUntil: 1_100 },
    { kind: 'effect', key, fence: 'a', effect: 'effect a', at: 310 },
  ],
  'a stale run that settles, since the one that took over has released': [
    ...run('a', 100),
    { kind: 'claim', key, fence: 'b', sentAt: 1_150, at: 1_155, leaseUntil: 2_150 },
    { kind: 'release sent', key, fence: 'b', at: 1_160 },
    { kind: 'claim', key, fence: 'a', sentAt: 1_165, at: 1_170, leaseUntil: 2_170 },
    settled('a', 1_180),
    answer('effect a', 1_185),
  ],
};

const forbidden: Record<string, Entry[]> = {
  'two effects, and no lease ran out between them': [...run('a', 100), ...run('b', 1_149)],
  'two claims, and no lease ran out between them': [
    ...run('a', 100),
    { kind: 'claim', key, fence: 'b', sentAt: 495, at: 500, leaseUntil: 1_500 },
  ],
  'an effect without a claim': [{ kind: 'effect', key, fence: 'a', effect: 'effect a', at: 10 }],
  'two effects under one claim': [
    ...run('a', 100),
    { kind: 'effect', key, fence: 'a', effect: 'effect a, again', at: 130 },
  ],
  'a settled key was claimed again': [
    ...run('a', 100),
    settled('a', 120),
    { kind: 'claim', key, fence: 'b', sentAt: 1_995, at: 2_000, leaseUntil: 3_000 },
  ],
  'a stale run settled': [
    ...run('a', 100),
    { kind: 'claim', key, fence: 'b', sentAt: 1_195, at: 1_200, leaseUntil: 2_200 },
    settled('a', 1_300),
  ],
  'two answers of one key': [
    ...run('a', 100),
    ...run('b', 1_200),
    answer('effect a', 1_215),
    answer('effect b', 1_216),
  ],
  'an answer of another key': [
    ...run('a', 100),
    { kind: 'answer', key, at: 120, answer: receipt('effect a', 'order-2') },
  ],
  'an answer without its effect': [...run('a', 100), answer('effect b', 120)],
  'a settled outcome changed': [
    ...run('a', 100),
    { kind: 'stored', key, at: 200, outcome: stored('effect a') },
    { kind: 'stored', key, at: 300, outcome: undefined },
  ],
};

describe('the audit of a torture', () => {
  it.each(Object.keys(sound))('allows %s', (name) => {
    expect(audit(sound[name] ?? [], SKEW)).toEqual([]);
  });

  it.each(Object.keys(forbidden))('finds: %s', (rule) => {
    expect(audit(forbidden[rule] ?? [], SKEW)).toEqual([{ rule, key, detail: expect.any(String) }]);
  });

  it('compares what is stored with what was answered', () => {
    const entries: Entry[] = [
      ...run('a', 100),
      answer('effect a', 120),
      { kind: 'stored', key, at: 200, outcome: stored('effect b') },
    ];
    expect(audit(entries, SKEW)).toMatchObject([{ rule: 'a settled outcome changed' }]);
  });

  it('keeps keys apart', () => {
    const other = run('b', 200).map((entry) => ({ ...entry, key: 'order-2' }));
    expect(audit([...run('a', 100), ...other], SKEW)).toEqual([]);
  });
});
