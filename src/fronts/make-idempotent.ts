import type { Context } from 'aws-lambda';
import { run } from '../core/call/call.js';
import type { IdempotencyOptions } from '../core/config/options.js';
import { type Host, resolveOptions } from '../core/config/resolve.js';
import { wholeFrom } from '../core/config/rules.js';
import { IdempotencyConfigError } from '../core/protocol/errors.js';
import { isInside, runInCall, surroundingContext } from '../running/current-call.js';
import { callBuilder } from './build-call.js';
import { isSwitchedOff } from './disabled.js';
import {
  type FunctionIdentity,
  functionName,
  handlerScope,
  identityAt,
  identityOfFunction,
} from './function-identity.js';
import { nodeHost } from './host.js';
import { lambdaContextOf } from './lambda-context.js';
import { refuseCallStyle, refuseFunction, refuseMinifiedName, refusePayload } from './refusals.js';

/** Options of `makeIdempotent` and `@idempotent`. */
export interface IdempotentFunctionOptions<Payload = unknown, Index extends number = number, Result = unknown>
  extends IdempotencyOptions<Payload, Result> {
  /** Which argument is the payload. Default: 0, the first. The function must have a parameter there. */
  dataIndexArgument?: Index | undefined;
}

/** `void` beside a promise, as in `Handler` of @types/aws-lambda, means "answers through the callback". */
// biome-ignore lint/suspicious/noConfusingVoidType: this looks for `void` itself, not for undefined
type WithoutVoid<Result> = Result extends unknown ? (void extends Result ? never : Result) : never;

/** What a wrapped function's promise resolves to. (`0 extends 1 & Result` is true for an untyped function: any.) */
export type IdempotentResult<Result> = 0 extends 1 & Result
  ? Result
  : [Extract<Result, PromiseLike<unknown>>] extends [never]
    ? Awaited<Result>
    : Awaited<WithoutVoid<Result>>;

/** What a wrapped function is called with: its own arguments. A handler need not be given Lambda's callback. */
export type IdempotentArguments<Args extends readonly unknown[]> = Args extends readonly [
  infer Event,
  infer Invocation extends Context,
  infer Callback extends LambdaCallback,
]
  ? [event: Event, context: Invocation, callback?: Callback]
  : Args;

type LambdaCallback = (error?: Error | string | null, result?: never) => void;

/** The argument that is the payload. A function without parameters may be a handler, which Lambda gives its event. */
export type PayloadOf<Args extends readonly unknown[], Index extends number> = Args extends readonly []
  ? unknown
  : Args[Index];

/** The wrapped function: same `this` and arguments, and a promise of the result. */
export type IdempotentFunction<This, Args extends readonly unknown[], Result> = (
  this: This,
  ...args: IdempotentArguments<Args>
) => Promise<IdempotentResult<Result>>;

const extraRules = { dataIndexArgument: wholeFrom(0) };

/** A handler is called with its invocation's context, and not from inside another wrapped function. */
const isHandlerCall = (args: readonly unknown[]): boolean =>
  lambdaContextOf(args[1]) !== undefined && !isInside();

const contextOf = (args: readonly unknown[], registered: Context | undefined): Context | undefined =>
  lambdaContextOf(args[1]) ?? surroundingContext() ?? registered;

export const wrap = <This, Args extends readonly unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
  options: IdempotentFunctionOptions<never>,
  site: FunctionIdentity,
  host: Host,
  /** Used if the function has no name. */
  givenName = '',
): IdempotentFunction<This, Args, Result> => {
  if (typeof fn !== 'function') throw new IdempotencyConfigError('makeIdempotent needs a function to wrap.');
  const resolved = resolveOptions('makeIdempotent', options, host, extraRules);
  const index = options.dataIndexArgument ?? 0;
  refuseFunction(fn, index);
  const name = functionName(fn) || givenName;
  const identity = { ...site, ...identityOfFunction(fn) };
  const buildCall = callBuilder(resolved, host.runtime);

  const scopeOf = (isHandler: boolean, context: Context | undefined): string => {
    if (resolved.keyPrefix !== undefined) return resolved.keyPrefix;
    const lambda = handlerScope(context);
    return isHandler || name === '' ? lambda : `${lambda}.${name}`;
  };

  const wrapped = async function (this: This, ...args: Args): Promise<IdempotentResult<Result>> {
    const execute = (): unknown => fn.apply(this, args as never);
    const isHandler = isHandlerCall(args);
    const context = contextOf(args, resolved.registeredContext());
    if (isSwitchedOff(() => scopeOf(isHandler, context)))
      return (await execute()) as IdempotentResult<Result>;
    if (!isInside()) refuseCallStyle(fn, args);
    refusePayload(args, index);
    if (!isHandler && resolved.keyPrefix === undefined) refuseMinifiedName(name);
    const call = await buildCall({
      scope: scopeOf(isHandler, context),
      identity,
      payload: args[index],
      context,
      // A durable function's own context names its execution.
      keyContext: isHandler ? args[1] : context,
    });
    const current = call && { key: call.key, scope: call.scope };
    const inside = (): unknown => runInCall(current, context, execute);
    return (await (call ? run(call, inside) : inside())) as IdempotentResult<Result>;
  };
  // The Lambda runtime reads `length`; stack traces and tests read `name`.
  return Object.defineProperties(wrapped as IdempotentFunction<This, Args, Result>, {
    name: { value: fn.name, configurable: true },
    length: { value: fn.length, configurable: true },
  });
};

/**
 * Makes a Lambda handler, or any function, safe to retry: it runs once per idempotency key and window, and every
 * duplicate gets the first run's outcome. The wrapped function keeps `this` and its arguments, and returns a promise.
 *
 * An error of the function is rethrown unchanged, and its claim is released, so that a retry runs.
 *
 * @param fn the handler `(event, context)`, or any function; its payload is the argument at `dataIndexArgument`
 * @throws IdempotencyConfigError for invalid options, at once
 * @throws (from the wrapped function) IdempotencyAlreadyInProgressError, IdempotencyValidationError,
 *   IdempotencyKeyError, IdempotencyPersistenceLayerError, IdempotencyLeaseLostError, IdempotencyResultError,
 *   IdempotencyInconsistentStateError, IdempotencyAttemptsExhaustedError, IdempotencyOutcomeUnknownError, IdempotencyConfigError; and the function's own errors
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
  options: IdempotentFunctionOptions<PayloadOf<Args, Index>, Index, NoInfer<IdempotentResult<Result>>>,
): IdempotentFunction<This, Args, Result> => wrap(fn, options, identityAt(makeIdempotent), nodeHost);
