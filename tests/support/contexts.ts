import type { Context } from 'aws-lambda';

/** The part of a Lambda context that the library and Middy read. */
export const lambdaContext = (remainingMs = 30_000): Context =>
  ({
    functionName: 'orders',
    awsRequestId: 'request-1',
    getRemainingTimeInMillis: () => remainingMs,
  }) as Context;

/** A Lambda context with so much time left; `left` may be read more than once, as Lambda's counts down. */
export const contextWith = (left: number | (() => number), functionName = 'shop'): Context => ({
  functionName,
  functionVersion: '1',
  invokedFunctionArn: `arn:aws:lambda:eu-west-1:000000000000:function:${functionName}`,
  memoryLimitInMB: '128',
  awsRequestId: 'request',
  logGroupName: 'group',
  logStreamName: 'stream',
  callbackWaitsForEmptyEventLoop: true,
  getRemainingTimeInMillis: () => (typeof left === 'number' ? left : left()),
  done: () => {},
  fail: () => {},
  succeed: () => {},
});
