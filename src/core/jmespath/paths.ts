/** Chains of fields, such as `['requestContext', 'requestId']`. */
export type Paths = readonly (readonly string[])[];

/**
 * The reach of a part of an expression: how many times, at most, it visits or repeats its input, and the chains of
 * fields that it selects.
 */
export type Reach = readonly [times: number, paths: Paths];

/**
 * Expressions that reach further are refused. Each `| [@, @]` doubles its input, and each `[@, @][?…]` its visits:
 * without a bound, the cost would be exponential in the length of the expression.
 */
const MAX_TIMES = 10_000;

const bounded = (times: number): number => {
  if (times <= MAX_TIMES) return times;
  throw new Error(`the expression may visit or repeat parts of its data more than ${MAX_TIMES} times`);
};

/** The selected value itself, or one of its items. */
export const HERE: Reach = [1, []];

/** Alternatives or siblings: the parts of a list, both sides of `||`. */
export const eachOf = (all: readonly Reach[]): Reach => [
  bounded(all.reduce((sum, [times]) => sum + times, 0) || 1),
  all.flatMap(([, paths]) => paths),
];

/** What goes on from there. A part that has no fields of its own changes nothing. */
export const joined = ([times, before]: Reach, [timesAfter, after]: Reach): Reach => {
  const all = bounded(times * timesAfter);
  if (before.length === 0) return [all, after];
  if (after.length === 0) return [all, before];
  return [all, before.flatMap((left) => after.map((right) => [...left, ...right]))];
};

/** Visited, but not part of the result: conditions, keys to sort by. */
export const visited = ([times]: Reach): Reach => [times, []];
