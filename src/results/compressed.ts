import { type CompressionOptions, compression } from '../core/codecs/compression.js';
import { typedJson, withTransform } from '../core/codecs/pipeline.js';
import { rule, wholeBetween, wholeFrom } from '../core/config/rules.js';
import type { ResultCodec } from '../core/protocol/codec.js';
import { IdempotencyConfigError } from '../core/protocol/errors.js';
import { checkCodec } from './check-codec.js';

const HIGHEST_LEVEL = { brotli: 11, gzip: 9 };

/** The most that Node 20 can inflate. */
const MAX_INFLATED_BYTES = 4_294_967_296;

const rules = {
  algorithm: rule('"brotli" or "gzip"', (value) => value === 'brotli' || value === 'gzip'),
  level: wholeFrom(0),
  aboveBytes: wholeFrom(0),
  maxInflatedBytes: wholeBetween(1, MAX_INFLATED_BYTES),
} satisfies Record<keyof CompressionOptions, unknown>;

/**
 * A codec that compresses results. Without options it works as the default codec does: brotli, level 5, if that makes
 * the item at least one write unit smaller. Results stored without compression stay readable.
 *
 * @param codec the codec to extend; the order in which codecs are nested does not matter. Default: `typedJson`
 * @throws IdempotencyConfigError for invalid options
 * @example
 * ```ts
 * import { compressed, typedJson } from 'lambda-idempotency/results';
 *
 * const config = { codec: compressed(typedJson, { algorithm: 'gzip', aboveBytes: 10_000 }) };
 * ```
 */
export const compressed = (codec: ResultCodec = typedJson, options: CompressionOptions = {}): ResultCodec => {
  checkCodec('compressed', rules, options, codec);
  const { algorithm = 'brotli', level = 0 } = options;
  if (level > HIGHEST_LEVEL[algorithm]) {
    throw new IdempotencyConfigError(
      `The options of compressed(): \`level\` of ${algorithm} must be a whole number from 0 to ${HIGHEST_LEVEL[algorithm]}.`,
    );
  }
  return withTransform(compression(options), 'compressed', codec);
};
