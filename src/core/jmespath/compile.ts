import {
  type CompiledExpression,
  isAbsentPart,
  isEmptyKey,
  type JmesPathOptions,
} from '../keys/selection.js';
import { KeyMaterialError } from '../protocol/key-material-error.js';
import { callables } from './calls.js';
import { type Compiler, compileNode } from './closures.js';
import { parse } from './parser.js';
import { pathsOf } from './paths.js';
import { EvaluationError, gapOf, newRun, type Run, spendWriting } from './run.js';
import type { Evaluate } from './selectors.js';

/** A result may hold each part of the data that many times without being measured. */
const FREE_MULTIPLES = 64;

/** How much of an expression messages quote. */
const QUOTED = 200;

const evaluated = (evaluate: Evaluate, run: Run, multiplies: boolean, quoted: string): unknown => {
  try {
    const value = evaluate(run.root, run);
    // One list twice in another, and that twice: small here, and huge when it is written out as a key.
    if (multiplies) spendWriting(run, value);
    return value;
  } catch (error) {
    if (error instanceof KeyMaterialError) throw error;
    if (error instanceof EvaluationError) {
      throw new KeyMaterialError(`${quoted} cannot be evaluated: ${error.message}`);
    }
    throw new KeyMaterialError(
      `${quoted} cannot be evaluated: its data cannot be read, or is nested too deeply`,
      {
        cause: error,
      },
    );
  }
};

/** What is absent, for messages. */
const missingIn = (run: Run, value: unknown): string | undefined => {
  const gap = run.lost ?? gapOf(run, value);
  if (gap !== undefined) return `nothing for ${gap}`;
  if (isAbsentPart(value)) return 'nothing';
  const item = Array.isArray(value) ? value.findIndex(isAbsentPart) : -1;
  if (item >= 0) return `nothing for item ${item + 1}`;
  return isEmptyKey(value) ? 'only what is empty' : undefined;
};

/**
 * Parses once, into closures.
 *
 * @throws Error for bad syntax, an unknown function or bad custom functions
 */
export const compileJmesPath = (expression: string, options?: JmesPathOptions): CompiledExpression => {
  const tree = parse(expression);
  const compiler: Compiler = { expression, find: callables(options), variables: 0, multiplies: 1 };
  const evaluate = compileNode(compiler, tree);
  const multiplies = compiler.multiplies > FREE_MULTIPLES;
  const quoted = `\`${expression.length > QUOTED ? `${expression.slice(0, QUOTED)}…` : expression}\``;
  return {
    paths: pathsOf(tree),
    select: (data) => {
      const run = newRun(data ?? null, expression.length, compiler.variables);
      const value = evaluated(evaluate, run, multiplies, quoted);
      const missing = missingIn(run, value);
      return missing === undefined
        ? { value, incomplete: false }
        : { value, incomplete: true, missing: `${quoted} found ${missing}` };
    },
  };
};
