/** What part of a payload is the key: what key functions, sources and expressions answer with. */

export interface Selection {
  readonly value: unknown;
  /** Whether it, or a part of a composite key, is absent. */
  readonly incomplete: boolean;
}

export type Select = (payload: unknown, context: unknown) => Selection;

/** An expression, compiled once. */
export interface CompiledExpression {
  /** The paths of fields that the expression ends in, such as `['requestContext', 'requestId']`. */
  readonly paths: readonly (readonly string[])[];
  /** @throws KeyMaterialError where the expression cannot be evaluated over the data */
  select(data: unknown): Selection;
}

/** @throws Error for bad syntax, an unknown function or bad custom functions */
export type CompileExpression = (
  expression: string,
  options?: JmesPathOptions | undefined,
) => CompiledExpression;

/** `null` is JMESPath's word for "not there"; a function is an inherited member of the data, which is not there either. */
export const isAbsentPart = (value: unknown): boolean =>
  value === null || value === undefined || typeof value === 'function';

/** The key function's answer: an array is a composite key; an object's `undefined` members are absent parts, its nulls are data. */
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

/** A function that expressions may call: gets the evaluated arguments. */
export type JmesPathFunction = (...args: never[]) => unknown;

/**
 * Functions for expressions: a record by name, the same under `customFunctions`, or an instance of Powertools'
 * `Functions` (its `funcMyName` is called as `my_name`).
 */
export type JmesPathOptions =
  | Readonly<Record<string, JmesPathFunction>>
  | { readonly customFunctions: Readonly<Record<string, JmesPathFunction>> | PowertoolsFunctions }
  | PowertoolsFunctions;

/** What is used of Powertools' `Functions`: methods take their arguments as one array. */
export interface PowertoolsFunctions {
  readonly methods: Set<string>;
  introspectMethods(): unknown;
}
