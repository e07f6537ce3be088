import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { httpApi } from 'lambda-idempotency/sources';
import { bake } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

const placeOrder = async (
  event: APIGatewayProxyEventV2,
  _context: Context,
): Promise<APIGatewayProxyStructuredResultV2> => {
  const cake = await bake(JSON.parse(event.body ?? ''));
  return { statusCode: 201, body: JSON.stringify(cake) };
};

export const handler = makeIdempotent(placeOrder, {
  persistenceStore,
  config: {
    // The key is the header Idempotency-Key, apart for each caller and route. The same key with another body is refused.
    source: httpApi(),
    throwOnNoIdempotencyKey: true,
  },
});
