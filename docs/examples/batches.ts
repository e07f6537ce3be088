import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { IdempotencyConfig, makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { sqs, sqsFifo } from 'lambda-idempotency/sources';
import { bake, type Cake } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

// #region standard
const config = new IdempotencyConfig({ source: sqs({ bodyField: 'orderId' }) });

const bakeOnce = makeIdempotent(
  async function bakeOnce(record: SQSRecord): Promise<Cake> {
    return bake(JSON.parse(record.body));
  },
  { persistenceStore, config },
);

const failureOf = ({ messageId }: SQSRecord) => ({ itemIdentifier: messageId });

export const handler = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  // Each run is protected for the time that the invocation has left.
  config.registerLambdaContext(context);
  const results = await Promise.allSettled(event.Records.map((record) => bakeOnce(record)));
  const failed = event.Records.filter((record, index) => {
    const result = results[index];
    if (result?.status !== 'rejected') return false;
    console.error(record.messageId, result.reason);
    return true;
  });
  return { batchItemFailures: failed.map(failureOf) };
};
// #endregion standard

// #region fifo
const fifoConfig = new IdempotencyConfig({ source: sqsFifo() });

const bakeInOrder = makeIdempotent(
  async function bakeInOrder(record: SQSRecord): Promise<Cake> {
    return bake(JSON.parse(record.body));
  },
  { persistenceStore, config: fifoConfig },
);

export const fifoHandler = async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
  fifoConfig.registerLambdaContext(context);
  for (const [index, record] of event.Records.entries()) {
    try {
      await bakeInOrder(record);
    } catch (error) {
      console.error(record.messageId, error);
      // No later message may overtake this one.
      return { batchItemFailures: event.Records.slice(index).map(failureOf) };
    }
  }
  return { batchItemFailures: [] };
};
// #endregion fifo
