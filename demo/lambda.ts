import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';

/** Runs handlers as the Lambda service does: with a context that counts down, and no longer than the limit. */

export interface LambdaFunction<Event, Answer> {
  readonly name: string;
  readonly handler: (event: Event, context: Context) => Promise<Answer>;
  readonly timeLimitMs: number;
  /** When it resolves, the function's process is dead: whatever the handler still waits for never comes. */
  readonly death?: Promise<void>;
}

export const invoke = async <Event, Answer>(
  { name, handler, timeLimitMs, death = never }: LambdaFunction<Event, Answer>,
  event: Event,
): Promise<Answer> => {
  const endsAt = Date.now() + timeLimitMs;
  const ended = new AbortController();
  const timeLimit = sleep(timeLimitMs, undefined, { signal: ended.signal });
  try {
    return await Promise.race([
      handler(event, contextOf(name, endsAt)),
      timeLimit.then(() => fail(`timed out after ${timeLimitMs / 1_000} s`)),
      death.then(() => fail('the process exited')),
    ]);
  } finally {
    ended.abort();
  }
};

const never = new Promise<void>(() => {});

const fail = (reason: string): never => {
  throw new Error(reason);
};

const contextOf = (functionName: string, endsAt: number): Context => ({
  functionName,
  functionVersion: '$LATEST',
  invokedFunctionArn: `arn:aws:lambda:eu-central-1:123456789012:function:${functionName}`,
  awsRequestId: randomUUID(),
  memoryLimitInMB: '128',
  logGroupName: `/aws/lambda/${functionName}`,
  logStreamName: `2026/11/21/[$LATEST]${randomUUID().replaceAll('-', '')}`,
  callbackWaitsForEmptyEventLoop: true,
  getRemainingTimeInMillis: () => endsAt - Date.now(),
  done: () => {},
  fail: () => {},
  succeed: () => {},
});
