import type { UnstableField, UnstableFields } from '../core/protocol/unstable-fields.js';
import { unstableFieldOfEvent } from './unstable-events.js';

/** Fields of AWS events that change with every attempt: a key made of one never recognises a duplicate. */

const client = 'the key that the client sends, such as the header Idempotency-Key';
const message = 'a message attribute of your own, such as `idempotency-key`';

const fields: readonly UnstableField[] = [
  { path: ['requestContext', 'requestId'], why: 'is new on every request', instead: client },
  { path: ['requestContext', 'extendedRequestId'], why: 'is new on every request', instead: client },
  { path: ['requestContext', 'requestTime'], why: 'is the time of the attempt', instead: client },
  { path: ['requestContext', 'requestTimeEpoch'], why: 'is the time of the attempt', instead: client },
  { path: ['requestContext', 'time'], why: 'is the time of the attempt', instead: client },
  { path: ['requestContext', 'timeEpoch'], why: 'is the time of the attempt', instead: client },
  { path: ['x-amzn-trace-id'], why: 'is new on every request', instead: client },
  { path: ['x-amz-cf-id'], why: 'is new on every request', instead: client },
  { path: ['traceparent'], why: 'is new on every request', instead: client },
  { path: ['claims', 'exp'], why: 'is new when a token is refreshed', instead: 'the claim `sub`' },
  { path: ['claims', 'iat'], why: 'is new when a token is refreshed', instead: 'the claim `sub`' },
  { path: ['claims', 'jti'], why: 'is new when a token is refreshed', instead: 'the claim `sub`' },
  { path: ['claims', 'auth_time'], why: 'is new when a token is refreshed', instead: 'the claim `sub`' },
  { path: ['receiptHandle'], why: 'is new on every delivery', instead: message },
  { path: ['attributes', 'ApproximateReceiveCount'], why: 'counts deliveries', instead: message },
  {
    path: ['attributes', 'ApproximateFirstReceiveTimestamp'],
    why: 'is new after a redrive',
    instead: message,
  },
  { path: ['attributes', 'SentTimestamp'], why: 'is new when a producer sends again', instead: message },
  { path: ['attributes', 'SequenceNumber'], why: 'is new when a producer sends again', instead: message },
  { path: ['Sns', 'Timestamp'], why: 'is the time of the attempt', instead: message },
  { path: ['Sns', 'Signature'], why: 'is new on every attempt', instead: message },
  {
    path: ['Sns', 'UnsubscribeUrl'],
    why: 'belongs to the subscription, not to the message',
    instead: message,
  },
  {
    path: ['kinesis', 'approximateArrivalTimestamp'],
    why: 'is a time',
    instead: 'a key in the data, or `eventID`',
  },
  { path: ['dynamodb', 'ApproximateCreationDateTime'], why: 'is a time', instead: '`eventID`' },
  {
    path: ['responseElements', 'x-amz-request-id'],
    why: 'belongs to a request, which may change many objects',
    instead: 'bucket, key, version and `sequencer`',
  },
  {
    path: ['State', 'RetryCount'],
    why: 'counts attempts',
    instead: "the execution's id and the state's name",
  },
  {
    path: ['Execution', 'RedriveCount'],
    why: 'counts attempts',
    instead: "the execution's id and the state's name",
  },
  {
    path: ['ResponseURL'],
    why: 'is signed again on every attempt',
    instead: 'StackId, RequestId and LogicalResourceId',
  },
  { path: ['attributes', 'AWSTraceHeader'], why: 'is new every time a message is sent', instead: message },
  {
    path: ['Task', 'Token'],
    why: 'is new on every attempt',
    instead: "the execution's id and the state's name",
  },
];

const eventBridgeId: UnstableField = {
  path: ['id'],
  why: 'is new on every PutEvents, even on a retry',
  instead: '`detail.metadata."idempotency-key"`, which the producer sets',
};

export const unstableFields: UnstableFields = {
  fields,
  ofSources: [{ source: 'eventBridge', mark: 'detail-type', field: eventBridgeId }],
  places: [[], ['Records', '0'], ['requestContext', 'authorizer'], ['requestContext', 'authorizer', 'jwt']],
  headers: [['headers'], ['multiValueHeaders']],
  ofEvent: unstableFieldOfEvent,
};
