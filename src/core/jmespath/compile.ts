import {
  type CompiledExpression,
  isAbsentPart,
  isEmptyKey,
  type JmesPathOptions,
} from '../keys/selection.js';
import { KeyMaterialError } from '../protocol/key-material-error.js';
import { callables } from './calls.js';
import { parse } from './parser.js';
import { type Evaluate, gapOf, type Run } from './run.js';

/** How many characters of an expression messages quote. */
const QUOTED = 200;

const evaluated = (evaluate: Evaluate, data: unknown, run: Run, quoted: string): unknown => {
  try {
    return evaluate(data, run);
  } catch (error) {
    const isOurs = error instanceof KeyMaterialError;
    const why = isOurs ? error.message : 'its data cannot be read, or is nested too deeply';
    throw new KeyMaterialError(`${quoted} cannot be evaluated: ${why}`, {
      cause: isOurs ? error.cause : error,
    });
  }
};

/** Which part is absent, for messages. */
const missingIn = (run: Run, value: unknown): string | undefined => {
  const gap = run.lost ?? gapOf(run, value);
  if (gap !== undefined) return `nothing for ${gap}`;
  if (isAbsentPart(value)) return 'nothing';
  const item = Array.isArray(value) ? value.findIndex(isAbsentPart) : -1;
  if (item >= 0) return `nothing for item ${item + 1}`;
  return isEmptyKey(value) ? 'only what is empty' : undefined;
};

/**
 * Parses the expression once, into closures.
 *
 * @throws Error for bad syntax, an unknown function or bad custom functions
 */
export const compileJmesPath = (expression: string, options?: JmesPathOptions): CompiledExpression => {
  const [evaluate, [, paths]] = parse(expression, callables(options));
  const quoted = `\`${expression.length > QUOTED ? `${expression.slice(0, QUOTED)}…` : expression}\``;
  return {
    paths,
    select: (data) => {
      const run: Run = { gaps: undefined, lost: undefined };
      const value = evaluated(evaluate, data ?? null, run, quoted);
      const missing = missingIn(run, value);
      return missing === undefined
        ? { value, incomplete: false }
        : { value, incomplete: true, missing: `${quoted} found ${missing}` };
    },
  };
};
