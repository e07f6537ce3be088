import type { Context } from 'aws-lambda';
import type { Clock } from '../core/protocol/clock.js';

export interface LambdaContextOptions {
  /** Default: `'orders'`. */
  readonly functionName?: string;
  /** The request's id. Lambda keeps it only when it retries an asynchronous invocation itself. Default: always the same. */
  readonly awsRequestId?: string;
  /** Time until the function's timeout, in milliseconds. Default: 30,000. */
  readonly remainingMs?: number;
  /** The remaining time counts down on this clock. Default: it stands still. */
  readonly clock?: Clock;
}

/**
 * Creates the context that Lambda passes to a handler.
 *
 * @example
 * ```ts
 * import { lambdaContext, ManualClock } from 'lambda-idempotency/testing';
 *
 * const clock = new ManualClock();
 * const context = lambdaContext({ functionName: 'orders', remainingMs: 10_000, clock });
 * await clock.advance(4_000);
 * console.log(context.getRemainingTimeInMillis()); // 6000
 * ```
 */
export const lambdaContext = ({
  functionName = 'orders',
  awsRequestId = '00000000-0000-4000-8000-000000000001',
  remainingMs = 30_000,
  clock,
}: LambdaContextOptions = {}): Context => {
  const endsAt = clock && clock.now() + remainingMs;
  return {
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:eu-west-1:111122223333:function:${functionName}`,
    memoryLimitInMB: '256',
    awsRequestId,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: '2023/11/14/[$LATEST]0123456789abcdef0123456789abcdef',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () =>
      clock === undefined || endsAt === undefined ? remainingMs : endsAt - clock.now(),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
};
