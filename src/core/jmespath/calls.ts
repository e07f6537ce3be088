import type { JmesPathOptions } from '../keys/selection.js';
import { KeyMaterialError } from '../protocol/key-material-error.js';
import { type FunctionEntry, standardFunctions } from './functions.js';
import { asRecord, ownFunctions } from './own-functions.js';
import type { ListedPart } from './part.js';
import { aside, type Evaluate, gapOf, markGap } from './run.js';
import { typeOf } from './values.js';

const isOfType = (value: unknown, wanted: string): boolean =>
  wanted === 'any' ||
  wanted === typeOf(value) ||
  (wanted.endsWith('[]') && Array.isArray(value) && value.every((item) => wanted.startsWith(typeOf(item))));

/**
 * A checked call of a function: the number of arguments is checked now, their types when it runs. The result for an
 * incomplete argument is incomplete.
 */
export const called = (
  name: string,
  [signature, call]: FunctionEntry,
  args: readonly ListedPart[],
  fail: (message: string) => never,
): Evaluate => {
  const words = signature.split(' ');
  const isRest = signature.endsWith('...');
  const types = args.map((_, index) => (isRest ? signature.slice(0, -3) : words[index] || 'any').split('|'));
  const isWrongNumber = isRest ? args.length === 0 : signature !== '' && args.length !== words.length;
  if (
    isWrongNumber ||
    args.some(([, , , , isReference], index) => isReference !== (types[index]?.[0] === '&name'))
  ) {
    fail(`call it as ${name}(${words.join(', ')})`);
  }
  const isMap = name === 'map';
  const evaluates = args.map(([evaluate, , , , isReference]): Evaluate => {
    if (!isReference) return evaluate;
    const ofItem = isMap ? evaluate : aside(evaluate);
    return (_, run) => (item: unknown) => ofItem(item ?? null, run);
  });
  return (data, run) => {
    let gap: string | undefined;
    const values = evaluates.map((evaluate, index) => {
      const value = evaluate(data, run);
      const wanted = types[index] ?? [];
      if (!args[index]?.[4] && !wanted.some((type) => isOfType(value, type))) {
        throw new KeyMaterialError(
          `argument ${index + 1} of ${name}() must be of type ${wanted.join(' or ')}, not ${typeOf(value)}`,
        );
      }
      gap ??= gapOf(run, value);
      return value;
    });
    const result = call(...(values as never[])) ?? null;
    // These return a value even for an absent argument: `to_string(userId)` returns `"null"`.
    const parts = isMap ? (result as unknown[]) : /^to_(array|string)$/.test(name) ? values : [];
    if (parts.includes(null)) gap ??= `\`${args[0]?.[3]}\` in ${name}()`;
    for (const part of parts) gap ??= gapOf(run, part);
    markGap(run, result, gap);
    return result;
  };
};

const custom =
  (name: string, given: (...args: never[]) => unknown) =>
  (...args: never[]): unknown => {
    let result: unknown;
    try {
      result = given(...args);
    } catch (cause) {
      throw new KeyMaterialError(`the custom function ${name}() threw`, { cause });
    }
    if (!(result instanceof Promise)) return result;
    result.catch(() => undefined);
    throw new KeyMaterialError(`the custom function ${name}() returned a promise; it must return the value`);
  };

/**
 * The functions that expressions with these options may call.
 *
 * @throws Error for options that are not functions, or that have the name of a standard JMESPath function
 */
export const callables = (options: JmesPathOptions | undefined): ReadonlyMap<string, FunctionEntry> => {
  const named = new Map(Object.entries({ ...ownFunctions, ...standardFunctions }));
  for (const [name, call] of Object.entries(asRecord(options))) {
    if (typeof call !== 'function') throw new Error(`\`${name}\` is not a function`);
    if (Object.hasOwn(standardFunctions, name)) {
      throw new Error(`\`${name}\` is a standard JMESPath function; choose another name for yours`);
    }
    named.set(name, ['', custom(name, call)]);
  }
  return named;
};
