export type { CodecContext, EncodedResult, ResultCodec } from './core/codec.js';
export {
  IdempotencyAlreadyInProgressError,
  IdempotencyAttemptsExhaustedError,
  IdempotencyConfigError,
  IdempotencyError,
  type IdempotencyErrorCode,
  IdempotencyInconsistentStateError,
  IdempotencyKeyError,
  IdempotencyLeaseLostError,
  IdempotencyOutcomeUnknownError,
  IdempotencyPersistenceLayerError,
  IdempotencyResultError,
  IdempotencyValidationError,
} from './core/errors.js';
export { channelName, type IdempotencyEventName, type IdempotencyEvents } from './core/events.js';
export type { ErrorClass } from './core/failure.js';
export type { JmesPathFunction, JmesPathOptions, PowertoolsFunctions } from './core/jmespath-types.js';
export type { IdempotencyConfigOptions, IdempotencyOptions, LeaseOptions } from './core/options.js';
export type { RunningRecord, SettledRecord, StoredParts, StoredRecord, StoredResult } from './core/record.js';
export type { IdempotencyRecord } from './core/record-view.js';
export type { EventSource, SourceReading } from './core/source.js';
export type {
  ClaimAnswer,
  ClaimMoment,
  HolderAnswer,
  Outcome,
  PersistenceStore,
  ReadOptions,
} from './core/store.js';
export type { ResponseHook } from './core/types.js';
export { IdempotencyConfig } from './fronts/config.js';
export { type CurrentIdempotency, currentIdempotency } from './fronts/context.js';
export { type IdempotentDecorator, idempotent } from './fronts/decorator.js';
export { type EventIdentity, type IdentifyOptions, identify } from './fronts/identify.js';
export {
  type IdempotentFunction,
  type IdempotentFunctionOptions,
  type IdempotentResult,
  makeIdempotent,
} from './fronts/wrap.js';
