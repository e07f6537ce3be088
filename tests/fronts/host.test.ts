import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { disablingVariable, lambdaName, nodeHost } from '../../src/fronts/host.js';

const { clock, newFence, random } = nodeHost.runtime;

afterEach(() => {
  delete process.env['IDEMPOTENCY_DISABLED'];
  delete process.env['POWERTOOLS_IDEMPOTENCY_DISABLED'];
  delete process.env['AWS_LAMBDA_FUNCTION_NAME'];
});

describe('the clock of Node', () => {
  it('says the time in epoch milliseconds', () => {
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000);
  });

  it('calls back once, unless cancelled', async () => {
    const called: string[] = [];
    clock.after(1, () => called.push('kept'));
    clock.after(1, () => called.push('cancelled'))();
    await pause(30);
    expect(called).toEqual(['kept']);
  });

  it('does not call back at once for a wait that is longer than a timer can be', async () => {
    let isCalled = false;
    const cancel = clock.after(2 ** 40, () => {
      isCalled = true;
    });
    await pause(30);
    cancel();
    expect(isCalled).toBe(false);
  });

  it('keeps the process alive, unless told otherwise', () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const cancels = [clock.after(10_000, () => {}), clock.after(10_000, () => {}, { unref: true })];
    const added = timers() - before;
    for (const cancel of cancels) cancel();
    expect(added).toBe(1);
  });
});

it('fences are fresh, and the jitter is between 0 and 1', () => {
  expect(new Set(Array.from({ length: 100 }, newFence)).size).toBe(100);
  const draws = Array.from({ length: 100 }, random);
  expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
  expect(new Set(draws).size).toBeGreaterThan(1);
});

describe('the environment', () => {
  it.each<[string | undefined, boolean]>([
    ['1', true],
    ['true', true],
    ['TRUE', true],
    [' yes ', true],
    ['on', true],
    ['y', true],
    ['t', true],
    ['0', false],
    ['false', false],
    ['no', false],
    ['', false],
    ['10', false],
    [undefined, false],
  ])('%j switches idempotency off: %j', (value, expected) => {
    for (const name of ['IDEMPOTENCY_DISABLED', 'POWERTOOLS_IDEMPOTENCY_DISABLED']) {
      if (value !== undefined) process.env[name] = value;
      expect(disablingVariable()).toBe(expected ? name : undefined);
      delete process.env[name];
    }
  });

  it('names the Lambda function, if it is not empty', () => {
    expect(lambdaName()).toBeUndefined();
    process.env['AWS_LAMBDA_FUNCTION_NAME'] = '';
    expect(lambdaName()).toBeUndefined();
    process.env['AWS_LAMBDA_FUNCTION_NAME'] = 'bakery';
    expect(lambdaName()).toBe('bakery');
  });
});
