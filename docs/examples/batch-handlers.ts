import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, KinesisStreamRecord, SQSEvent, SQSRecord } from 'aws-lambda';
import { IdempotencyConfig, makeIdempotent } from 'lambda-idempotency';
import { makeBatchIdempotent } from 'lambda-idempotency/batch';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { sqs } from 'lambda-idempotency/sources';
import { bake, type Cake, type Order, pay } from './bakery.js';

// In your code, each of these handlers is a separate Lambda function.
const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

// #region queue
export const handler = makeBatchIdempotent(
  async (order: Order, _record: SQSRecord, _context: Context) => bake(order),
  { persistenceStore, parse: (body) => body.json() as Order },
);
// #endregion queue

// #region stream
export const onStream = makeBatchIdempotent(
  async (record: KinesisStreamRecord) => bake(JSON.parse(atob(record.kinesis.data))),
  { persistenceStore, concurrency: 20, keyPrefix: 'stream' },
);
// #endregion stream

// #region parked
export const parked: string[] = [];

export const payOrders = makeBatchIdempotent(
  async (order: Order, _record: SQSRecord) => {
    const { declined } = await pay(order);
    if (declined) throw new Error(declined);
  },
  {
    persistenceStore,
    keyPrefix: 'payments',
    config: { source: sqs({ bodyField: 'orderId' }), maxAttempts: 3 },
    parse: (body) => body.json() as Order,
    // Where you look later: a table, a queue, a ticket.
    onParked: async (_error, record) => {
      parked.push(record.messageId);
    },
  },
);
// #endregion parked

// #region powertools
const processor = new BatchProcessor(EventType.SQS);
const config = new IdempotencyConfig({ source: sqs({ bodyField: 'orderId' }) });

const bakeRecord = makeIdempotent(
  async function bakeRecord(record: SQSRecord): Promise<Cake> {
    return bake(JSON.parse(record.body));
  },
  { persistenceStore, config },
);

export const powertoolsHandler = async (event: SQSEvent, context: Context) => {
  config.registerLambdaContext(context);
  return processPartialResponse(event, (record: SQSRecord) => bakeRecord(record), processor, { context });
};
// #endregion powertools
