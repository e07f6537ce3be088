import { checkOptions, hasMethods, type OptionRules } from '../core/config/rules.js';
import type { ResultCodec } from '../core/protocol/codec.js';
import { IdempotencyConfigError } from '../core/protocol/errors.js';
import { isObject } from '../core/protocol/values.js';

/**
 * Checks what a codec is made with.
 *
 * @param required options without which there is none
 * @throws IdempotencyConfigError naming the option and what it should be
 */
export const checkCodec = (
  name: string,
  rules: OptionRules,
  options: object,
  codec: ResultCodec,
  required: readonly string[] = [],
): void => {
  const owner = `The options of ${name}()`;
  checkOptions(owner, rules, options);
  for (const option of required) {
    if ((options as Record<string, unknown>)[option] === undefined) {
      throw new IdempotencyConfigError(`${owner}: \`${option}\` is missing.`);
    }
  }
  if (!isObject(codec) || !hasMethods(codec, 'encode', 'decode')) {
    throw new IdempotencyConfigError(`${name}() goes around a codec: an object with encode() and decode().`);
  }
};
