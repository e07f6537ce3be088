import { types } from 'node:util';
import { isObject } from './check-options.js';
import { IdempotencyResultError } from './errors.js';
import { plainCodec } from './typed-json.js';

/** What a function threw, as plain data that any codec can store, and back. Stacks stay out: they tell of the host. */

/** A class whose instances are rebuilt as such. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/** Of an error; anything else that was thrown is `{ thrown }`. */
interface ErrorDescription {
  readonly name: string;
  readonly message: string;
  /** Names of its classes below `Error`, the nearest first. */
  readonly classes?: readonly string[];
  /** Where it is not among the fields. */
  readonly code?: string | number;
  /** Own enumerable members that can be stored. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly cause?: Description;
  /** Of an `AggregateError`. */
  readonly errors?: readonly Description[];
}

type Description = ErrorDescription | { readonly thrown: unknown };

/** Causes have causes, and may be their own. */
const MAX_DEPTH = 8;

/** They have a place of their own, or none. */
const NO_FIELDS = new Set(['message', 'stack', 'cause']);

const isError = (value: unknown): value is Error => value instanceof Error || types.isNativeError(value);

const canBeStored = (value: unknown): Promise<boolean> =>
  (async () => plainCodec.encode(value, undefined as never))().then(
    () => true,
    () => false,
  );

const fieldsOf = async (error: Error): Promise<Record<string, unknown>> => {
  const fields: [string, unknown][] = [];
  for (const [name, value] of Object.entries(error)) {
    // A socket or a function in a field is no reason to lose the error.
    if (!NO_FIELDS.has(name) && (await canBeStored(value))) fields.push([name, value]);
  }
  return Object.fromEntries(fields);
};

const classesOf = (error: Error): string[] => {
  const names: string[] = [];
  for (let link = Object.getPrototypeOf(error); link; link = Object.getPrototypeOf(link)) {
    const name = Object.hasOwn(link, 'constructor') ? String(link.constructor?.name) : '';
    if (name === 'Error') break;
    if (name !== '') names.push(name);
  }
  return names;
};

const hasHidden = (error: Error, name: string): boolean =>
  Object.hasOwn(error, name) && !Object.prototype.propertyIsEnumerable.call(error, name);

/** May throw what a getter of the error throws. */
export const describeThrown = async (thrown: unknown, depth = 0): Promise<Description> => {
  if (!isError(thrown)) return { thrown };
  const deeper = (value: unknown): Promise<Description> => describeThrown(value, depth + 1);
  const fields = await fieldsOf(thrown);
  const classes = classesOf(thrown);
  const { code, errors } = thrown as { code?: unknown; errors?: unknown };
  const mayNest = depth < MAX_DEPTH;
  return {
    name: String(thrown.name),
    message: String(thrown.message),
    ...(classes.length > 0 && { classes }),
    ...((typeof code === 'string' || typeof code === 'number') && !('code' in fields) && { code }),
    ...(Object.keys(fields).length > 0 && { fields }),
    ...(mayNest && Object.hasOwn(thrown, 'cause') && { cause: await deeper(thrown.cause) }),
    ...(mayNest &&
      Array.isArray(errors) &&
      hasHidden(thrown, 'errors') && { errors: await Promise.all(errors.map(deeper)) }),
  };
};

const builtIn: readonly ErrorClass[] = [
  AggregateError,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
];

const isDescription = (value: unknown): value is ErrorDescription =>
  isObject(value) && 'message' in value && 'name' in value;

/**
 * What was thrown, built anew: an error of the nearest of its classes that is known, without running a constructor.
 *
 * @param description what `describeThrown` made, as the codec gave it back
 * @throws IdempotencyResultError for what it did not make
 */
export const rebuildThrown = (description: unknown, errorClasses: readonly ErrorClass[]): unknown => {
  if (isObject(description) && 'thrown' in description) return description.thrown;
  if (!isDescription(description)) throw new IdempotencyResultError('what is stored is no failure');
  const { name, message, classes = [], code, fields = {}, errors } = description;
  const known = [...errorClasses, ...builtIn];
  const nearest = classes.map((each) => known.find((Class) => Class.name === each)).find(Boolean) ?? Error;
  const error: Error & { code?: unknown } = message === '' ? new Error() : new Error(message);
  Object.setPrototypeOf(error, nearest.prototype);
  const define = (member: string, value: unknown, enumerable: boolean): void => {
    Object.defineProperty(error, member, { value, enumerable, configurable: true, writable: true });
  };
  for (const [field, value] of Object.entries(fields)) define(field, value, true);
  if (error.name !== name) define('name', name, false);
  if (code !== undefined && error.code !== code) define('code', code, false);
  if ('cause' in description) define('cause', rebuildThrown(description.cause, errorClasses), false);
  if (errors)
    define(
      'errors',
      errors.map((each) => rebuildThrown(each, errorClasses)),
      false,
    );
  // Its first line names class and message, and they are set only now.
  Error.captureStackTrace(error, rebuildThrown);
  return error;
};
