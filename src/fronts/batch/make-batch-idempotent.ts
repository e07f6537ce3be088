import type { Context } from 'aws-lambda';
import { type Host, resolveOptions } from '../../core/config/resolve.js';
import { IdempotencyConfigError } from '../../core/protocol/errors.js';
import { isSwitchedOff } from '../disabled.js';
import { type FunctionIdentity, handlerScope, identityAt, identityOfFunction } from '../function-identity.js';
import { nodeHost } from '../host.js';
import { lambdaContextOf, timeLeftIn } from '../lambda-context.js';
import {
  type BatchOptions,
  batchRules,
  DEFAULT_CONCURRENCY,
  DEFAULT_STOP_BEFORE_MS,
  type ParseOption,
  type SchemaOption,
} from './options.js';
import { parserOf } from './parse-record.js';
import { type Item, readBatch } from './read-batch.js';
import { OWNER, recordCalls } from './record-calls.js';
import { batchError, logFailure, logHookFailure, logNotRun, responseTo } from './report.js';
import { runRecords } from './run-records.js';
import type { SchemaOutput, StandardSchema } from './standard-schema.js';
import type { BatchHandler, BatchRecord, BatchResponse, ItemIdentifier, RecordBody } from './types.js';

export { BatchFailedError, RecordParseError } from './errors.js';
export type { BatchOptions, ParseOption, RecordOrder, SchemaOption } from './options.js';
export type { StandardSchema, StandardSchemaIssue, StandardSchemaResult } from './standard-schema.js';
export type {
  BatchEvent,
  BatchHandler,
  BatchRecord,
  BatchResponse,
  BatchResponseOf,
  ItemIdentifier,
  KafkaItemIdentifier,
  KafkaRecord,
  RecordBody,
} from './types.js';

type AnyOptions = BatchOptions<never> & {
  parse?: ((body: RecordBody, record: never) => unknown) | undefined;
  schema?: StandardSchema | undefined;
};
type AnyHandler = (...args: never[]) => unknown;

const checked = (handler: AnyHandler, options: AnyOptions, host: Host): void => {
  if (typeof handler !== 'function') {
    throw new IdempotencyConfigError(`${OWNER} needs a function that handles one record.`);
  }
  resolveOptions(OWNER, options, host, batchRules);
  if (options.parse && options.schema) {
    throw new IdempotencyConfigError(
      `The options of ${OWNER}: give either \`parse\` or \`schema\`, not both.`,
    );
  }
};

type Wrapped = (event: unknown, given: unknown) => Promise<BatchResponse<ItemIdentifier>>;

const wrapBatch = (handler: AnyHandler, options: AnyOptions, site: FunctionIdentity, host: Host): Wrapped => {
  checked(handler, options, host);
  const { concurrency = DEFAULT_CONCURRENCY, stopBeforeMs = DEFAULT_STOP_BEFORE_MS } = options;
  const { order = 'partitionKey', whenAllFail = 'throw' } = options;
  const onParked = options.onParked?.bind(options);
  const onRecordFailed = options.onRecordFailed?.bind(options);
  const parse = parserOf(options.parse, options.schema);
  const handle = handler as (...args: unknown[]) => unknown;
  const callsOf = recordCalls(options, { ...site, ...identityOfFunction(handler) }, concurrency, host);

  const onFailed = async (error: unknown, item: Item): Promise<void> => {
    if (!onRecordFailed) return logFailure(error, item);
    try {
      await onRecordFailed(error, item.record as never);
    } catch (thrown) {
      logHookFailure(thrown);
    }
  };

  const wrapped: Wrapped = async (event, given) => {
    const context: Context | undefined =
      lambdaContextOf(given) ?? lambdaContextOf(options.config?.lambdaContext);
    const batch = readBatch(event, order);
    const scope = (): string => options.keyPrefix ?? handlerScope(context);
    const calls = isSwitchedOff(scope)
      ? batch.items.map((item) => ({ item }))
      : await callsOf(batch, context, given);
    const failures = await runRecords(calls, {
      context,
      concurrency,
      hasTime: () => (timeLeftIn(context) ?? Number.POSITIVE_INFINITY) >= stopBeforeMs,
      execute: async ({ record }) =>
        parse ? handle(await parse(record), record, given) : handle(record, given),
      onFailed,
      onParked,
    });
    if (!onRecordFailed) logNotRun(failures);
    const inOrder = sortedAs(batch.items, failures);
    if (whenAllFail === 'throw' && failures.length > 0 && failures.length === batch.items.length) {
      throw batchError(inOrder);
    }
    return responseTo(batch.source, inOrder);
  };
  return Object.defineProperty(wrapped, 'name', { value: handler.name, configurable: true });
};

/** In the event's order. */
const sortedAs = <Failed extends { readonly item: Item }>(
  items: readonly Item[],
  failures: readonly Failed[],
): readonly Failed[] => {
  if (failures.length < 2) return failures;
  const positions = new Map(items.map((item, index) => [item, index]));
  const positionOf = ({ item }: Failed): number => positions.get(item) ?? 0;
  return [...failures].sort((one, other) => positionOf(one) - positionOf(other));
};

/**
 * Makes a Lambda handler from a function that handles one record of SQS, SQS FIFO, Kinesis, DynamoDB Streams or Kafka:
 * each record runs once, and the answer names exactly the records that failed. Turn on `ReportBatchItemFailures` in the
 * event source mapping: without it, Lambda ignores the answer, and failed records are lost.
 *
 * Without `source` and key in `config`, each record gets the key that the preset of its source computes.
 *
 * @param handler handles one record; with `parse` or `schema`, its first argument is the record's data
 * @throws IdempotencyConfigError at once, for options that cannot work
 * @throws (from the handler) BatchFailedError if all records failed (see `whenAllFail`), IdempotencyKeyError for an
 *   event that is not such a batch or comes from another source, IdempotencyConfigError
 * @example
 * ```ts
 * import type { SQSRecord } from 'aws-lambda';
 * import { makeBatchIdempotent } from 'lambda-idempotency/batch';
 * import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
 *
 * const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'idempotency' });
 *
 * export const handler = makeBatchIdempotent(
 *   async (order: { id: string }, _record: SQSRecord) => {
 *     console.log(`ordered ${order.id}`);
 *   },
 *   { persistenceStore, parse: (body) => body.json() as { id: string } },
 * );
 * ```
 */
export function makeBatchIdempotent<Schema extends StandardSchema, Item extends BatchRecord = BatchRecord>(
  handler: (data: SchemaOutput<Schema>, record: Item, context: Context) => unknown,
  options: BatchOptions<Item> & SchemaOption<Schema>,
): BatchHandler<Item>;
export function makeBatchIdempotent<Data, Item extends BatchRecord = BatchRecord>(
  handler: (data: Data, record: Item, context: Context) => unknown,
  options: BatchOptions<Item> & ParseOption<Data, Item>,
): BatchHandler<Item>;
export function makeBatchIdempotent<Item extends BatchRecord>(
  handler: (record: Item, context: Context) => unknown,
  options: BatchOptions<Item> & { parse?: undefined; schema?: undefined },
): BatchHandler<Item>;
export function makeBatchIdempotent(handler: AnyHandler, options: AnyOptions): BatchHandler<never> {
  return wrapBatch(handler, options, identityAt(makeBatchIdempotent), nodeHost) as never;
}
