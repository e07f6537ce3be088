import type { APIGatewayProxyResult, Context } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { type Order, pay } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

const placeOrder = async (order: Order, _context: Context): Promise<APIGatewayProxyResult> => {
  try {
    const { declined } = await pay(order);
    return { statusCode: declined ? 402 : 201, body: '' };
  } catch {
    return { statusCode: 503, body: '' };
  }
};

// #region results
/** Request Timeout and Too Many Requests: the same request may succeed later. */
const WORTH_A_RETRY = [408, 429];

export const handler = makeIdempotent(placeOrder, {
  persistenceStore,
  config: {
    eventKeyJmesPath: 'orderId',
    shouldStoreResult: ({ statusCode }: APIGatewayProxyResult) =>
      statusCode < 500 && !WORTH_A_RETRY.includes(statusCode),
  },
});
// #endregion results
