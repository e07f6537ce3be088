import { describe, expect, it } from '@jest/globals';
import { isLambdaContext, lambdaContextOf, timeLeftIn } from '../../src/fronts/lambda-context.js';
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

describe('the time left of an invocation', () => {
  it.each<[string, unknown, number | undefined]>([
    ['is what the context says', context, 5_000],
    ['is in whole milliseconds', contextWith(5_000.7), 5_000],
    ['of a stale context is a second', contextWith(-20), 1_000],
    ['is not rounded up to a second', contextWith(3), 3],
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
    expect(timeLeftIn(value as never)).toBe(expected);
  });
});
