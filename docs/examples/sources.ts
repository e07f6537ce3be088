import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
  EventBridgeEvent,
  SQSEvent,
  SQSRecord,
} from 'aws-lambda';
import { IdempotencyConfig, makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { anySource, eventBridge, sqs } from 'lambda-idempotency/sources';
import { bake, type Cake, type Order } from './bakery.js';
import { orderConfig } from './order-config.js';

// In your code, each of these handlers is a separate Lambda function.
const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

// #region sqs
const workerConfig = new IdempotencyConfig({ source: sqs({ bodyField: 'orderId' }) });

// Each record is a separate call.
const bakeOnce = makeIdempotent(
  async function bakeOnce(record: SQSRecord): Promise<Cake> {
    return bake(JSON.parse(record.body));
  },
  { persistenceStore, config: workerConfig },
);

export const worker = async (event: SQSEvent, context: Context): Promise<void> => {
  workerConfig.registerLambdaContext(context);
  for (const record of event.Records) await bakeOnce(record);
};
// #endregion sqs

// #region http
export const placeOrder = makeIdempotent(
  async (event: APIGatewayProxyEventV2, _context: Context): Promise<APIGatewayProxyStructuredResultV2> => {
    const cake = await bake(JSON.parse(event.body ?? ''));
    return { statusCode: 201, body: JSON.stringify(cake) };
  },
  { persistenceStore, config: orderConfig },
);
// #endregion http

// #region event-bridge
interface OrderCreated {
  metadata: { 'idempotency-key': string };
  order: Order;
}

export const onOrderCreated = makeIdempotent(
  async (event: EventBridgeEvent<'OrderCreated', OrderCreated>, _context: Context): Promise<Cake> =>
    bake(event.detail.order),
  { persistenceStore, config: { source: eventBridge(), throwOnNoIdempotencyKey: true } },
);
// #endregion event-bridge

// #region event-bridge-field
export const onOrderPaid = makeIdempotent(
  async (event: EventBridgeEvent<'OrderPaid', Order>, _context: Context): Promise<Cake> => bake(event.detail),
  {
    persistenceStore,
    config: {
      source: eventBridge(),
      eventKeyJmesPath: 'detail.orderId',
      throwOnNoIdempotencyKey: true,
    },
  },
);
// #endregion event-bridge-field

// #region any
export const onAnything = makeIdempotent(
  async (_event: unknown, _context: Context): Promise<Cake> =>
    bake({ orderId: 'any', cake: 'black forest', amount: 42 }),
  { persistenceStore, config: { source: anySource(), throwOnNoIdempotencyKey: true } },
);
// #endregion any
