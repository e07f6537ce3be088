import type { Receipt } from './protocol.js';

/**
 * What the ledger says, in the order in which it was told. Times (`at`, `sentAt`) are the ledger's own, epoch
 * milliseconds; `leaseUntil` is the worker's, on the same machine.
 */
export type Entry = { readonly at: number; readonly key: string } & (
  | { readonly kind: 'claim'; readonly fence: string; readonly sentAt: number; readonly leaseUntil: number }
  | { readonly kind: 'release sent'; readonly fence: string }
  | { readonly kind: 'settled'; readonly fence: string; readonly sentAt: number }
  | { readonly kind: 'effect'; readonly fence: string; readonly effect: string }
  | { readonly kind: 'answer'; readonly answer: unknown }
  /** The table was looked at: the key is settled with this outcome, or no longer settled. */
  | { readonly kind: 'stored'; readonly outcome: string | undefined }
);

type Of<Kind extends Entry['kind']> = Extract<Entry, { readonly kind: Kind }>;

export interface Violation {
  readonly rule: string;
  readonly key: string;
  readonly detail: string;
}

interface KeyHistory {
  readonly claims: readonly Of<'claim'>[];
  readonly releases: readonly Of<'release sent'>[];
  readonly settles: readonly Of<'settled'>[];
  readonly effects: readonly Of<'effect'>[];
  readonly answers: readonly Of<'answer'>[];
  readonly stored: readonly Of<'stored'>[];
}

type Finding = Omit<Violation, 'key'>;
type Rule = (history: KeyHistory, clockSkewMs: number) => readonly (Finding | undefined)[];

const releasedBefore = ({ releases }: KeyHistory, fence: string, at: number): boolean =>
  releases.some((release) => release.fence === fence && release.at <= at);

/**
 * Of two claims, the one whose lease ends first was made first: all leases are equally long. The other may only be
 * sent once that lease and the margin are over; or else one was released before the other won. (By the leases and not
 * by the ledger's times: a worker that was stopped sends late, and tells late.)
 */
const leaseIsKept: Rule = (history, clockSkewMs) => {
  const claims = history.claims.toSorted((one, other) => one.leaseUntil - other.leaseUntil);
  const hasEffect = (fence: string): boolean => history.effects.some((effect) => effect.fence === fence);
  return claims.flatMap((earlier, index) =>
    claims.slice(index + 1).map((later) => {
      const early = earlier.leaseUntil + clockSkewMs - later.sentAt;
      if (later.fence === earlier.fence || early <= 0) return undefined;
      if (releasedBefore(history, earlier.fence, later.at)) return undefined;
      if (releasedBefore(history, later.fence, earlier.at)) return undefined;
      const both = hasEffect(earlier.fence) && hasEffect(later.fence);
      return {
        rule: `two ${both ? 'effects' : 'claims'}, and no lease ran out between them`,
        detail: `claim ${later.fence}, which won, was sent ${early} ms before the lease of ${earlier.fence} and its margin were over`,
      };
    }),
  );
};

const everyEffectHasItsClaim: Rule = ({ claims, effects }) =>
  effects.flatMap((effect, index) => [
    claims.some(({ fence, at }) => fence === effect.fence && at <= effect.at)
      ? undefined
      : { rule: 'an effect without a claim', detail: `effect ${effect.effect}` },
    effects.slice(0, index).some(({ fence }) => fence === effect.fence)
      ? { rule: 'two effects under one claim', detail: `claim ${effect.fence}` }
      : undefined,
  ]);

/** Whoever asks after a settle or an answer was seen must not win. */
const whatIsSettledStays: Rule = ({ claims, settles, answers }) => {
  const settledAt = Math.min(...[...settles, ...answers].map(({ at }) => at));
  return claims
    .filter(({ sentAt }) => sentAt > settledAt)
    .map(({ fence, sentAt }) => ({
      rule: 'a settled key was claimed again',
      detail: `claim ${fence} was sent ${sentAt - settledAt} ms after the key was settled`,
    }));
};

const onlyTheHolderSettles: Rule = (history) =>
  history.settles.map((settle) => {
    const own = history.claims.filter(({ fence, at }) => fence === settle.fence && at <= settle.sentAt);
    const ownLease = Math.max(...own.map(({ leaseUntil }) => leaseUntil));
    const holder = history.claims.find(
      ({ fence, at, leaseUntil }) =>
        at < settle.sentAt && leaseUntil > ownLease && !releasedBefore(history, fence, settle.sentAt),
    );
    return (
      holder && {
        rule: 'a stale run settled',
        detail: `claim ${settle.fence} settled after ${holder.fence} had taken over`,
      }
    );
  });

const answersAgree: Rule = ({ answers, effects }) =>
  answers.flatMap(({ answer, at }, index) => {
    const { key, effect } = (answer ?? {}) as Partial<Receipt>;
    const first = JSON.stringify(answers[0]?.answer);
    const given = JSON.stringify(answer);
    return [
      index > 0 && given !== first
        ? { rule: 'two answers of one key', detail: `${first}, then ${given}` }
        : undefined,
      answers[index]?.key === key
        ? undefined
        : { rule: 'an answer of another key', detail: `answered ${given}` },
      effects.some((known) => known.effect === effect && known.at <= at)
        ? undefined
        : { rule: 'an answer without its effect', detail: `answered ${given}` },
    ];
  });

const storedOutcomeStays: Rule = ({ stored, answers }) => {
  const [first] = stored;
  if (!first) return [];
  const expected = answers[0] ? JSON.stringify(answers[0].answer) : first.outcome;
  return stored.map(({ outcome }) =>
    outcome === expected
      ? undefined
      : { rule: 'a settled outcome changed', detail: `${expected} became ${outcome}` },
  );
};

const rules: readonly Rule[] = [
  leaseIsKept,
  everyEffectHasItsClaim,
  whatIsSettledStays,
  onlyTheHolderSettles,
  answersAgree,
  storedOutcomeStays,
];

const of = <Kind extends Entry['kind']>(entries: readonly Entry[], kind: Kind): readonly Of<Kind>[] =>
  entries.filter((entry): entry is Of<Kind> => entry.kind === kind);

const byKey = (entries: readonly Entry[]): ReadonlyMap<string, readonly Entry[]> => {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.key);
    if (group) group.push(entry);
    else groups.set(entry.key, [entry]);
  }
  return groups;
};

/** Everything that the promises do not allow, one rule after the other. */
export const audit = (entries: readonly Entry[], clockSkewMs: number): readonly Violation[] =>
  [...byKey(entries)].flatMap(([key, ofKey]) => {
    const history: KeyHistory = {
      claims: of(ofKey, 'claim'),
      releases: of(ofKey, 'release sent'),
      settles: of(ofKey, 'settled'),
      effects: of(ofKey, 'effect'),
      answers: of(ofKey, 'answer'),
      stored: of(ofKey, 'stored'),
    };
    return rules.flatMap((rule) =>
      rule(history, clockSkewMs).flatMap((finding) => (finding ? [{ ...finding, key }] : [])),
    );
  });
