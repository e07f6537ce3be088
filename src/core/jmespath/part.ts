import type { Paths } from './paths.js';
import type { Evaluate } from './run.js';

/** What evaluates a part of an expression, the paths of fields that it ends in, and of a literal its value. */
export type Part = readonly [evaluate: Evaluate, paths: Paths, literal?: unknown];

/** Of a multi-select or a call: with its text, for messages. `isReference`: `&name`, as an argument. */
export type ListedPart = readonly [
  evaluate: Evaluate,
  paths: Paths,
  literal: unknown,
  text: string,
  isReference: boolean,
];
