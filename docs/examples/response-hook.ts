import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { type IdempotencyRecord, makeIdempotent } from 'lambda-idempotency';
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
    eventKeyJmesPath: 'powertools_json(body).orderId',
    // #region hook
    responseHook(response: APIGatewayProxyResult | undefined, record: IdempotencyRecord) {
      // The call has finished, but its result could not be stored.
      if (!record.isResultStored) return { statusCode: 204, body: '' };
      return { ...response, headers: { ...response?.headers, 'Idempotent-Replayed': 'true' } };
    },
    // #endregion hook
  },
});
