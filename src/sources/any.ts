import type { Context } from 'aws-lambda';
import type { EventSource } from '../core/protocol/source.js';
import { eventBridge, s3, s3ViaEventBridge } from './events.js';
import { alb, apiGatewayRest, httpApi } from './http.js';
import { cloudFormation, durable, executionOf, invoke } from './invocations.js';
import { sns, snsToSqs, sqs, sqsFifo } from './messages.js';
import { type Recognised, recognise } from './recognise.js';
import { dynamodbStreams, kafka, kinesis } from './streams.js';

/**
 * Recognises the source of each event, for a function with several: each gets its own source's key and window.
 */
export const anySource = (): EventSource => {
  const presets: Readonly<Record<Recognised, EventSource>> = {
    apiGatewayRest: apiGatewayRest(),
    httpApi: httpApi(),
    alb: alb(),
    sqs: sqs(),
    sqsFifo: sqsFifo(),
    sns: sns(),
    snsToSqs: snsToSqs(),
    eventBridge: eventBridge(),
    s3: s3(),
    s3ViaEventBridge: s3ViaEventBridge(),
    kinesis: kinesis(),
    dynamodbStreams: dynamodbStreams(),
    kafka: kafka(),
    cloudFormation: cloudFormation(),
  };
  const [direct, execution] = [invoke(), durable()];
  const resolve = (event: unknown, context: Context | undefined): EventSource => {
    const name = recognise(event);
    if (name !== undefined) return presets[name];
    return executionOf(context) === undefined ? direct : execution;
  };
  return Object.freeze({
    name: 'anySource',
    resolve,
    read: (event: unknown, context: Context | undefined) => resolve(event, context).read(event, context),
  });
};
