import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { IdempotencyError, makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { bake } from './bakery.js';
import { problemOf } from './problem.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

const placeOrder = makeIdempotent(
  async (event: APIGatewayProxyEvent, _context: Context): Promise<APIGatewayProxyResult> => {
    const cake = await bake(JSON.parse(event.body ?? ''));
    return { statusCode: 201, body: JSON.stringify(cake) };
  },
  {
    persistenceStore,
    config: {
      eventKeyJmesPath: 'headers."Idempotency-Key"',
      payloadValidationJmesPath: 'body',
      throwOnNoIdempotencyKey: true,
    },
  },
);

// #region answers
export const handler = async (
  event: APIGatewayProxyEvent,
  context: Context,
): Promise<APIGatewayProxyResult> => {
  try {
    return await placeOrder(event, context);
  } catch (error) {
    // Rethrow what your own code threw.
    if (!(error instanceof IdempotencyError)) throw error;
    const answer = problemOf(error);
    if (answer.statusCode >= 500) console.error(error);
    return answer;
  }
};
// #endregion answers
