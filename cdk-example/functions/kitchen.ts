import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { IdempotencyConfig, makeIdempotent } from 'lambda-idempotency';
import { sqs } from 'lambda-idempotency/sources';
import { doToTheWorld } from './shop/effects.ts';
import { setting } from './shop/environment.ts';
import { log, logError, nameOf } from './shop/log.ts';
import { isCake } from './shop/menu.ts';
import { ORDER_WINDOW_SECONDS } from './shop/order-window.ts';
import { persistenceStore } from './shop/persistence-store.ts';

const cakes = setting('CAKES_TABLE');

const bake = async ({ body }: SQSRecord): Promise<string> => {
  const { orderId, cake } = JSON.parse(body);
  if (typeof orderId !== 'string' || !isCake(cake)) throw new Error('The message is no order.');
  const cakeId = await doToTheWorld(cakes, orderId, cake);
  log('cake baked', { orderId, cake });
  return cakeId;
};

/** The key of a record is its attribute `idempotency-key`, and its `messageId` where a producer gave none. */
const config = new IdempotencyConfig({ source: sqs(), expiresAfterSeconds: ORDER_WINDOW_SECONDS });
const bakeOnce = makeIdempotent(bake, { persistenceStore, config });

/** Bakes what the queue delivers. What fails is delivered again by itself, and ends in the dead-letter queue. */
export const handler = async ({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  // The records' leases end with this invocation.
  config.registerLambdaContext(context);
  const baked = await Promise.allSettled(Records.map((record) => bakeOnce(record)));
  const batchItemFailures = baked.flatMap((result, index) => {
    const messageId = Records[index]?.messageId;
    if (result.status === 'fulfilled' || messageId === undefined) return [];
    logError('record failed', { messageId, error: nameOf(result.reason) });
    return [{ itemIdentifier: messageId }];
  });
  return { batchItemFailures };
};
