import { describe, expect, it } from '@jest/globals';
import { deadlineOf, isLambdaContext, lambdaContextOf } from '../../src/fronts/lambda-context.js';
import { contextWith } from '../support/contexts.js';

const context = contextWith(5_000);

describe('a Lambda context', () => {
  it.each<[string, unknown, unknown]>([
    ['is one that tells the time left', context, context],
    ["is found in a durable function's context", { lambdaContext: context }, context],
    ['is not any object', { functionName: 'shop' }, undefined],
    ['is not found deeper', { lambdaContext: { lambdaContext: context } }, undefined],
    ['is not null', null, undefined],
    ['is not undefined', undefined, undefined],
    ['is not a callback', () => {}, undefined],
  ])('%s', (_, value, expected) => {
    expect(lambdaContextOf(value)).toBe(expected);
    expect(isLambdaContext(value)).toBe(value === context);
  });
});

describe('the end of an invocation', () => {
  it.each<[string, unknown, number | undefined]>([
    ['is when its time is over', context, 1_005_000],
    ['is in whole milliseconds', contextWith(5_000.7), 1_005_000],
    ['of a stale context is a second away', contextWith(-20), 1_001_000],
    ['is unknown without a context', undefined, undefined],
    ['is unknown if the context says no number', contextWith(Number.NaN), undefined],
    ['is unknown if the context never ends', contextWith(Number.POSITIVE_INFINITY), undefined],
    [
      'is unknown if the context throws',
      contextWith(() => {
        throw new Error('made up');
      }),
      undefined,
    ],
    ['is unknown of what is no context', {}, undefined],
  ])('%s', (_, value, expected) => {
    expect(deadlineOf(value as never, 1_000_000)).toBe(expected);
  });
});
