export type { ResponseHook } from './core/call/types.js';
export type { IdempotencyConfigOptions, IdempotencyOptions, LeaseOptions } from './core/config/options.js';
export type { JmesPathFunction, JmesPathOptions, PowertoolsFunctions } from './core/keys/selection.js';
export type { Clock } from './core/protocol/clock.js';
export type { CodecContext, EncodedResult, ResultCodec } from './core/protocol/codec.js';
export type { ErrorClass } from './core/protocol/errors.js';
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
} from './core/protocol/errors.js';
export { channelName, type IdempotencyEventName, type IdempotencyEvents } from './core/protocol/events.js';
export { KeyMaterialError } from './core/protocol/key-material-error.js';
export type {
  RunningRecord,
  SettledRecord,
  StoredParts,
  StoredRecord,
  StoredResult,
} from './core/protocol/record.js';
export {
  type IdempotencyRecord,
  type IdempotencyRecordOptions,
  IdempotencyRecordStatus,
  type IdempotencyRecordStatusValue,
} from './core/protocol/record-view.js';
export type { EventSource, SourceReading } from './core/protocol/source.js';
export type {
  ClaimAnswer,
  ClaimMoment,
  HolderAnswer,
  Outcome,
  PersistenceStore,
  ReadOptions,
} from './core/protocol/store.js';
export { type IdempotentDecorator, idempotent } from './fronts/decorator.js';
export { IdempotencyConfig } from './fronts/idempotency-config.js';
export { type EventIdentity, type IdentifyOptions, identify } from './fronts/identify.js';
export {
  type IdempotentArguments,
  type IdempotentFunction,
  type IdempotentFunctionOptions,
  type IdempotentResult,
  makeIdempotent,
  type PayloadOf,
} from './fronts/make-idempotent.js';
export { type CurrentIdempotency, currentIdempotency } from './running/current-call.js';
