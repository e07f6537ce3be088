import type { EventSource } from '../core/source.js';
import { oneRecord } from './declare.js';
import { eventBridge, s3, s3ViaEventBridge } from './events.js';
import { alb, apiGatewayRest, httpApi } from './http.js';
import { cloudFormation, invoke } from './invocations.js';
import { sns, snsToSqs, sqs, sqsFifo } from './messages.js';
import { sourceNameOf } from './recognise.js';
import { dynamodbStreams, kafka, kinesis } from './streams.js';

/**
 * Recognises the source of each event, for a function with several: each gets its own source's key and window.
 */
export const anySource = (): EventSource => {
  const presets: Readonly<Record<string, EventSource>> = Object.fromEntries(
    [
      apiGatewayRest(),
      httpApi(),
      alb(),
      sqs(),
      sqsFifo(),
      sns(),
      snsToSqs(),
      eventBridge(),
      s3(),
      s3ViaEventBridge(),
      kinesis(),
      dynamodbStreams(),
      kafka(),
      cloudFormation(),
    ].map((preset) => [preset.name, preset]),
  );
  const direct = invoke();
  const resolve = (event: unknown): EventSource => {
    const name = sourceNameOf(event);
    if (presets[name]) oneRecord(event);
    return presets[name] ?? direct.resolve(event);
  };
  return Object.freeze({
    name: 'anySource',
    resolve,
    read: (event: unknown, context: Parameters<EventSource['read']>[1]) =>
      resolve(event).read(event, context),
  });
};
