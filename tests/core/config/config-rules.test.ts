import { describe, expect, it } from '@jest/globals';
import { checkConfig } from '../../../src/core/config/config-rules.js';
import type { IdempotencyConfigOptions } from '../../../src/core/config/options.js';
import { IdempotencyConfigError } from '../../../src/core/protocol/errors.js';
import { IdempotencyConfig } from '../../../src/index.js';

/** One option at a time is in resolve.test.ts; here is how options go together. */
describe('options that contradict each other', () => {
  it.each<[IdempotencyConfigOptions<never>, string]>([
    [
      { eventKey: () => 1, eventKeyJmesPath: 'id' },
      '`config`: set either `eventKey` or `eventKeyJmesPath`, not both.',
    ],
    [
      { errorClasses: [RangeError] },
      '`config`: `errorClasses` needs `shouldStoreError`, which decides which errors are stored.',
    ],
    [
      { lease: { whenOver: 'refuse' }, whenStoreFails: 'run' },
      "`config`: `lease.whenOver: 'refuse'` and `whenStoreFails: 'run'` contradict each other: while the store is down, a call could run again.",
    ],
  ])('%j', (config, message) => {
    expect(() => checkConfig(config)).toThrow(new IdempotencyConfigError(message));
  });
});

describe('options that go together', () => {
  it.each<[string, IdempotencyConfigOptions<never>]>([
    ['none', {}],
    ['undefined ones', { eventKey: undefined, lease: undefined, maxAttempts: undefined }],
    ['a key function, and an empty expression', { eventKey: () => 1, eventKeyJmesPath: '' }],
    ['final errors and their classes', { shouldStoreError: () => true, errorClasses: [RangeError] }],
    ['a renewed lease of the default length', { lease: { renew: true } }],
    ['a renewed lease of a second', { lease: { renew: true, seconds: 1 } }],
  ])('%s', (_, config) => {
    expect(() => checkConfig(config)).not.toThrow();
  });
});

describe('names', () => {
  it('of an object are checked', () => {
    expect(() => checkConfig({ note: 1 } as never)).toThrow(
      '`config`: unknown option `note`. Valid options: ',
    );
  });

  it('of an IdempotencyConfig are not, since a subclass may have fields; its values are', () => {
    class Mine extends IdempotencyConfig {
      readonly note = 1;
    }
    expect(() => checkConfig(new Mine())).not.toThrow();
    const changed = Object.assign(new Mine(), { maxAttempts: 0 });
    expect(() => checkConfig(changed)).toThrow(
      '`config`: `maxAttempts` must be a whole number of 1 or more.',
    );
  });
});
