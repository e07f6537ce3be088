import { types } from 'node:util';
import { type ErrorClass, IdempotencyResultError } from '../protocol/errors.js';
import { isObject } from '../protocol/values.js';
import { plainCodec } from './typed-json.js';

/** Turns thrown errors into plain data that any codec can store, and back. Without stacks, which reveal the host's files. */

/** Describes an error; any other thrown value is `{ thrown }`. */
interface ErrorDescription {
  readonly name: string;
  readonly message: string;
  /** Names of its classes up to, but without, `Error`; the most derived first. */
  readonly classes?: readonly string[];
  /** Present unless it is among the fields. */
  readonly code?: string | number;
  /** Own enumerable members that can be stored. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly cause?: Description;
  /** The errors of an `AggregateError`. */
  readonly errors?: readonly Description[];
}

type Description = ErrorDescription | { readonly thrown: unknown };

/** The longest chain of causes. */
const MAX_DEPTH = 8;
/** The most errors in one description: causes of aggregated errors may be aggregates again. */
const MAX_ERRORS = 100;

/** Members that are described separately, or not at all. */
const NON_FIELDS = new Set(['message', 'stack', 'cause']);

const isError = (value: unknown): value is Error => value instanceof Error || types.isNativeError(value);

const canBeStored = (value: unknown): Promise<boolean> =>
  (async () => plainCodec.encode(value, undefined as never))().then(
    () => true,
    () => false,
  );

const fieldsOf = async (error: Error): Promise<Record<string, unknown>> => {
  const fields: [string, unknown][] = [];
  for (const [name, value] of Object.entries(error)) {
    // A field that cannot be stored, such as a socket, is left out.
    if (!NON_FIELDS.has(name) && (await canBeStored(value))) fields.push([name, value]);
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

/** The position in a chain of causes. */
interface Descent {
  readonly ancestors: readonly Error[];
  /** How many more errors may be described; shared by the whole description. */
  readonly left: { errors: number };
}

/** Returns undefined for an error to leave out: one that repeats in a cycle, or cannot be stored. */
const describe = async (thrown: unknown, descent: Descent): Promise<Description | undefined> => {
  const { ancestors, left } = descent;
  if (ancestors.length > MAX_DEPTH) return undefined;
  if (!isError(thrown)) {
    return ancestors.length === 0 || (await canBeStored(thrown)) ? { thrown } : undefined;
  }
  if (left.errors === 0 || ancestors.includes(thrown)) return undefined;
  left.errors--;
  const deeper: Descent = { ancestors: [...ancestors, thrown], left };
  const fields = await fieldsOf(thrown);
  const classes = classesOf(thrown);
  const { code, errors } = thrown as { code?: unknown; errors?: unknown };
  const cause = Object.hasOwn(thrown, 'cause') ? await describe(thrown.cause, deeper) : undefined;
  return {
    name: String(thrown.name),
    message: String(thrown.message),
    ...(classes.length > 0 && { classes }),
    ...((typeof code === 'string' || typeof code === 'number') && !('code' in fields) && { code }),
    ...(Object.keys(fields).length > 0 && { fields }),
    ...(cause && { cause }),
    ...(Array.isArray(errors) &&
      hasHidden(thrown, 'errors') && { errors: await describeAll(errors, deeper) }),
  };
};

const describeAll = async (errors: readonly unknown[], descent: Descent): Promise<Description[]> => {
  const all: Description[] = [];
  for (const error of errors) {
    const description = await describe(error, descent);
    if (description) all.push(description);
  }
  return all;
};

/** May throw if a getter of the error throws. */
export const describeThrown = async (thrown: unknown): Promise<Description> =>
  (await describe(thrown, { ancestors: [], left: { errors: MAX_ERRORS } })) ?? { thrown };

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

/** A getter of the error's class may throw, since the constructor has not initialized private members. */
const hasMember = (error: Error, member: 'name' | 'message' | 'code', value: unknown): boolean => {
  try {
    return (error as { code?: unknown } & Error)[member] === value;
  } catch {
    return false;
  }
};

const rebuild = (description: unknown, errorClasses: readonly ErrorClass[]): unknown => {
  if (isObject(description) && 'thrown' in description) return description.thrown;
  if (!isDescription(description))
    throw new IdempotencyResultError('the stored data does not describe an error');
  const { name, message, classes = [], code, fields = {}, errors } = description;
  const known = [...errorClasses, ...builtIn];
  const nearest = classes.map((each) => known.find((Class) => Class.name === each)).find(Boolean) ?? Error;
  const error: Error = message === '' ? new Error() : new Error(message);
  Object.setPrototypeOf(error, nearest.prototype);
  const define = (member: string, value: unknown, enumerable: boolean): void => {
    Object.defineProperty(error, member, { value, enumerable, configurable: true, writable: true });
  };
  for (const [field, value] of Object.entries(fields)) define(field, value, true);
  if (!hasMember(error, 'name', name)) define('name', name, false);
  if (!hasMember(error, 'message', message)) define('message', message, false);
  if (code !== undefined && !hasMember(error, 'code', code)) define('code', code, false);
  if ('cause' in description) define('cause', rebuild(description.cause, errorClasses), false);
  if (errors)
    define(
      'errors',
      errors.map((each) => rebuild(each, errorClasses)),
      false,
    );
  // The stack's first line contains name and message, which are set only now.
  Error.captureStackTrace(error, rebuildThrown);
  return error;
};

/**
 * Rebuilds a thrown error as an instance of its most derived known class, without running a constructor.
 *
 * @param description the answer of `describeThrown`, as decoded
 * @throws IdempotencyResultError if it is not such an answer, or the error cannot be rebuilt
 */
export const rebuildThrown = (description: unknown, errorClasses: readonly ErrorClass[]): unknown => {
  try {
    return rebuild(description, errorClasses);
  } catch (cause) {
    if (cause instanceof IdempotencyResultError) throw cause;
    throw new IdempotencyResultError('the stored error cannot be rebuilt', { cause });
  }
};
