/** Public types of our own: TypeScript cannot resolve the engine's types in a CommonJS project. */

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
