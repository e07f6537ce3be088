import { type CodecContext, checkEncoded, type EncodedResult, type ResultCodec } from '../protocol/codec.js';
import { IdempotencyConfigError, IdempotencyResultError } from '../protocol/errors.js';
import { compression } from './compression.js';
import { type Stage, type StageName, stageOrder } from './stage.js';
import { plainCodec } from './typed-json.js';

/**
 * Codecs made of a base, which turns values into text or bytes, and of stages, which change text or bytes. Stages run
 * in one order, the only one that works, however they were put together. A codec's name tells what was done, first
 * to last: `json+br+aes-256-gcm:k1+s3`.
 */

/** What the data was before the first stage, where it was no text. */
const BYTES = 'bytes';
const NONE = 'none';

/** On codecs of this package, shared by its ESM and its CJS build. */
const COMPOSITION: unique symbol = Symbol.for('lambda-idempotency.codec') as never;

interface Composition {
  readonly base: ResultCodec;
  readonly stages: readonly Stage[];
}

type Composed = ResultCodec & { readonly [COMPOSITION]: Composition };

// Not one that is inherited: who changes a method of a codec of ours has a codec of their own.
const compositionOf = (codec: ResultCodec): Composition =>
  Object.hasOwn(codec, COMPOSITION) ? (codec as Composed)[COMPOSITION] : { base: codec, stages: [] };

/** The last part of a codec's name, if a stage wrote it. */
const lastStage = (codec: string): { name: string; kind: StageName; before: string } | undefined => {
  const at = codec.lastIndexOf('+');
  const name = codec.slice(at + 1);
  const kind = stageOrder.find((each) => name === each || name.startsWith(`${each}:`));
  return at >= 0 && kind ? { name, kind, before: codec.slice(0, at) } : undefined;
};

const markedName = ({ codec, data }: EncodedResult): string => {
  if (lastStage(codec)) throw new IdempotencyResultError(`the name of codec \`${codec}\` is taken`);
  return data === undefined ? `${codec}+${NONE}` : typeof data === 'string' ? codec : `${codec}+${BYTES}`;
};

const unmarked = (codec: string, data: Uint8Array): EncodedResult => {
  if (codec.endsWith(`+${NONE}`)) return { codec: codec.slice(0, -NONE.length - 1) };
  if (codec.endsWith(`+${BYTES}`)) return { codec: codec.slice(0, -BYTES.length - 1), data };
  try {
    return { codec, data: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data) };
  } catch {
    throw new IdempotencyResultError(`the stored result is not what codec \`${codec}\` wrote`);
  }
};

const compose = (base: ResultCodec, stages: readonly Stage[]): Composed => {
  // What was compressed by default can be read by every codec of this package.
  const readers = [...stages, compression()];

  const readerOf = (kind: StageName, codec: string): Stage => {
    const reader = readers.find(({ names }) => names.includes(kind));
    if (reader) return reader;
    throw new IdempotencyResultError(
      `the stored result is of codec \`${codec}\`, and the one in use does not read \`${kind}\``,
    );
  };

  /** What the base gave, and what undid the stages. */
  const unstaged = async (encoded: EncodedResult, context: CodecContext) => {
    let { codec, data } = encoded;
    const used = new Set<Stage>();
    for (let last = lastStage(codec); last; last = lastStage(codec)) {
      const reader = readerOf(last.kind, encoded.codec);
      if (data === undefined) throw new IdempotencyResultError('the stored result has lost its data');
      codec = last.before;
      data = await reader.decode({ name: last.name, data }, { ...context, codec });
      used.add(reader);
    }
    return { plain: used.size === 0 ? encoded : unmarked(codec, data as Uint8Array), used };
  };

  const discards = stages.filter(({ discard }) => discard);
  const discardStaged = async ({ codec, data }: EncodedResult, context: CodecContext): Promise<void> => {
    const last = lastStage(codec);
    const stage = discards.find(({ names }) => last && names.includes(last.kind));
    if (stage?.discard && last && data !== undefined) await stage.discard({ name: last.name, data }, context);
  };

  const composed: ResultCodec = {
    async encode(result, context) {
      const plain = checkEncoded(await base.encode(result, context));
      let staged: (EncodedResult & { data: string | Uint8Array }) | undefined;
      for (const stage of stages) {
        const codec = staged?.codec ?? markedName(plain);
        const done = await stage.encode(staged?.data ?? plain.data ?? '', { ...context, codec });
        if (done) staged = { codec: `${codec}+${done.name}`, data: done.data };
      }
      return staged ?? plain;
    },

    async decode(encoded, context) {
      const { plain, used } = await unstaged(encoded, context);
      for (const stage of stages) {
        if (stage.refusal && !used.has(stage)) throw new IdempotencyResultError(stage.refusal);
      }
      return base.decode(plain, context);
    },

    ...((base.discard || discards.length > 0) && {
      async discard(encoded: EncodedResult, context: CodecContext) {
        try {
          // First: what the base gave may lie where the stages clear up.
          if (base.discard) await base.discard((await unstaged(encoded, context)).plain, context);
        } finally {
          await discardStaged(encoded, context);
        }
      },
    }),
    ...fingerprinting(base, stages),
  };
  // Not enumerable: in a copy with another encode() it would hide that.
  return Object.defineProperty(composed, COMPOSITION, { value: { base, stages } }) as Composed;
};

/** Each replaces what the one before gave. */
const fingerprinting = (base: ResultCodec, stages: readonly Stage[]): Pick<ResultCodec, 'fingerprint'> => {
  const ofStage = stages.find((stage) => stage.fingerprint)?.fingerprint;
  const ofBase = base.fingerprint?.bind(base);
  const both = ofStage && ofBase && (async (digest: string) => ofStage(await ofBase(digest)));
  // With the stage's `refusal`, where it has one.
  const fingerprint = both ? Object.assign(both, ofStage) : (ofStage ?? ofBase);
  return fingerprint ? { fingerprint } : {};
};

const placeOf = ({ names }: Stage): number => stageOrder.indexOf(names[0] as StageName);

/**
 * The codec with one stage more.
 *
 * @throws IdempotencyConfigError when it has such a stage already
 */
export const withStage = (stage: Stage, name: string, codec: ResultCodec): ResultCodec => {
  const { base, stages } = compositionOf(codec);
  if (stages.some((each) => placeOf(each) === placeOf(stage))) {
    throw new IdempotencyConfigError(`\`codec\`: ${name}() is there twice; a result goes through it once.`);
  }
  return compose(
    base,
    [...stages, stage].sort((a, b) => placeOf(a) - placeOf(b)),
  );
};

/** The codec with its base changed. */
export const withBase = (codec: ResultCodec, change: (base: ResultCodec) => ResultCodec): ResultCodec => {
  const { base, stages } = compositionOf(codec);
  return compose(change(base), stages);
};

/**
 * Readable JSON where JSON gives the value back as it was, devalue's typed JSON elsewhere (`undefined` members, Date,
 * Map, Set, bigint, NaN, infinities, -0, Buffer, typed arrays, Error, cycles). Functions, symbols and instances of
 * other classes have no stored form.
 */
export const typedJson: ResultCodec = compose(plainCodec, []);

/** The default: typed JSON, compressed where that makes the item at least one write unit smaller. */
export const defaultCodec: ResultCodec = compose(plainCodec, [compression()]);
