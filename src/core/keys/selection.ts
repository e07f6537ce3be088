/** Which part of a payload is the key, as key functions and expressions select it. */

export interface Selection {
  readonly value: unknown;
  /** Whether it or a part of a composite key is absent. */
  readonly incomplete: boolean;
  /** What was looked for and which part is absent, for messages. It never holds a value. */
  readonly missing?: string;
}

export type Select = (payload: unknown, context: unknown) => Selection;

/** A compiled expression. */
export interface CompiledExpression {
  /** The paths of the selected fields, such as `['requestContext', 'requestId']`. */
  readonly paths: readonly (readonly string[])[];
  /** @throws KeyMaterialError if the expression cannot be evaluated */
  select(data: unknown): Selection;
}

/** @throws Error for invalid syntax, unknown functions or invalid custom functions */
export type CompileExpression = (
  expression: string,
  options?: JmesPathOptions | undefined,
) => CompiledExpression;

/** JMESPath returns `null` for an absent value. A function is an inherited member of the data, so it is absent too. */
export const isAbsentPart = (value: unknown): boolean =>
  value === null || value === undefined || typeof value === 'function';

/** Deeper keys are refused elsewhere. */
const MAX_DEPTH = 1_000;

/** Of this realm or another: a test runner, a sandbox. */
export const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

/**
 * Whether a key has nothing in it: absent, `''`, `[]`, `{}`, or a composite all of whose parts are so. `0` and `false`
 * are values, and so is an empty part beside others.
 */
export const isEmptyKey = (value: unknown, depth = 0): boolean => {
  if (typeof value !== 'object' || value === null) return value === '' || isAbsentPart(value);
  const isEmptyPart = (part: unknown): boolean => isEmptyKey(part, depth + 1);
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every(isEmptyPart);
  return isPlain(value) && Object.values(value).every(isEmptyPart);
};

/** For `eventKey`. An array is a composite key. In an object, an `undefined` member is an absent part, and null is data. */
export const selectWith =
  (eventKey: (payload: never, context: never) => unknown): Select =>
  (payload, context) => {
    const value = eventKey(payload as never, context as never);
    return { value, incomplete: isIncompleteAnswer(value) };
  };

const isIncompleteAnswer = (value: unknown): boolean => {
  if (isAbsentPart(value)) return true;
  if (Array.isArray(value)) return value.some(isIncompleteAnswer);
  return typeof value === 'object' && Object.values(value as object).includes(undefined);
};

/** A function that expressions can call. It gets the evaluated arguments. */
export type JmesPathFunction = (...args: never[]) => unknown;

/**
 * Functions for expressions: an object of functions by name, such an object under `customFunctions`, or an instance of
 * Powertools' `Functions` (whose `funcMyName` is called as `my_name`).
 *
 * @example
 * ```ts
 * import type { JmesPathOptions } from 'lambda-idempotency';
 *
 * const jmesPathOptions: JmesPathOptions = { lower: (text: string) => text.toLowerCase() };
 * const config = { eventKeyJmesPath: 'lower(email)', jmesPathOptions };
 * ```
 */
export type JmesPathOptions =
  | Readonly<Record<string, JmesPathFunction>>
  | { readonly customFunctions: Readonly<Record<string, JmesPathFunction>> | PowertoolsFunctions }
  | PowertoolsFunctions;

/** The parts of Powertools' `Functions` that are used. Its methods take their arguments as one array. */
export interface PowertoolsFunctions {
  readonly methods: Set<string>;
  introspectMethods(): unknown;
}
