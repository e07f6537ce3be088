import type { CodecContext, ResultCodec } from '../protocol/codec.js';

/** First to last: what is encrypted does not compress, and what lies elsewhere is complete. */
export const stageOrder = ['br', 'gzip', 'aes-256-gcm', 's3'] as const;
export type StageName = (typeof stageOrder)[number];

export interface StageContext extends CodecContext {
  /** Name of what was done before. */
  readonly codec: string;
}

export interface Staged {
  /** What it adds to the codec's name; behind a colon, what it needs to read the data again. */
  readonly name: string;
  readonly data: string | Uint8Array;
}

export interface Stage {
  /** What it reads. */
  readonly names: readonly StageName[];
  /** Undefined: the data stays as it is. */
  encode(data: string | Uint8Array, context: StageContext): Staged | undefined | Promise<Staged | undefined>;
  /** Throws IdempotencyResultError for what it did not write. */
  decode(staged: Staged, context: StageContext): Uint8Array | Promise<Uint8Array>;
  readonly discard?: (staged: Staged, context: CodecContext) => Promise<void>;
  readonly fingerprint?: ResultCodec['fingerprint'];
  /** Refuses what was stored without it. */
  readonly refusal?: string | undefined;
}
