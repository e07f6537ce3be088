import { isObject } from '../protocol/values.js';
import { deeper } from './depth.js';

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

/** Of this realm or another: a test runner, a sandbox. */
export const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

/**
 * Whether a key has nothing in it: absent, `''`, `[]`, `{}`, or a composite with only such parts. `0` and `false`
 * are values, and so is an empty part beside others.
 */
export const isEmptyKey = (value: unknown, depth = 0): boolean => {
  if (typeof value !== 'object' || value === null) return value === '' || isAbsentPart(value);
  const isEmptyPart = (part: unknown): boolean => isEmptyKey(part, deeper(depth));
  if (Array.isArray(value)) return value.every(isEmptyPart);
  if (value instanceof Map || value instanceof Set) return [...value.values()].every(isEmptyPart);
  return isPlain(value) && Object.values(value).every(isEmptyPart);
};

/** Whether a whole payload has nothing in it. Its members are data, even if they are null or empty. */
const isBlank = (payload: unknown): boolean => {
  if (typeof payload !== 'object' || payload === null) return isEmptyKey(payload);
  if (Array.isArray(payload)) return payload.length === 0;
  if (payload instanceof Map || payload instanceof Set) return payload.size === 0;
  return (
    isPlain(payload) &&
    Object.values(payload).every((member) => member === undefined || typeof member === 'function')
  );
};

/** Items and members, also of instances of classes that do not represent themselves. One value has no parts. */
const partsOf = (value: object): readonly unknown[] => {
  if (Array.isArray(value)) return value;
  if (value instanceof Map || value instanceof Set) return [...value];
  if (isPlain(value)) return Object.values(value);
  const isInstance = Object.prototype.toString.call(value) === '[object Object]' && !('toJSON' in value);
  return isInstance ? Object.values(value).filter((member) => typeof member !== 'function') : [];
};

/** Whether it or a part of it is absent, at any depth. */
const hasGap = (value: unknown, depth: number): boolean =>
  isAbsentPart(value) || (typeof value === 'object' && value !== null && gapAt(partsOf(value), depth) >= 0);

/** By index, since a hole is absent too. */
const gapAt = (parts: readonly unknown[], depth: number): number => {
  const next = deeper(depth);
  for (let index = 0; index < parts.length; index++) if (hasGap(parts[index], next)) return index;
  return -1;
};

const nameOf = (value: unknown): string => (value === '' ? 'empty' : value === null ? 'null' : typeof value);

const found = (value: unknown, missing: string | undefined): Selection =>
  missing === undefined ? { value, incomplete: false } : { value, incomplete: true, missing };

/**
 * A composite key: all of its parts count.
 *
 * @param what names it in messages. The names of its members may be data, so parts are counted.
 */
export const selectComposite = (value: unknown, what: string): Selection => {
  if (typeof value !== 'object' || value === null) {
    return found(value, isEmptyKey(value) ? `${what} is ${nameOf(value)}` : undefined);
  }
  const parts = partsOf(value);
  const index = gapAt(parts, 0);
  if (index >= 0) {
    const state = isAbsentPart(parts[index]) ? 'is absent' : 'has an absent part';
    return found(value, `part ${index + 1} of ${what} ${state}`);
  }
  return found(value, isEmptyKey(value) ? `${what} has nothing in it` : undefined);
};

/** The whole payload as a key. */
export const selectPayload = (payload: unknown): Selection =>
  found(
    payload,
    isBlank(payload) ? `the payload is ${isObject(payload) ? 'empty' : nameOf(payload)}` : undefined,
  );

/** For `eventKey`. */
export const selectWith =
  (eventKey: (payload: never, context: never) => unknown): Select =>
  (payload, context) =>
    selectComposite(eventKey(payload as never, context as never), 'what `eventKey` returned');

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
