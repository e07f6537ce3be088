/** `lambda-idempotency/types`: Powertools' names of types, as far as they exist here. */
import type { ResponseHook } from './core/call/types.js';
import type { IdempotencyConfigOptions, IdempotencyOptions } from './core/config/options.js';
import type { IdempotencyRecordOptions, IdempotencyRecordStatusValue } from './core/protocol/record-view.js';
import type { IdempotentFunctionOptions } from './fronts/make-idempotent.js';
import type { DynamoDBPersistenceOptions } from './stores/dynamodb/sdk-layer.js';

/** Options of a handler's wrapper. */
export type IdempotencyLambdaHandlerOptions<Payload = unknown> = IdempotencyOptions<Payload>;

/** Options of a function's wrapper. The name is Powertools'. */
export type ItempotentFunctionOptions<Args extends readonly unknown[] = readonly unknown[]> =
  IdempotentFunctionOptions<Args[number]>;

/** Any function that can be wrapped. */
export type AnyFunction = (...args: never[]) => unknown;

export type {
  DynamoDBPersistenceOptions,
  IdempotencyConfigOptions,
  IdempotencyRecordOptions,
  IdempotencyRecordStatusValue,
  ResponseHook,
};
