/** Public types, apart from the engine's: a CommonJS consumer's compiler cannot read those. */

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
