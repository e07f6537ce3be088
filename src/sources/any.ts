import type { Context } from 'aws-lambda';
import type { EventSource } from '../core/protocol/source.js';
import { eventBridge, s3, s3ViaEventBridge } from './events.js';
import { alb, apiGatewayRest, httpApi } from './http.js';
import { cloudFormation, durable, executionOf, invoke } from './invocations.js';
import { sns, snsToSqs, sqs, sqsFifo } from './messages.js';
import { type Recognised, recognise } from './recognise.js';
import { dynamodbStreams, kafka, kinesis } from './streams.js';

/**
 * For a function with several event sources: recognises each event, and takes the key and the window from its source.
 * An event that no preset recognises is a direct invocation, as with `invoke()`.
 *
 * @example
 * ```ts
 * import { IdempotencyConfig } from 'lambda-idempotency';
 * import { anySource } from 'lambda-idempotency/sources';
 *
 * const config = new IdempotencyConfig({ source: anySource() });
 * ```
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
