import type { IdempotencyOptions } from '../../core/config/options.js';
import { aFunction, hasMethods, type OptionRules, rule, wholeFrom } from '../../core/config/rules.js';
import type { IdempotencyAttemptsExhaustedError } from '../../core/protocol/errors.js';
import type { StandardSchema } from './standard-schema.js';
import type { RecordBody } from './types.js';

/** Which records of a stream run in order: those with one partition key (or of one item), or the whole batch. */
export type RecordOrder = 'partitionKey' | 'shard';

/** Options of `makeBatchIdempotent`. */
export interface BatchOptions<Item = unknown> extends IdempotencyOptions<Item> {
  /** The most records, or groups of records in order, that run side by side. Default: 10. */
  concurrency?: number | undefined;
  /**
   * When less than this remains of the invocation, in milliseconds, no more records start: they are reported as failed,
   * and Lambda delivers them again.
   * Default: 1,000.
   */
  stopBeforeMs?: number | undefined;
  /**
   * What runs in order in a batch of Kinesis or DynamoDB Streams: the records of one partition key or of one item, or the
   * whole batch. FIFO queues always keep the order of a message group, Kafka that of a partition. Default: `'partitionKey'`.
   */
  order?: RecordOrder | undefined;
  /** Whether an invocation throws `BatchFailedError` when all of its records fail, or reports them. Default: `'throw'`. */
  whenAllFail?: 'throw' | 'report' | undefined;
  /**
   * Called for each record that failed, but not for those that were not run. Default: one line of `console.error` with the
   * item identifier and the error's name, code and message, as JSON.
   */
  onRecordFailed?(error: unknown, record: Item): void | Promise<void>;
  /**
   * Called instead of the handler for a record that has used up `config.maxAttempts`. When it resolves, the record counts
   * as handled. When it throws, or is not set, the record fails, and the queue's dead-letter rules apply.
   */
  onParked?(error: IdempotencyAttemptsExhaustedError, record: Item): void | Promise<void>;
}

/** Parses a record inside its run, so that duplicates are not parsed. */
export interface ParseOption<Data, Item> {
  parse: (body: RecordBody, record: Item) => Data | Promise<Data>;
  schema?: undefined;
}

/** Validates a record's JSON inside its run. */
export interface SchemaOption<Schema extends StandardSchema> {
  /** A schema of zod, Valibot, ArkType or another library that implements Standard Schema. */
  schema: Schema;
  parse?: undefined;
}

export const DEFAULT_CONCURRENCY = 10;
export const DEFAULT_STOP_BEFORE_MS = 1_000;

const isSchema = (value: unknown): boolean =>
  hasMethods((value as { '~standard'?: unknown } | null | undefined)?.['~standard'], 'validate');

const oneOf = (one: string, other: string): ReturnType<typeof rule> =>
  rule(`'${one}' or '${other}'`, (value) => value === one || value === other);

export const batchRules: OptionRules = {
  concurrency: wholeFrom(1),
  stopBeforeMs: wholeFrom(0),
  order: oneOf('partitionKey', 'shard'),
  whenAllFail: oneOf('throw', 'report'),
  onRecordFailed: aFunction,
  onParked: aFunction,
  parse: aFunction,
  schema: rule('a Standard Schema v1, such as one of zod', isSchema),
};
