import type { Context } from 'aws-lambda';
import type { Call } from '../../core/call/types.js';
import type { IdempotencyConfigOptions, IdempotencyOptions } from '../../core/config/options.js';
import { type Host, type ResolvedOptions, resolveOptions } from '../../core/config/resolve.js';
import { IdempotencyConfigError, IdempotencyKeyError } from '../../core/protocol/errors.js';
import { KeyMaterialError } from '../../core/protocol/key-material-error.js';
import type { EventSource } from '../../core/protocol/source.js';
import { snsToSqs, sqs, sqsFifo } from '../../sources/messages.js';
import { providers } from '../../sources/providers.js';
import { recognise } from '../../sources/recognise.js';
import { dynamodbStreams, kafka, kinesis } from '../../sources/streams.js';
import { callBuilder } from '../build-call.js';
import { type FunctionIdentity, handlerScope } from '../function-identity.js';
import type { Batch, Item, SourceName } from './read-batch.js';
import { sideBySide } from './side-by-side.js';

export const OWNER = 'makeBatchIdempotent';

/** A record and its call, or why it has none. */
export interface RecordCall {
  readonly item: Item;
  /** Undefined: the key is missing, and the record runs unprotected. */
  readonly call?: Call | undefined;
  readonly refusal?: unknown;
}

/** A queue may deliver both its own messages and SNS notifications. */
const queue = (): EventSource => {
  const presets: Readonly<Record<string, EventSource>> = {
    sqs: sqs(),
    sqsFifo: sqsFifo(),
    snsToSqs: snsToSqs(),
  };
  const resolve = (record: unknown): EventSource => {
    const preset = presets[recognise(record) ?? ''];
    if (preset) return preset;
    throw new KeyMaterialError('the record does not come from a queue');
  };
  return { name: 'sqs', resolve, read: (record, context) => resolve(record).read(record, context) };
};

const presetOf: Readonly<Record<SourceName, () => EventSource>> = {
  sqs: queue,
  kinesis,
  dynamodbStreams,
  kafka,
};

type Config = IdempotencyConfigOptions<never>;

/** The config with changes. An instance stays an instance. */
const changed = (config: Config, changes: Partial<Config>): Config =>
  Object.assign(Object.create(Object.getPrototypeOf(config)), config, changes);

/** Takes from the records' own source whatever the user has not set. */
const configFor = (config: Config, source: SourceName): Config => {
  if (config.source) return config;
  if (!config.eventKey && !config.eventKeyJmesPath) return changed(config, { source: presetOf[source]() });
  // The user's own key; the source still redelivers for as long.
  if (config.expiresAfterSeconds !== undefined) return config;
  return changed(config, { expiresAfterSeconds: providers[source].window });
};

const resolves = (source: EventSource, payload: unknown, context: Context | undefined): boolean => {
  try {
    source.resolve(payload, context);
    return true;
  } catch {
    return false;
  }
};

/** @throws IdempotencyKeyError if no record comes from the configured source: trigger or config is wrong */
const refuseOtherSource = (
  configured: EventSource | undefined,
  { source, items }: Batch,
  context: Context | undefined,
): void => {
  if (!configured || items.some(({ payload }) => resolves(configured, payload, context))) return;
  throw new IdempotencyKeyError(
    `The batch comes from ${source}, but \`source\` is ${configured.name}. Nothing ran.`,
  );
};

/** @returns a function that computes the calls of a batch before any of its records runs */
export const recordCalls = (
  options: IdempotencyOptions<never>,
  identity: FunctionIdentity,
  concurrency: number,
  host: Host,
): ((batch: Batch, context: Context | undefined, keyContext: unknown) => Promise<readonly RecordCall[]>) => {
  const { persistenceStore, keyPrefix } = options;
  // Read now: later changes by the user have no effect.
  const config = changed(options.config ?? {}, {});
  const builders = new Map<
    SourceName,
    { readonly resolved: ResolvedOptions; readonly build: ReturnType<typeof callBuilder> }
  >();
  const builderFor = (source: SourceName) => {
    let builder = builders.get(source);
    if (!builder) {
      const own = { persistenceStore, keyPrefix, config: configFor(config, source) };
      const resolved = resolveOptions(OWNER, own, host);
      builder = { resolved, build: callBuilder(resolved, host.runtime) };
      builders.set(source, builder);
    }
    return builder;
  };

  return async (batch, context, keyContext) => {
    const { source, items } = batch;
    if (source === undefined) return [];
    const { resolved, build } = builderFor(source);
    refuseOtherSource(config.source, batch, context);
    const scope = resolved.keyPrefix ?? handlerScope(context);
    const calls: RecordCall[] = new Array(items.length);
    await sideBySide(items, concurrency, async (item, index) => {
      try {
        calls[index] = {
          item,
          call: await build({ scope, identity, payload: item.payload, context, keyContext }),
        };
      } catch (refusal) {
        // A mistake in the config affects all records.
        if (refusal instanceof IdempotencyConfigError) throw refusal;
        calls[index] = { item, refusal };
      }
    });
    return calls;
  };
};
