import { type CompressionOptions, compression } from '../core/codecs/compression.js';
import { typedJson, withStage } from '../core/codecs/pipeline.js';
import { rule, wholeBetween, wholeFrom } from '../core/config/rules.js';
import type { ResultCodec } from '../core/protocol/codec.js';
import { IdempotencyConfigError } from '../core/protocol/errors.js';
import { checkCodec } from './check-codec.js';

const HIGHEST_LEVEL = { brotli: 11, gzip: 9 };

/** What Node 20 can inflate at most. */
const MAX_INFLATED_BYTES = 4_294_967_296;

const rules = {
  algorithm: rule('"brotli" or "gzip"', (value) => value === 'brotli' || value === 'gzip'),
  level: wholeFrom(0),
  aboveBytes: wholeFrom(0),
  maxInflatedBytes: wholeBetween(1, MAX_INFLATED_BYTES),
} satisfies Record<keyof CompressionOptions, unknown>;

/**
 * Results are compressed, as they are by default: in that case by brotli, level 5, where it makes the item at least
 * one write unit smaller. What was stored without it stays readable.
 *
 * @param codec what else is done with a result; the order in which codecs go around each other does not matter
 * @throws IdempotencyConfigError for options that cannot work
 * @example docs/examples/results.ts
 */
export const compressed = (codec: ResultCodec = typedJson, options: CompressionOptions = {}): ResultCodec => {
  checkCodec('compressed', rules, options, codec);
  const { algorithm = 'brotli', level = 0 } = options;
  if (level > HIGHEST_LEVEL[algorithm]) {
    throw new IdempotencyConfigError(
      `The options of compressed(): \`level\` of ${algorithm} must be ${HIGHEST_LEVEL[algorithm]} at most.`,
    );
  }
  return withStage(compression(options), 'compressed', codec);
};
