import type { Reach } from './paths.js';
import type { Evaluate } from './run.js';

/** A part of an expression: its evaluation, its reach and, for a literal, its value. */
export type Part = readonly [evaluate: Evaluate, reach: Reach, literal?: unknown];

/** A part of a multi-select or a call, with its text for messages. `isReference`: `&name`, as an argument. */
export type ListedPart = readonly [
  evaluate: Evaluate,
  reach: Reach,
  literal: unknown,
  text: string,
  isReference: boolean,
];
