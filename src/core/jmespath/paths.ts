/**
 * The chains of fields that an expression ends in, such as `['requestContext', 'requestId']`. What was selected itself,
 * `@`, is the empty chain: so their number also says how many times the result may hold a part of the data.
 */
export type Paths = readonly (readonly string[])[];

/**
 * Expressions that end in more are refused. Each `| [@, @]` doubles what it gets: the cost of an expression would be
 * exponential in its length.
 */
const MAX_PATHS = 1_000;

const checkNumber = (paths: number): void => {
  if (paths > MAX_PATHS) throw new Error(`the expression ends in more than ${MAX_PATHS} paths of fields`);
};

/** What stands side by side: the parts of a list, both sides of `||`. */
export const eachOf = (all: readonly Paths[]): Paths => {
  const paths = all.flat();
  checkNumber(paths.length);
  return paths;
};

/** What goes on from there. A part that has no fields of its own changes nothing. */
export const joined = (before: Paths, after: Paths): Paths => {
  if (before.length === 0) return after;
  if (after.length === 0) return before;
  checkNumber(before.length * after.length);
  return before.flatMap((left) => after.map((right) => [...left, ...right]));
};
