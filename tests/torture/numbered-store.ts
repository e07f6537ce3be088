import type { RunningRecord } from '../../src/core/protocol/record.js';
import type { ClaimAnswer, HolderAnswer, PersistenceStore } from '../../src/core/protocol/store.js';
import type { Point } from './protocol.js';

/** A point whose key only the caller knows. */
export type NumberedPoint = Omit<Point, 'key'>;

export interface WonClaim {
  readonly fence: string;
  readonly leaseUntil: number;
}

/** A claim is also won when it meets its own fence: its answer was lost, and the SDK sent it again. */
const wonBy = (record: RunningRecord, answer: ClaimAnswer): WonClaim | undefined => {
  const { fence } = record;
  if (answer.claimed) return { fence, leaseUntil: record.leaseUntil };
  const { existing } = answer;
  const isOwn = existing?.status === 'running' && existing.fence === fence;
  return isOwn ? { fence, leaseUntil: existing.leaseUntil } : undefined;
};

/** What the point behind a store call tells of its answer. */
const told = (args: readonly unknown[], answer: unknown): Partial<Point> => {
  if (typeof answer !== 'object' || answer === null) return {};
  if ('claimed' in answer) {
    const claim = answer as ClaimAnswer;
    const won = wonBy(args[0] as RunningRecord, claim);
    const tookOver = claim.claimed && claim.replaced?.status === 'running';
    return { won: won !== undefined, tookOver, ...(won && { leaseUntil: won.leaseUntil }) };
  }
  return 'held' in answer ? { won: (answer as HolderAnswer).held } : {};
};

const subjectOf = (args: readonly unknown[]): Pick<Point, 'id' | 'fence'> => {
  const [first, second] = args;
  if (typeof first === 'object') {
    const { key, fence } = first as RunningRecord;
    return { id: key, fence };
  }
  return { id: String(first), ...(typeof second === 'string' && { fence: second }) };
};

/**
 * Numbers a store's calls, whatever methods it has, and stops before and after each.
 *
 * @param at returns when the worker may go on
 * @param onWon told of each claim that was won, where its call is still the current one
 */
export const numbered = (
  store: PersistenceStore,
  at: (point: NumberedPoint) => void,
  onWon: (claim: WonClaim) => void,
): PersistenceStore => {
  let calls = 0;
  return new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]): Promise<unknown> => {
        const call = ++calls;
        const point = { kind: 'point', call, operation: String(name), ...subjectOf(args) } as const;
        at({ ...point, side: 'before' });
        let answer: unknown;
        try {
          answer = await method.apply(target, args);
        } finally {
          at({ ...point, side: 'after', ...told(args, answer) });
        }
        if (name === 'claim') {
          const won = wonBy(args[0] as RunningRecord, answer as ClaimAnswer);
          if (won) onWon(won);
        }
        return answer;
      };
    },
  });
};
