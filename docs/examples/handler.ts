import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { bake } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

const placeOrder = async (event: APIGatewayProxyEvent, _context: Context): Promise<APIGatewayProxyResult> => {
  const cake = await bake(JSON.parse(event.body ?? ''));
  return { statusCode: 201, body: JSON.stringify(cake) };
};

export const handler = makeIdempotent(placeOrder, {
  persistenceStore,
  config: {
    // A client's key is unique among its own requests only, so include the customer.
    eventKeyJmesPath: '[requestContext.authorizer.claims.sub, headers."Idempotency-Key"]',
    // Refuse the same key with another body.
    payloadValidationJmesPath: 'body',
    throwOnNoIdempotencyKey: true,
    expiresAfterSeconds: 24 * 60 * 60,
  },
});
