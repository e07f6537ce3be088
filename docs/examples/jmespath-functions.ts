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
    // #region functions
    eventKeyJmesPath: 'without_dashes(powertools_json(body).orderId)',
    jmesPathOptions: {
      without_dashes: (text: string) => text.replaceAll('-', ''),
    },
    // #endregion functions
  },
});
