import type { Context } from 'aws-lambda';
import { run } from '../core/call/call.js';
import type { IdempotencyOptions } from '../core/config/options.js';
import { type Host, resolveOptions } from '../core/config/resolve.js';
import { wholeFrom } from '../core/config/rules.js';
import { IdempotencyConfigError } from '../core/protocol/errors.js';
import { isInside, runInCall, surroundingContext } from '../running/current-call.js';
import { callBuilder } from './build-call.js';
import {
  type FunctionIdentity,
  functionName,
  handlerScope,
  identityAt,
  identityOfFunction,
} from './function-identity.js';
import { isDisabled, nodeHost } from './host.js';
import { lambdaContextOf } from './lambda-context.js';

/** Options of `makeIdempotent` and `@idempotent`. */
export interface IdempotentFunctionOptions<Payload = unknown, Index extends number = number>
  extends IdempotencyOptions<Payload> {
  /** Which argument is the payload. Default: 0, the first. */
  dataIndexArgument?: Index | undefined;
}

/** `void` beside a promise, as in `Handler` of @types/aws-lambda, stands for "answers through the callback". */
// biome-ignore lint/suspicious/noConfusingVoidType: it is `void` itself that is looked for, not undefined
type WithoutVoid<Result> = Result extends unknown ? (void extends Result ? never : Result) : never;

/** What a wrapped function's promise resolves to. (`0 extends 1 & Result`: of an untyped function, anything.) */
export type IdempotentResult<Result> = 0 extends 1 & Result
  ? Result
  : [Extract<Result, PromiseLike<unknown>>] extends [never]
    ? Awaited<Result>
    : Awaited<WithoutVoid<Result>>;

/** The function with its own `this` and arguments, and its awaited result. */
export type IdempotentFunction<This, Args extends readonly unknown[], Result> = (
  this: This,
  ...args: Args
) => Promise<IdempotentResult<Result>>;

const extraRules = { dataIndexArgument: wholeFrom(0) };

/** A handler is called with its invocation's context, and not by another wrapped function. */
const isHandlerCall = (args: readonly unknown[]): boolean =>
  lambdaContextOf(args[1]) !== undefined && !isInside();

const contextOf = (args: readonly unknown[], registered: Context | undefined): Context | undefined =>
  lambdaContextOf(args[1]) ?? surroundingContext() ?? registered;

const namelessError = (): IdempotencyConfigError =>
  new IdempotencyConfigError(
    "makeIdempotent was given a function without a name, so that its keys cannot be kept apart from another function's: give it a name, or set `keyPrefix`.",
  );

const { constructor: AsyncFunction } = Object.getPrototypeOf(async () => {});

/** A handler that takes Lambda's callback and is not async returns before its work is done. */
const isCallbackStyle = (fn: (...args: never[]) => unknown, callback: unknown): boolean =>
  fn.length >= 3 && typeof callback === 'function' && !(fn instanceof AsyncFunction);

const callbackError = (): IdempotencyConfigError =>
  new IdempotencyConfigError(
    'makeIdempotent was given a handler that answers through its callback, and so returns before it is done: make it async, and return the answer. Nothing ran.',
  );

export const wrap = <This, Args extends readonly unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
  options: IdempotentFunctionOptions<never>,
  site: FunctionIdentity,
  host: Host,
  /** For a function that has no name of its own. */
  givenName = '',
): IdempotentFunction<This, Args, Result> => {
  if (typeof fn !== 'function') throw new IdempotencyConfigError('makeIdempotent needs a function to wrap.');
  const resolved = resolveOptions('makeIdempotent', options, host, extraRules);
  const name = functionName(fn) || givenName;
  // A handler is often an arrow without a name; it takes an event and a context.
  const mayBeHandler = fn.length >= 2;
  if (name === '' && !mayBeHandler && resolved.keyPrefix === undefined) throw namelessError();
  const identity = { ...site, ...identityOfFunction(fn) };
  const buildCall = callBuilder(resolved, host.runtime);
  const index = options.dataIndexArgument ?? 0;

  const scopeOf = (isHandler: boolean, context: Context | undefined): string => {
    if (resolved.keyPrefix !== undefined) return resolved.keyPrefix;
    const lambda = handlerScope(context);
    if (isHandler) return lambda;
    if (name !== '') return `${lambda}.${name}`;
    if (isInside()) throw namelessError();
    return lambda;
  };

  const wrapped = async function (this: This, ...args: Args): Promise<IdempotentResult<Result>> {
    const execute = (): unknown => fn.apply(this, args as never);
    if (isDisabled()) return (await execute()) as IdempotentResult<Result>;
    const isHandler = isHandlerCall(args);
    if (isHandler && isCallbackStyle(fn, args[2])) throw callbackError();
    const context = contextOf(args, resolved.registeredContext());
    const call = await buildCall({
      scope: scopeOf(isHandler, context),
      identity,
      payload: args[index],
      context,
      // A durable function's context tells its execution.
      keyContext: isHandler ? args[1] : context,
    });
    const current = call && { key: call.key, scope: call.scope };
    const inside = (): unknown => runInCall(current, context, execute);
    return (await (call ? run(call, inside) : inside())) as IdempotentResult<Result>;
  };
  // The Lambda runtime reads `length`, stack traces and tests read `name`.
  return Object.defineProperties(wrapped, {
    name: { value: fn.name, configurable: true },
    length: { value: fn.length, configurable: true },
  });
};

/**
 * Makes a Lambda handler, or any function, safe to retry: one run per idempotency key and window; every duplicate
 * gets the first run's outcome. The wrapped function keeps `this` and its arguments, and returns a promise.
 *
 * What the function throws leaves as it came, and its claim is released, so that a retry runs again.
 *
 * @param fn the handler `(event, context)`, or any function; its payload is the argument at `dataIndexArgument`
 * @throws IdempotencyConfigError at once, for options that cannot work
 * @throws (from the wrapped function) IdempotencyAlreadyInProgressError, IdempotencyValidationError,
 *   IdempotencyKeyError, IdempotencyPersistenceLayerError, IdempotencyLeaseLostError, IdempotencyResultError,
 *   IdempotencyInconsistentStateError, IdempotencyConfigError; and what the function throws
 * @example
 * ```ts
 * import type { Context } from 'aws-lambda';
 * import { makeIdempotent } from 'lambda-idempotency';
 * import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
 *
 * const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'idempotency' });
 *
 * export const handler = makeIdempotent(
 *   async (order: { id: string }, _context: Context) => ({ ordered: order.id }),
 *   { persistenceStore, config: { eventKeyJmesPath: 'id' } },
 * );
 * ```
 */
export const makeIdempotent = <This, Args extends readonly unknown[], Result, const Index extends number = 0>(
  fn: (this: This, ...args: Args) => Result,
  options: IdempotentFunctionOptions<Args[Index], Index>,
): IdempotentFunction<This, Args, Result> => wrap(fn, options, identityAt(makeIdempotent), nodeHost);
