import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import {
  IdempotencyAlreadyInProgressError,
  IdempotencyError,
  type IdempotencyErrorCode,
  makeIdempotent,
} from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { bake } from './bakery.js';

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
const statusCodes: Record<IdempotencyErrorCode, number> = {
  IDEMPOTENCY_KEY: 400,
  IDEMPOTENCY_ALREADY_IN_PROGRESS: 409,
  IDEMPOTENCY_LEASE_LOST: 409,
  IDEMPOTENCY_VALIDATION: 422,
  IDEMPOTENCY_ATTEMPTS_EXHAUSTED: 500,
  IDEMPOTENCY_CONFIG: 500,
  IDEMPOTENCY_OUTCOME_UNKNOWN: 500,
  IDEMPOTENCY_RESULT: 500,
  IDEMPOTENCY_INCONSISTENT_STATE: 503,
  IDEMPOTENCY_PERSISTENCE_LAYER: 503,
};

/** `retryAfterMs` is the longest wait. A run usually ends much sooner. */
const LONGEST_RETRY_AFTER_SECONDS = 5;

const toAnswer = (error: IdempotencyError): APIGatewayProxyResult => {
  const answer = { statusCode: statusCodes[error.code], body: JSON.stringify({ error: error.code }) };
  if (!(error instanceof IdempotencyAlreadyInProgressError)) return answer;
  const seconds = Math.min(Math.ceil(error.retryAfterMs / 1_000), LONGEST_RETRY_AFTER_SECONDS);
  return { ...answer, headers: { 'Retry-After': seconds } };
};

export const handler = async (
  event: APIGatewayProxyEvent,
  context: Context,
): Promise<APIGatewayProxyResult> => {
  try {
    return await placeOrder(event, context);
  } catch (error) {
    // Rethrow what your own code threw.
    if (!(error instanceof IdempotencyError)) throw error;
    const answer = toAnswer(error);
    if (answer.statusCode >= 500) console.error(error);
    return answer;
  }
};
// #endregion answers
