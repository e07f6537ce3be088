import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { bake } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

/** Header names arrive in the client's spelling from a REST API, and in lower case from an HTTP API. */
const header = (event: APIGatewayProxyEvent, name: string): string | undefined =>
  Object.entries(event.headers).find(([each]) => each.toLowerCase() === name)?.[1];

const placeOrder = async (event: APIGatewayProxyEvent, _context: Context): Promise<APIGatewayProxyResult> => {
  const cake = await bake(JSON.parse(event.body ?? ''));
  return { statusCode: 201, body: JSON.stringify(cake) };
};

export const handler = makeIdempotent(placeOrder, {
  persistenceStore,
  config: {
    // #region event-key
    eventKey: (event) => [event.requestContext.authorizer?.['claims']?.sub, header(event, 'idempotency-key')],
    // #endregion event-key
    throwOnNoIdempotencyKey: true,
  },
});
