/** What an expression may cost beside its data: far more than keys need, and a few milliseconds. */
const FREE_STEPS = 1_000_000;

/** One evaluation. */
export interface Run {
  readonly root: unknown;
  readonly expressionLength: number;
  readonly variables: unknown[];
  /** What was visited or made: items, and characters of strings that functions made. */
  steps: number;
  maxSteps: number;
  isMeasured: boolean;
  /** Lists and objects that the expression made, of which a part is absent: which one, for messages. */
  gaps: Map<unknown, string> | undefined;
  /** The same of a text or number that a function made, which cannot stand in the map. */
  lost: string | undefined;
}

/** What cannot be evaluated. Messages name functions and types, never values. */
export class EvaluationError extends Error {}

export const newRun = (root: unknown, expressionLength: number, variables: number): Run => ({
  root,
  expressionLength,
  variables: variables === 0 ? NO_VARIABLES : new Array<unknown>(variables).fill(null),
  steps: 0,
  maxSteps: FREE_STEPS,
  isMeasured: false,
  gaps: undefined,
  lost: undefined,
});

const NO_VARIABLES: unknown[] = [];

/**
 * Bounds the cost by the size of the data times the length of the expression. The data is measured only where the
 * free steps were not enough.
 *
 * @throws EvaluationError past the bound
 */
export const spend = (run: Run, steps: number): void => {
  run.steps += steps;
  if (run.steps <= run.maxSteps) return;
  if (!run.isMeasured) {
    run.isMeasured = true;
    run.maxSteps += sizeOf(run.root) * run.expressionLength;
  }
  if (run.steps > run.maxSteps) throw new EvaluationError('it takes too many steps for the size of the data');
};

/** What was decoded is data too, and may be larger than the payload. */
export const addData = (run: Run, value: unknown): void => {
  if (typeof value === 'string') run.maxSteps += value.length * run.expressionLength;
};

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const ownSize = (value: unknown): number => {
  if (typeof value === 'string' || Array.isArray(value)) return value.length + 1;
  return isObject(value) ? Object.keys(value).length + 1 : 1;
};

/** Members and characters; what occurs twice counts once. */
const sizeOf = (root: unknown): number => {
  const seen = new Set([root]);
  let size = 0;
  for (const value of seen) {
    size += ownSize(value);
    if (isObject(value)) for (const member of Object.values(value)) seen.add(member);
  }
  return size;
};

/** Spends what writing a value out takes: a list that holds one value twice is written twice. */
export const spendWriting = (run: Run, root: unknown): void => {
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    spend(run, ownSize(value));
    if (isObject(value)) for (const member of Object.values(value)) open.push(member);
  }
};

/** Which part of a value that the expression made is absent. */
export const gapOf = (run: Run, value: unknown): string | undefined =>
  run.gaps === undefined ? undefined : run.gaps.get(value);

export const markGap = (run: Run, value: unknown, gap: string): void => {
  if (isObject(value)) {
    run.gaps ??= new Map();
    run.gaps.set(value, gap);
  } else {
    run.lost ??= gap;
  }
};
