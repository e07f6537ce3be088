import type { CodecContext, ResultCodec } from '../protocol/codec.js';

/** In the order in which they run: encrypted data does not compress, and data is stored elsewhere last. */
export const transformOrder = ['br', 'gzip', 'aes-256-gcm', 's3'] as const;
export type TransformName = (typeof transformOrder)[number];

export interface TransformContext extends CodecContext {
  /** Name of the codec up to this transform. */
  readonly codec: string;
}

export interface Transformed {
  /** Added to the codec's name; after a colon, what is needed to read the data. */
  readonly name: string;
  readonly data: string | Uint8Array;
}

/** One step of a pipeline: changes encoded results, and changes them back. */
export interface Transform {
  /** The names that it can decode. */
  readonly names: readonly TransformName[];
  /** Returns undefined to leave the data unchanged. */
  encode(
    data: string | Uint8Array,
    context: TransformContext,
  ): Transformed | undefined | Promise<Transformed | undefined>;
  /** Throws IdempotencyResultError for data that it did not write. */
  decode(transformed: Transformed, context: TransformContext): Uint8Array | Promise<Uint8Array>;
  readonly discard?: (transformed: Transformed, context: CodecContext) => Promise<void>;
  readonly fingerprint?: ResultCodec['fingerprint'];
  /** Why a result that was stored without this transform is rejected. Absent: it is accepted. */
  readonly refusal?: string | undefined;
}
