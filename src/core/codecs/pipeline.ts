import { type CodecContext, checkEncoded, type EncodedResult, type ResultCodec } from '../protocol/codec.js';
import { IdempotencyConfigError, IdempotencyResultError } from '../protocol/errors.js';
import { isPromiseLike, quoted } from '../protocol/values.js';
import { compression } from './compression.js';
import { type Transform, type Transformed, type TransformName, transformOrder } from './transform.js';
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

const NOTHING_USED: ReadonlySet<Transform> = new Set();

interface Step {
  readonly name: string;
  readonly kind: TransformName;
  /** The codec's name before this step. */
  readonly before: string;
}

/** The last part of a codec's name, if a transform wrote it. */
const lastTransform = (codec: string): Step | undefined => {
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
    throw new IdempotencyResultError(`the stored result was not written by codec \`${quoted(codec)}\``);
  }
};

/** `br` and `gzip` are one step: a result is compressed once. */
const placeOfKind = (kind: TransformName): number => transformOrder.indexOf(kind === 'gzip' ? 'br' : kind);

/**
 * The steps of a codec's name, the last one first.
 *
 * @throws IdempotencyResultError unless each kind stands there at most once and in the pipeline's order: a forged name
 *   must not make a replay inflate or fetch again and again
 */
const stepsOf = (codec: string): Step[] => {
  const steps: Step[] = [];
  let place: number = transformOrder.length;
  for (let step = lastTransform(codec); step; step = lastTransform(step.before)) {
    const nextPlace = placeOfKind(step.kind);
    if (nextPlace >= place) {
      throw new IdempotencyResultError(
        `the stored result names the codec \`${quoted(codec)}\`, whose steps repeat or are out of order`,
      );
    }
    place = nextPlace;
    steps.push(step);
  }
  return steps;
};

type TransformedResult = EncodedResult & { readonly data: string | Uint8Array };

const withStep = (codec: string, done: Transformed | undefined): TransformedResult | undefined =>
  done && { codec: `${codec}+${done.name}`, data: done.data };

/** What the base encoded, and the transforms that were undone. */
interface Undone {
  readonly plain: EncodedResult;
  readonly used: ReadonlySet<Transform>;
}

const pipelineCodec = (base: ResultCodec, transforms: readonly Transform[]): PipelineCodec => {
  // Every codec of this package reads results that the default codec compressed.
  const readers = [...transforms, compression()];

  const readerOf = (kind: TransformName, codec: string): Transform => {
    const reader = readers.find(({ names }) => names.includes(kind));
    if (reader) return reader;
    throw new IdempotencyResultError(
      `the stored result was written by codec \`${quoted(codec)}\`, and the current codec cannot read \`${kind}\``,
    );
  };

  const undoSteps = async (
    encoded: EncodedResult,
    steps: readonly Step[],
    context: CodecContext,
  ): Promise<Undone> => {
    let { data } = encoded;
    const used = new Set<Transform>();
    for (const { kind, name, before: codec } of steps) {
      const reader = readerOf(kind, encoded.codec);
      if (data === undefined) throw new IdempotencyResultError('the stored result has no data');
      data = await reader.decode({ name, data }, { ...context, codec });
      used.add(reader);
    }
    return { plain: unmarked(steps.at(-1)?.before ?? encoded.codec, data as Uint8Array), used };
  };

  const undoTransforms = (encoded: EncodedResult, context: CodecContext): Undone | Promise<Undone> => {
    const steps = stepsOf(encoded.codec);
    return steps.length === 0 ? { plain: encoded, used: NOTHING_USED } : undoSteps(encoded, steps, context);
  };

  const discards = transforms.filter(({ discard }) => discard);
  const discardTransformed = async ({ codec, data }: EncodedResult, context: CodecContext): Promise<void> => {
    const last = lastTransform(codec);
    const transform = discards.find(({ names }) => last && names.includes(last.kind));
    if (transform?.discard && last && data !== undefined)
      await transform.discard({ name: last.name, data }, context);
  };

  /** Runs the transforms from one on; without a promise while none of them returns one, as for a small result. */
  const transformFrom = (
    first: number,
    context: CodecContext,
    plain: EncodedResult,
    transformed?: TransformedResult,
  ): EncodedResult | Promise<EncodedResult> => {
    let current = transformed;
    for (let at = first; at < transforms.length; at++) {
      const codec = current?.codec ?? markedName(plain);
      const done = transforms[at]?.encode(current?.data ?? plain.data ?? '', { ...context, codec });
      if (isPromiseLike(done)) {
        const before = current;
        return done.then((late) => transformFrom(at + 1, context, plain, withStep(codec, late) ?? before));
      }
      current = withStep(codec, done) ?? current;
    }
    return current ?? plain;
  };
  const transform = (plain: EncodedResult, context: CodecContext) => transformFrom(0, context, plain);

  const pipeline: ResultCodec = {
    encode(result, context) {
      const plain = base.encode(result, context);
      return isPromiseLike(plain)
        ? plain.then((encoded) => transform(checkEncoded(encoded), context))
        : transform(checkEncoded(plain), context);
    },

    decode(encoded, context) {
      const decodeBase = ({ plain, used }: Undone): unknown => {
        for (const each of transforms) {
          if (each.refusal && !used.has(each)) throw new IdempotencyResultError(each.refusal);
        }
        return base.decode(plain, context);
      };
      const undone = undoTransforms(encoded, context);
      return isPromiseLike(undone) ? undone.then(decodeBase) : decodeBase(undone);
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

const placeOf = ({ names }: Transform): number => placeOfKind(names[0] as TransformName);

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
 * A codec that writes plain JSON if JSON restores the value exactly, and otherwise typed values (`undefined`
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
