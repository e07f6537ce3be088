export type { EventSource, SourceReading } from '../core/protocol/source.js';
export { anySource } from './any.js';
export { type EventBridgeSourceOptions, eventBridge, s3, s3ViaEventBridge } from './events.js';
export { alb, apiGatewayRest, httpApi } from './http.js';
export type { HttpSourceOptions } from './http-options.js';
export { cloudFormation, durable, type InvokeSourceOptions, invoke, stepFunctions } from './invocations.js';
export {
  type FifoSourceOptions,
  type MessageSourceOptions,
  sns,
  snsToSqs,
  sqs,
  sqsFifo,
} from './messages.js';
export { type Provider, type ProviderName, providers } from './providers.js';
export {
  dynamodbStreams,
  type KafkaSourceOptions,
  type KinesisSourceOptions,
  kafka,
  kinesis,
} from './streams.js';
