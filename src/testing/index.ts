export { createIdempotency, type Idempotency } from './create-idempotency.js';
export { deliverAgain, sendAgain } from './events/deliver-again.js';
export {
  type AuthorizedRequest,
  albEvent,
  apiGatewayEvent,
  functionUrlEvent,
  type HttpRequest,
  httpApiEvent,
  type SignedRequest,
} from './events/http.js';
export {
  type FifoMessage,
  type QueueMessage,
  snsEvent,
  snsToSqsEvent,
  sqsEvent,
  sqsFifoEvent,
  sqsFifoRecord,
  sqsRecord,
  type TopicMessage,
} from './events/messages.js';
export {
  type BusEntry,
  type CustomResource,
  cloudFormationEvent,
  eventBridgeEvent,
  type StateMachineTask,
  s3Event,
  s3ViaEventBridgeEvent,
  stepFunctionsEvent,
  type WrittenObject,
} from './events/services.js';
export {
  dynamoDBStreamEvent,
  type ItemChange,
  kafkaEvent,
  kinesisEvent,
  type StreamRecord,
  type TopicRecord,
} from './events/streams.js';
export { type Fault, FaultyStore, type StoreOperation } from './faulty-store.js';
export { type LambdaContextOptions, lambdaContext } from './lambda-context.js';
export { ManualClock } from './manual-clock.js';
export { type StoreHarness, type StoreRule, storeContract } from './store-contract/contract.js';
