import { checkOptions, hasMethods, type OptionRules } from '../core/config/rules.js';
import type { ResultCodec } from '../core/protocol/codec.js';
import { IdempotencyConfigError } from '../core/protocol/errors.js';
import { isObject } from '../core/protocol/values.js';

/**
 * Checks the arguments of a function that makes a codec.
 *
 * @throws IdempotencyConfigError that names the option and what it must be
 */
export const checkCodec = (name: string, rules: OptionRules, options: object, codec: ResultCodec): void => {
  checkOptions(`The options of ${name}()`, rules, options);
  if (!isObject(codec) || !hasMethods(codec, 'encode', 'decode')) {
    throw new IdempotencyConfigError(
      `The codec given to ${name}() must be an object with encode() and decode().`,
    );
  }
};
