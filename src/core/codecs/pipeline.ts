import { type CodecContext, checkEncoded, type EncodedResult, type ResultCodec } from '../protocol/codec.js';
import { IdempotencyConfigError, IdempotencyResultError } from '../protocol/errors.js';
import { compression } from './compression.js';
import { type Transform, type TransformName, transformOrder } from './transform.js';
import { plainCodec } from './typed-json.js';

/**
 * A codec as a pipeline: its base turns values into text or bytes, and its transforms change text or bytes. However a user
 * nests the codecs, the transforms run in the one order that works. The codec's name lists the steps in that order:
 * `json+br+aes-256-gcm:k1+s3`.
 */

/** Added to the base's name if its data was not text. */
const BYTES = 'bytes';
const NONE = 'none';

/** Marks codecs of this package; shared by its ESM and CJS builds. */
const PIPELINE: unique symbol = Symbol.for('lambda-idempotency.codec') as never;

interface Pipeline {
  readonly base: ResultCodec;
  readonly transforms: readonly Transform[];
}

type PipelineCodec = ResultCodec & { readonly [PIPELINE]: Pipeline };

// Own property only: an object that inherits from a codec of ours and overrides a method is a user's codec.
const pipelineOf = (codec: ResultCodec): Pipeline =>
  Object.hasOwn(codec, PIPELINE) ? (codec as PipelineCodec)[PIPELINE] : { base: codec, transforms: [] };

/** The last part of a codec's name, if a transform wrote it. */
const lastTransform = (codec: string): { name: string; kind: TransformName; before: string } | undefined => {
  const at = codec.lastIndexOf('+');
  const name = codec.slice(at + 1);
  const kind = transformOrder.find((each) => name === each || name.startsWith(`${each}:`));
  return at >= 0 && kind ? { name, kind, before: codec.slice(0, at) } : undefined;
};

const markedName = ({ codec, data }: EncodedResult): string => {
  if (lastTransform(codec)) throw new IdempotencyResultError(`the codec name \`${codec}\` is reserved`);
  return data === undefined ? `${codec}+${NONE}` : typeof data === 'string' ? codec : `${codec}+${BYTES}`;
};

const unmarked = (codec: string, data: Uint8Array): EncodedResult => {
  if (codec.endsWith(`+${NONE}`)) return { codec: codec.slice(0, -NONE.length - 1) };
  if (codec.endsWith(`+${BYTES}`)) return { codec: codec.slice(0, -BYTES.length - 1), data };
  try {
    return { codec, data: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data) };
  } catch {
    throw new IdempotencyResultError(`the stored result was not written by codec \`${codec}\``);
  }
};

const pipelineCodec = (base: ResultCodec, transforms: readonly Transform[]): PipelineCodec => {
  // Every codec of this package reads results that the default codec compressed.
  const readers = [...transforms, compression()];

  const readerOf = (kind: TransformName, codec: string): Transform => {
    const reader = readers.find(({ names }) => names.includes(kind));
    if (reader) return reader;
    throw new IdempotencyResultError(
      `the stored result was written by codec \`${codec}\`, and the current codec cannot read \`${kind}\``,
    );
  };

  /** Returns what the base encoded, and the transforms that were undone. */
  const undoTransforms = async (encoded: EncodedResult, context: CodecContext) => {
    let { codec, data } = encoded;
    const used = new Set<Transform>();
    for (let last = lastTransform(codec); last; last = lastTransform(codec)) {
      const reader = readerOf(last.kind, encoded.codec);
      if (data === undefined) throw new IdempotencyResultError('the stored result has no data');
      codec = last.before;
      data = await reader.decode({ name: last.name, data }, { ...context, codec });
      used.add(reader);
    }
    return { plain: used.size === 0 ? encoded : unmarked(codec, data as Uint8Array), used };
  };

  const discards = transforms.filter(({ discard }) => discard);
  const discardTransformed = async ({ codec, data }: EncodedResult, context: CodecContext): Promise<void> => {
    const last = lastTransform(codec);
    const transform = discards.find(({ names }) => last && names.includes(last.kind));
    if (transform?.discard && last && data !== undefined)
      await transform.discard({ name: last.name, data }, context);
  };

  const pipeline: ResultCodec = {
    async encode(result, context) {
      const plain = checkEncoded(await base.encode(result, context));
      let transformed: (EncodedResult & { data: string | Uint8Array }) | undefined;
      for (const transform of transforms) {
        const codec = transformed?.codec ?? markedName(plain);
        const done = await transform.encode(transformed?.data ?? plain.data ?? '', { ...context, codec });
        if (done) transformed = { codec: `${codec}+${done.name}`, data: done.data };
      }
      return transformed ?? plain;
    },

    async decode(encoded, context) {
      const { plain, used } = await undoTransforms(encoded, context);
      for (const transform of transforms) {
        if (transform.refusal && !used.has(transform)) throw new IdempotencyResultError(transform.refusal);
      }
      return base.decode(plain, context);
    },

    ...((base.discard || discards.length > 0) && {
      async discard(encoded: EncodedResult, context: CodecContext) {
        try {
          // First, since the base's data may be stored where the transforms delete.
          if (base.discard) await base.discard((await undoTransforms(encoded, context)).plain, context);
        } finally {
          await discardTransformed(encoded, context);
        }
      },
    }),
    ...fingerprinting(base, transforms),
  };
  // Not enumerable: a copy with another encode() must not count as this pipeline.
  return Object.defineProperty(pipeline, PIPELINE, { value: { base, transforms } }) as PipelineCodec;
};

/** The transform's fingerprint takes the base's as its input. */
const fingerprinting = (
  base: ResultCodec,
  transforms: readonly Transform[],
): Pick<ResultCodec, 'fingerprint'> => {
  const ofTransform = transforms.find((transform) => transform.fingerprint)?.fingerprint;
  const ofBase = base.fingerprint?.bind(base);
  const both = ofTransform && ofBase && (async (digest: string) => ofTransform(await ofBase(digest)));
  // Keeps the transform's `refusal`, if it has one.
  const fingerprint = both ? Object.assign(both, ofTransform) : (ofTransform ?? ofBase);
  return fingerprint ? { fingerprint } : {};
};

const placeOf = ({ names }: Transform): number => transformOrder.indexOf(names[0] as TransformName);

/**
 * Adds a transform to a codec.
 *
 * @throws IdempotencyConfigError if the codec already has one of this kind
 */
export const withTransform = (transform: Transform, name: string, codec: ResultCodec): ResultCodec => {
  const { base, transforms } = pipelineOf(codec);
  if (transforms.some((each) => placeOf(each) === placeOf(transform))) {
    throw new IdempotencyConfigError(`\`codec\`: ${name}() is used twice; use it once.`);
  }
  return pipelineCodec(
    base,
    [...transforms, transform].sort((a, b) => placeOf(a) - placeOf(b)),
  );
};

/** Replaces the base of a codec. */
export const withBase = (codec: ResultCodec, change: (base: ResultCodec) => ResultCodec): ResultCodec => {
  const { base, transforms } = pipelineOf(codec);
  return pipelineCodec(change(base), transforms);
};

/**
 * A codec that writes plain JSON if JSON restores the value exactly, and otherwise devalue's typed JSON (`undefined`
 * members, Date, Map, Set, bigint, NaN, infinities, -0, Buffer, typed arrays, Error, cycles). It cannot store functions,
 * symbols or instances of other classes.
 *
 * @example
 * ```ts
 * import { typedJson } from 'lambda-idempotency/results';
 *
 * // Without compression, so that results can be read in the table.
 * const config = { codec: typedJson };
 * ```
 */
export const typedJson: ResultCodec = pipelineCodec(plainCodec, []);

/** The default codec: typed JSON, compressed if that makes the item at least one write unit smaller. */
export const defaultCodec: ResultCodec = pipelineCodec(plainCodec, [compression()]);
