/** One evaluation, with the parts that it found absent. */
export interface Run {
  /** Lists and objects that the expression made and that lack a part, with the name of that part for messages. */
  gaps: Map<unknown, string> | undefined;
  /** The same of a text or number that a function made, which cannot stand in the map. */
  lost: string | undefined;
}

/** What a part of an expression compiles to. An absent value is null, never undefined. */
export type Evaluate = (data: unknown, run: Run) => unknown;

/** Which part of a value that the expression made is absent. */
export const gapOf = (run: Run, value: unknown): string | undefined => run.gaps?.get(value);

export const markGap = (run: Run, value: unknown, gap: string | undefined): void => {
  if (gap === undefined) return;
  if (typeof value === 'object' && value !== null) {
    run.gaps ??= new Map();
    run.gaps.set(value, gap);
  } else {
    run.lost ??= gap;
  }
};

/** For conditions: a part absent in a condition does not count as absent in the result. */
export const aside =
  (evaluate: Evaluate): Evaluate =>
  (data, run) => {
    const { lost } = run;
    const value = evaluate(data, run);
    run.lost = lost;
    return value;
  };
