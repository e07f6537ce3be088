import { IdempotencyConfigError } from '../core/protocol/errors.js';
import { isLambdaContext } from './lambda-context.js';
import { parameterCount } from './parameters.js';

/** Rejects functions that cannot be wrapped, and calls that cannot work. */

type AnyFunction = (...args: never[]) => unknown;

const { constructor: AsyncFunction } = Object.getPrototypeOf(async () => {});

/** The mark that `awslambda.streamifyResponse` puts on its handlers. */
const STREAMING: unique symbol = Symbol.for('aws.lambda.runtime.handler.streaming') as never;

const streamingError = (): IdempotencyConfigError =>
  new IdempotencyConfigError(
    'makeIdempotent was given a handler that writes to a response stream (awslambda.streamifyResponse). Data written to a stream is not stored, so a duplicate would get no answer and its stream would not end. Wrap the function that does the work, and stream its result outside of it. Nothing ran.',
  );

/** A handler that takes Lambda's callback and is not async returns before its work is done. */
const callbackError = (): IdempotencyConfigError =>
  new IdempotencyConfigError(
    'makeIdempotent was given a handler that answers through its callback, and so returns before it is done: make it async, and return the answer. Nothing ran.',
  );

/** @throws IdempotencyConfigError for a function that can never be replayed, or has no such argument */
export const refuseFunction = (fn: AnyFunction, dataIndexArgument: number): void => {
  if ((fn as { [STREAMING]?: unknown })[STREAMING] !== undefined) throw streamingError();
  const count = dataIndexArgument === 0 ? undefined : parameterCount(fn);
  if (count === undefined || dataIndexArgument < count) return;
  throw new IdempotencyConfigError(
    `The options of makeIdempotent: \`dataIndexArgument\` is ${dataIndexArgument}, but the function has ${count} parameter${count === 1 ? '' : 's'}. The first one is 0. To read an argument without a parameter, declare the parameter, or a rest parameter.`,
  );
};

const isWritable = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { write?: unknown }).write === 'function' &&
  typeof (value as { end?: unknown }).end === 'function';

/**
 * Checks a call from outside, perhaps by the Lambda runtime: `(event, context, callback)`, or, for a streaming handler,
 * `(event, responseStream, context)`.
 *
 * @throws IdempotencyConfigError before anything is stored
 */
export const refuseCallStyle = (fn: AnyFunction, args: readonly unknown[]): void => {
  const [, second, third] = args;
  if (isWritable(second) && args.length >= 3) throw streamingError();
  const isCallback = isLambdaContext(second) && typeof third === 'function';
  if (isCallback && fn.length >= 3 && !(fn instanceof AsyncFunction)) throw callbackError();
};

/** @throws IdempotencyConfigError for a call that lacks the payload's argument, or has the context there */
export const refusePayload = (args: readonly unknown[], dataIndexArgument: number): void => {
  if (dataIndexArgument === 0) return;
  if (args.length > dataIndexArgument && !isLambdaContext(args[dataIndexArgument])) return;
  const found =
    args.length > dataIndexArgument
      ? 'that argument is the Lambda context'
      : `the call has ${args.length} argument${args.length === 1 ? '' : 's'}`;
  throw new IdempotencyConfigError(
    `The options of makeIdempotent: \`dataIndexArgument\` is ${dataIndexArgument}, but ${found}. It must be the position of the payload; the first argument is 0. Nothing ran.`,
  );
};

/** Minifiers keep the names of methods, except of private ones. */
const LONGEST_MINIFIED_NAME = 2;

/** @throws IdempotencyConfigError for a name that the next build may give to another function */
export const refuseMinifiedName = (name: string): void => {
  if (name === '' || name.length > LONGEST_MINIFIED_NAME) return;
  throw new IdempotencyConfigError(
    `makeIdempotent was given the function "${name}". A name this short is usually a minifier's: the next build may give it to another function, which would then replay this one's results. Set \`keyPrefix\`, or give the function a longer name and set the bundler's option that keeps names (esbuild: keepNames: true). Nothing ran.`,
  );
};
