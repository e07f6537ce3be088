import type { JmesPathOptions } from '../keys/selection.js';
import { KeyMaterialError } from '../protocol/key-material-error.js';
import { standardFunctions } from './functions.js';
import { asRecord, isPowertoolsFunctions, ownFunctions } from './own-functions.js';
import { addData, EvaluationError, gapOf, markGap, type Run, spend } from './run.js';
import type { Signatures } from './signatures.js';
import { typeOf } from './values.js';

/** A function that expressions may call, its signature read. */
export interface Callable {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly fewest: number;
  readonly most: number;
  readonly call: (run: Run, ...args: unknown[]) => unknown;
  /** It gives data, such as a decoded body: not charged as what an expression makes. */
  readonly givesData: boolean;
}

/** How messages name the types of a signature. */
const TYPES: Readonly<Record<string, string>> = {
  s: 'a string',
  n: 'a number',
  o: 'an object',
  a: 'an array',
  S: 'an array of strings',
  N: 'an array of numbers',
  A: 'an array of arrays',
  z: 'null',
};
const NAMES: Readonly<Record<string, string>> = {
  s: 'string',
  n: 'number',
  o: 'object',
  a: 'array',
  z: 'null',
};
const ITEMS: Readonly<Record<string, string>> = { S: 'string', N: 'number', A: 'array' };

const matches = (run: Run, letter: string, value: unknown, type: string): boolean => {
  const itemType = ITEMS[letter];
  if (itemType === undefined) return letter === 'x' || letter === 'e' || NAMES[letter] === type;
  if (!Array.isArray(value)) return false;
  spend(run, value.length);
  return value.every((item) => typeOf(item) === itemType);
};

const checkArgument = (run: Run, { name, parameters }: Callable, value: unknown, index: number): void => {
  const letters = parameters[Math.min(index, parameters.length - 1)] ?? 'x';
  const type = typeOf(value);
  for (const letter of letters) if (matches(run, letter, value, type)) return;
  const wanted = [...letters].flatMap((letter) => TYPES[letter] ?? []).join(' or ');
  throw new EvaluationError(`argument ${index + 1} of ${name}() must be ${wanted}, not of type ${type}`);
};

/** These answer with a value for what is absent: `to_string(userId)` with `"null"`. */
const HIDES_ABSENCE: readonly string[] = ['to_array', 'to_string'];

const sizeOf = (value: unknown): number =>
  typeof value === 'string' || Array.isArray(value) ? value.length + 1 : 1;

/** Calls it with arguments that were evaluated. What it makes of an incomplete argument is incomplete. */
export const callWith = (
  run: Run,
  callable: Callable,
  args: unknown[],
  texts: readonly string[],
): unknown => {
  let gap: string | undefined;
  for (let index = 0; index < args.length; index++) {
    checkArgument(run, callable, args[index], index);
    gap ??= gapOf(run, args[index]);
  }
  const { name, call, givesData } = callable;
  const result = call(run, ...args) ?? null;
  if (givesData) addData(run, result);
  else spend(run, sizeOf(result));
  const isHidden =
    name === 'map' ? (result as unknown[]).includes(null) : args[0] === null && HIDES_ABSENCE.includes(name);
  if (isHidden) gap ??= `\`${texts[0]}\` in ${name}()`;
  // What a reference made of an item is inside of what map() made.
  if (name === 'map' && run.gaps) for (const item of result as unknown[]) gap ??= gapOf(run, item);
  if (gap !== undefined) markGap(run, result, gap);
  return result;
};

const withSignature = (name: string, [signature, call]: Signatures[string], givesData: boolean): Callable => {
  const parameters = signature.split(' ');
  const isRest = signature.endsWith('*');
  return {
    name,
    parameters: parameters.map((letters) => letters.replace(/[?*]/, '')),
    fewest: parameters.filter((letters) => !letters.endsWith('?')).length,
    most: isRest ? Infinity : parameters.length,
    call: call as Callable['call'],
    givesData,
  };
};

const custom = (name: string, given: (...args: never[]) => unknown): Callable => ({
  name,
  parameters: [],
  fewest: 0,
  most: Infinity,
  givesData: true,
  call: (_, ...args) => {
    let result: unknown;
    try {
      result = given(...(args as never[]));
    } catch (cause) {
      throw new KeyMaterialError(`the custom function ${name}() threw`, { cause });
    }
    if (result instanceof Promise) {
      result.catch(() => undefined);
      throw new KeyMaterialError(
        `the custom function ${name}() returned a promise; it must return the value`,
      );
    }
    return result;
  },
});

/**
 * What expressions with these options may call.
 *
 * @throws Error for options that are no functions, or that name one of JMESPath's own
 */
export const callables = (options: JmesPathOptions | undefined): ((name: string) => Callable | undefined) => {
  const given = asRecord(options);
  const named = new Map<string, Callable>();
  for (const [name, call] of Object.entries(given)) {
    if (typeof call !== 'function') throw new Error(`\`${name}\` is not a function`);
    if (!Object.hasOwn(standardFunctions, name)) {
      named.set(name, custom(name, call));
    } else if (
      !options ||
      !isPowertoolsFunctions('customFunctions' in options ? options.customFunctions : options)
    ) {
      throw new Error(`\`${name}\` is a standard JMESPath function; choose another name for yours`);
    }
    // Powertools' class inherits JMESPath's own functions.
  }
  return (name) => {
    const found = named.get(name);
    if (found) return found;
    for (const table of [standardFunctions, ownFunctions]) {
      const entry = Object.hasOwn(table, name) ? table[name] : undefined;
      if (entry) return withSignature(name, entry, table === ownFunctions);
    }
    return undefined;
  };
};
