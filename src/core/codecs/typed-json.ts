import type { EncodedResult, ResultCodec } from '../protocol/codec.js';
import { IdempotencyResultError } from '../protocol/errors.js';
import { quoted } from '../protocol/values.js';
import { readTyped } from './typed-read.js';
import { isPlain } from './typed-values.js';
import { writeTyped } from './typed-write.js';

const JSON_CODEC = 'json';
const TYPED_CODEC = 'typed';

/** Values nested deeper are written as typed values, which may contain themselves. Ordinary results nest a few levels. */
const MAX_DEPTH = 200;

/** Whether JSON restores a deep-strict-equal value. */
const survivesJson = (value: unknown, depth = 0): boolean => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object':
      return value === null || (depth < MAX_DEPTH && objectSurvivesJson(value, depth + 1));
    default:
      return false;
  }
};

const objectSurvivesJson = (value: object, depth: number): boolean => {
  // The loop below does not see a non-enumerable toJSON, but JSON.stringify calls it.
  if ((value as { toJSON?: unknown }).toJSON !== undefined) return false;
  if (Array.isArray(value)) {
    // The prototype of every realm's Array is itself an array; a subclass's is not.
    if (!Array.isArray(Object.getPrototypeOf(value))) return false;
    // Holes, and members that are not items (as on a RegExp match), change the count.
    if (Object.keys(value).length !== value.length) return false;
    if (Object.getOwnPropertySymbols(value).length > 0) return false;
    for (const item of value) if (!survivesJson(item, depth)) return false;
    return true;
  }
  // Also excludes `arguments`.
  if (Object.getOwnPropertySymbols(value).length > 0) return false;
  if (!isPlain(value)) return false;
  // Cheaper than Object.keys(); a plain object inherits nothing enumerable.
  for (const key in value) {
    if (!survivesJson((value as Record<string, unknown>)[key], depth)) return false;
  }
  return true;
};

const writeResult = (result: unknown): EncodedResult => {
  try {
    return { codec: TYPED_CODEC, data: writeTyped(result) };
  } catch (error) {
    // Others pass: a getter's message may quote a value.
    const isTooDeep = (error as Partial<Error> | undefined)?.message === 'Maximum call stack size exceeded';
    throw isTooDeep ? new IdempotencyResultError('it is nested too deeply') : error;
  }
};

/** Plain JSON if that restores the value exactly, otherwise typed values. */
export const plainCodec: ResultCodec = {
  encode(result) {
    if (result === undefined) return { codec: JSON_CODEC };
    return survivesJson(result) ? { codec: JSON_CODEC, data: JSON.stringify(result) } : writeResult(result);
  },
  decode({ codec, data }) {
    if (codec === JSON_CODEC && data === undefined) return undefined;
    if (typeof data !== 'string' || (codec !== JSON_CODEC && codec !== TYPED_CODEC)) {
      throw new IdempotencyResultError(
        `the stored result was written by codec \`${quoted(codec)}\`, which the current codec cannot read`,
      );
    }
    try {
      return codec === TYPED_CODEC ? readTyped(data) : JSON.parse(data);
    } catch {
      // The parsers' messages may quote the result.
      throw new IdempotencyResultError(`the stored result was not written by codec \`${codec}\``);
    }
  },
};
