/** Chains of fields, such as `['requestContext', 'requestId']`. */
export type Paths = readonly (readonly string[])[];

/**
 * Where a part of an expression gets to: how many times, at most, it visits or holds what it is applied to, and the
 * chains of fields that it ends in.
 */
export type Reach = readonly [times: number, paths: Paths];

/**
 * Expressions that reach further are refused. Each `| [@, @]` doubles what it gets, and each `[@, @][?…]` its visits:
 * without a bound, the cost would be exponential in the length of the expression.
 */
const MAX_TIMES = 10_000;

const bounded = (times: number): number => {
  if (times <= MAX_TIMES) return times;
  throw new Error(`the expression may visit or repeat parts of its data more than ${MAX_TIMES} times`);
};

/** The selected value itself, or one of its items. */
export const HERE: Reach = [1, []];

/** What stands side by side: the parts of a list, both sides of `||`. */
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

/** What is visited, and is not in the result: conditions, keys to sort by. */
export const visited = ([times]: Reach): Reach => [times, []];
