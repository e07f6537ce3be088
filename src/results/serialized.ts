import { typedJson, withBase } from '../core/codecs/pipeline.js';
import { aFunction, required } from '../core/config/rules.js';
import type { CodecContext, EncodedResult, ResultCodec } from '../core/protocol/codec.js';
import { checkEncoded } from '../core/protocol/codec.js';
import { IdempotencyResultError } from '../core/protocol/errors.js';
import { checkCodec } from './check-codec.js';

/** Converts a model to data and back. An error thrown here becomes a `cause`; its message is not quoted. */
export interface ModelFunctions<Model, Data> {
  /** Gets the value that the function returned, and returns the data to store. */
  readonly serialize: (model: Model) => Data | Promise<Data>;
  /** Gets the stored data, and returns the value to replay. */
  readonly deserialize: (data: Data) => Model | Promise<Model>;
}

const rules = { serialize: required(aFunction), deserialize: required(aFunction) };

const PREFIX = 'serialized+';

const nameOfBase = (codec: string): string => (codec.startsWith(PREFIX) ? codec.slice(PREFIX.length) : codec);

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
  // Bound, since a codec may be an instance of a class: a copy would lose its methods.
  ...(base.fingerprint && { fingerprint: base.fingerprint.bind(base) }),
  ...(base.discard && {
    discard: ({ codec, ...rest }: EncodedResult, context: CodecContext) =>
      base.discard?.({ codec: nameOfBase(codec), ...rest }, context),
  }),
  async encode(result: unknown, context: CodecContext): Promise<EncodedResult> {
    // A failure is not a model.
    if (context.kind === 'failure') return base.encode(result, context);
    const data = await attempt('serialize', () => serialize(result as Model));
    const { codec, ...rest } = checkEncoded(await base.encode(data, context));
    return { codec: PREFIX + codec, ...rest };
  },
  async decode(encoded: EncodedResult, context: CodecContext): Promise<unknown> {
    const { codec, ...rest } = encoded;
    // Stored before `serialized` was in use: the value as the function returned it.
    if (!codec.startsWith(PREFIX)) return base.decode(encoded, context);
    const data = await base.decode({ codec: nameOfBase(codec), ...rest }, context);
    return attempt('deserialize', () => deserialize(data as Data));
  },
});

/**
 * A codec for functions that return class instances. `serialize` turns them into data to store, and `deserialize` turns
 * that data back into an instance for a replay.
 *
 * @param codec the codec to extend. Default: `typedJson`
 * @throws IdempotencyConfigError for invalid options
 * @example
 * ```ts
 * import { serialized } from 'lambda-idempotency/results';
 *
 * class Order {
 *   readonly id: string;
 *   constructor(id: string) {
 *     this.id = id;
 *   }
 * }
 *
 * const codec = serialized<Order, string>({
 *   serialize: (order) => order.id,
 *   deserialize: (id) => new Order(id),
 * });
 * ```
 */
export const serialized = <Model, Data>(
  functions: ModelFunctions<Model, Data>,
  codec: ResultCodec = typedJson,
): ResultCodec => {
  checkCodec('serialized', rules, functions, codec);
  return withBase(codec, (base) => around(functions, base));
};
