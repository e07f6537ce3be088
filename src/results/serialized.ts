import { typedJson, withBase } from '../core/codecs/pipeline.js';
import { method } from '../core/config/rules.js';
import type { CodecContext, EncodedResult, ResultCodec } from '../core/protocol/codec.js';
import { checkEncoded } from '../core/protocol/codec.js';
import { IdempotencyResultError } from '../core/protocol/errors.js';
import { checkCodec } from './check-codec.js';

/** How a model becomes data and comes back. What they throw is kept as `cause`, and not quoted. */
export interface ModelFunctions<Model, Data> {
  /** Gets what the function returned; its answer is stored. */
  readonly serialize: (model: Model) => Data | Promise<Data>;
  /** Gets what was stored; its answer is the replay. */
  readonly deserialize: (data: Data) => Model | Promise<Model>;
}

const rules = { serialize: method, deserialize: method };

const PREFIX = 'serialized+';

const plainName = (codec: string): string => (codec.startsWith(PREFIX) ? codec.slice(PREFIX.length) : codec);

const attempt = async <T>(name: string, work: () => T): Promise<Awaited<T>> => {
  try {
    return await work();
  } catch (cause) {
    throw new IdempotencyResultError(`the function \`${name}\` threw`, { cause });
  }
};

const around = <Model, Data>(
  { serialize, deserialize }: ModelFunctions<Model, Data>,
  base: ResultCodec,
): ResultCodec => ({
  // Its methods may be a class's: a copy would not have them.
  ...(base.fingerprint && { fingerprint: base.fingerprint.bind(base) }),
  ...(base.discard && {
    discard: ({ codec, ...rest }: EncodedResult, context: CodecContext) =>
      base.discard?.({ codec: plainName(codec), ...rest }, context),
  }),
  async encode(result: unknown, context: CodecContext): Promise<EncodedResult> {
    // What was thrown is no model.
    if (context.kind === 'failure') return base.encode(result, context);
    const data = await attempt('serialize', () => serialize(result as Model));
    const { codec, ...rest } = checkEncoded(await base.encode(data, context));
    return { codec: PREFIX + codec, ...rest };
  },
  async decode(encoded: EncodedResult, context: CodecContext): Promise<unknown> {
    const { codec, ...rest } = encoded;
    // Stored before models were: as the function returned it.
    if (!codec.startsWith(PREFIX)) return base.decode(encoded, context);
    const data = await base.decode({ codec: plainName(codec), ...rest }, context);
    return attempt('deserialize', () => deserialize(data as Data));
  },
});

/**
 * For functions that return instances of classes: they are stored as the data that `serialize` makes of them, and
 * replays get what `deserialize` makes of that.
 *
 * @param codec what else is done with a result
 * @throws IdempotencyConfigError for options that cannot work
 * @example docs/examples/results.ts
 */
export const serialized = <Model, Data>(
  functions: ModelFunctions<Model, Data>,
  codec: ResultCodec = typedJson,
): ResultCodec => {
  checkCodec('serialized', rules, functions, codec, ['serialize', 'deserialize']);
  return withBase(codec, (base) => around(functions, base));
};
