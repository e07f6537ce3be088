import { describe, expect, it } from '@jest/globals';
import { nonEmptyString, required, wholeFrom } from '../../src/core/config/rules.js';
import { IdempotencyConfigError } from '../../src/index.js';
import { checkCodec } from '../../src/results/check-codec.js';
import { typedJson } from '../../src/results/index.js';

const rules = { oven: required(nonEmptyString), layers: wholeFrom(1) };

describe('the arguments of a function that makes a codec', () => {
  it.each<[string, unknown, unknown, string]>([
    [
      'an unknown option',
      { oven: 'a', layer: 1 },
      typedJson,
      'The options of baked(): unknown option `layer`. Valid options: oven, layers.',
    ],
    [
      'a missing option',
      {},
      typedJson,
      'The options of baked(): `oven` is missing; it must be a non-empty string.',
    ],
    [
      'a bad value',
      { oven: 'a', layers: 0 },
      typedJson,
      'The options of baked(): `layers` must be a whole number of 1 or more.',
    ],
    ['no options', undefined, typedJson, 'The options of baked() must be an object of options.'],
    [
      'a codec that cannot decode',
      { oven: 'a' },
      { encode: () => 1 },
      'The codec given to baked() must be an object with encode() and decode().',
    ],
    [
      'no codec',
      { oven: 'a' },
      null,
      'The codec given to baked() must be an object with encode() and decode().',
    ],
  ])('%s is rejected', (_, options, codec, message) => {
    const check = (): void => checkCodec('baked', rules, options as object, codec as typeof typedJson);
    expect(check).toThrow(new IdempotencyConfigError(message));
    expect(check).toThrow(IdempotencyConfigError);
  });

  it('may leave out what is not required', () => {
    expect(() => checkCodec('baked', rules, { oven: 'a', layers: undefined }, typedJson)).not.toThrow();
  });
});
