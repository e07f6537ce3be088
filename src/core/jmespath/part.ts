import type { Reach } from './paths.js';
import type { Evaluate } from './run.js';

/** What evaluates a part of an expression, where it gets to, and of a literal its value. */
export type Part = readonly [evaluate: Evaluate, reach: Reach, literal?: unknown];

/** Of a multi-select or a call: with its text, for messages. `isReference`: `&name`, as an argument. */
export type ListedPart = readonly [
  evaluate: Evaluate,
  reach: Reach,
  literal: unknown,
  text: string,
  isReference: boolean,
];
