import { types } from 'node:util';
import { IdempotencyResultError } from './errors.js';
import { isObject } from './values.js';

/** A result encoded as a string or bytes. */
export interface EncodedResult {
  /** Name of the codec that wrote the data; stored with it. */
  readonly codec: string;
  /** Absent if the result is `undefined`. */
  readonly data?: string | Uint8Array;
}

/** Which result is encoded or decoded, and how long that may take. */
export interface CodecContext {
  /** The record's key, `scope#hash`. */
  readonly key: string;
  /** The call's scope: the Lambda's name, with the function's name for an inner function, or `keyPrefix`. */
  readonly scope: string;
  /** What the option `scope` returned for this call, such as its tenant; empty without that option. */
  readonly tenant: readonly string[];
  /** The fence of the claim that the result belongs to; unique to that claim. */
  readonly fence: string;
  /** `'value'`: what the function returned. `'failure'`: a plain description of what it threw. */
  readonly kind: 'value' | 'failure';
  /** Approximate size of the record without its result, in bytes. */
  readonly recordBytes: number;
  /** How long the codec's own requests may take, in milliseconds. With 0, it must not make requests. */
  readonly timeoutMs: number;
}

/**
 * Encodes results for a store, and decodes them to equal values.
 *
 * The message of an `IdempotencyResultError` that a codec throws is reported to callers, so it must not contain values.
 * Messages of other errors are not reported.
 *
 * A function that needs no request may return its answer instead of a promise: the call then sets no timer for it.
 *
 * @example
 * ```ts
 * import { deserialize, serialize } from 'node:v8';
 * import type { ResultCodec } from 'lambda-idempotency';
 *
 * const v8Codec: ResultCodec = {
 *   encode: (result) => ({ codec: 'v8', data: serialize(result) }),
 *   decode: ({ codec, data }) => {
 *     if (codec !== 'v8' || data === undefined) throw new Error('not written by this codec');
 *     return deserialize(data as Uint8Array);
 *   },
 * };
 * ```
 */
export interface ResultCodec {
  /** If it throws, the call is settled without a result. */
  encode(result: unknown, context: CodecContext): EncodedResult | Promise<EncodedResult>;
  /**
   * Must throw for data that it did not write. An `IdempotencyPersistenceLayerError` means that a retry may succeed; any
   * other error becomes an `IdempotencyResultError`.
   */
  decode(encoded: EncodedResult, context: CodecContext): unknown;
  /** Deletes what `encode` stored elsewhere. Called when the claim was lost, so that another outcome counts. */
  discard?(encoded: EncodedResult, context: CodecContext): void | Promise<void>;
  /** Replaces the digest used to compare payloads. Must return the same value for the same digest in every process. */
  fingerprint?(digest: string): string | Promise<string>;
}

/**
 * Checks the answer of `encode`, which may be a user's function.
 *
 * @throws IdempotencyResultError if no store could store it, or no codec could read it
 */
export const checkEncoded = (encoded: unknown): EncodedResult => {
  const { codec, data } = (isObject(encoded) ? encoded : {}) as Partial<EncodedResult>;
  const isData = data === undefined || typeof data === 'string' || types.isUint8Array(data);
  if (typeof codec !== 'string' || codec === '' || !isData) {
    throw new IdempotencyResultError(
      'its codec did not return { codec, data } with a name and a string or bytes',
    );
  }
  return encoded as EncodedResult;
};

/** A `fingerprint` function that always throws, known before any call. */
export type RefusingFingerprint = NonNullable<ResultCodec['fingerprint']> & { readonly refusal: string };

/** Why payloads cannot be validated with the codec, if it says so. */
export const fingerprintRefusal = ({ fingerprint }: ResultCodec): string | undefined =>
  (fingerprint as Partial<RefusingFingerprint> | undefined)?.refusal;
