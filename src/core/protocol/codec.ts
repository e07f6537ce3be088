import { types } from 'node:util';
import { IdempotencyResultError } from './errors.js';
import { isObject } from './values.js';

/** A result as text or bytes. */
export interface EncodedResult {
  /** Name of the codec that wrote it, kept beside the data. */
  readonly codec: string;
  /** Absent: the result is `undefined`. */
  readonly data?: string | Uint8Array;
}

/** Whose result it is, and what a codec may spend on it. */
export interface CodecContext {
  /** The record's key, `scope#hash`. */
  readonly key: string;
  /** Of the claim that the result is of: no other has it. */
  readonly fence: string;
  /** What is encoded or decoded: what the function returned, or a plain description of what it threw. */
  readonly kind: 'value' | 'failure';
  /** Size of the record without its result, about. */
  readonly recordBytes: number;
  /** How long requests of the codec's own may take, milliseconds; 0: it may make none. */
  readonly timeoutMs: number;
}

/**
 * Turns results into what a store keeps, and back into equal values.
 *
 * What it throws as `IdempotencyResultError` is told as it is, so its message must hold no value; of other errors
 * only that the codec threw.
 */
export interface ResultCodec {
  /** May throw: the call is then settled without a result. */
  encode(result: unknown, context: CodecContext): EncodedResult | Promise<EncodedResult>;
  /**
   * Throws for what it did not write. An `IdempotencyPersistenceLayerError` says that a retry may read it; all else
   * becomes an `IdempotencyResultError`.
   */
  decode(encoded: EncodedResult, context: CodecContext): unknown;
  /** Takes back what `encode` left elsewhere: the claim was lost, and another outcome counts. */
  discard?(encoded: EncodedResult, context: CodecContext): void | Promise<void>;
  /** Replaces the digest that payloads are compared by: the same for the same digest, in every process. */
  fingerprint?(digest: string): string | Promise<string>;
}

/**
 * What a codec, which may be a user's own, gave.
 *
 * @throws IdempotencyResultError for what no store could keep, or no codec read
 */
export const checkEncoded = (encoded: unknown): EncodedResult => {
  const { codec, data } = (isObject(encoded) ? encoded : {}) as Partial<EncodedResult>;
  const isData = data === undefined || typeof data === 'string' || types.isUint8Array(data);
  if (typeof codec !== 'string' || codec === '' || !isData) {
    throw new IdempotencyResultError('its codec gave no { codec, data } of a name and a text or bytes');
  }
  return encoded as EncodedResult;
};

/** A codec's `fingerprint`, where it is known before any call that it cannot give one. */
export type RefusingFingerprint = NonNullable<ResultCodec['fingerprint']> & { readonly refusal: string };

/** Why payloads cannot be validated with the codec, where it says so. */
export const fingerprintRefusal = ({ fingerprint }: ResultCodec): string | undefined =>
  (fingerprint as Partial<RefusingFingerprint> | undefined)?.refusal;
