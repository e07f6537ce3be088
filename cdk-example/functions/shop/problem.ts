import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import {
  IdempotencyAlreadyInProgressError,
  IdempotencyKeyError,
  IdempotencyPersistenceLayerError,
  IdempotencyValidationError,
} from 'lambda-idempotency';

/** The request cannot succeed as it is. */
export class BadRequestError extends Error {}

const problem = (
  status: number,
  title: string,
  detail: string,
  headers: Record<string, string> = {},
): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: JSON.stringify({ type: 'about:blank', title, status, detail }),
});

/**
 * The answer to a request that was refused, in the form of RFC 9457. The status codes of the idempotency errors are
 * those of the IETF draft on the Idempotency-Key header. Anything else is thrown again: API Gateway answers 500,
 * and Lambda counts the error.
 */
export const problemOf = (error: unknown): APIGatewayProxyStructuredResultV2 => {
  if (error instanceof BadRequestError) return problem(400, 'Bad Request', error.message);
  if (error instanceof IdempotencyKeyError) {
    return problem(
      400,
      'Bad Request',
      'Send one Idempotency-Key header, of 1 to 255 visible characters: a new value for every order, the same on every retry.',
    );
  }
  if (error instanceof IdempotencyValidationError) {
    return problem(422, 'Unprocessable Content', 'This Idempotency-Key was used for another order.');
  }
  if (error instanceof IdempotencyAlreadyInProgressError) {
    const seconds = Math.max(1, Math.ceil(error.retryAfterMs / 1_000));
    return problem(409, 'Conflict', 'This order is being placed. Ask again.', {
      'retry-after': `${seconds}`,
    });
  }
  // An earlier try may have ordered: only this one did nothing.
  if (error instanceof IdempotencyPersistenceLayerError && error.retryable && !error.hasRun) {
    return problem(
      503,
      'Service Unavailable',
      'This request was not worked on. Try again, with the same Idempotency-Key.',
      { 'retry-after': '1' },
    );
  }
  throw error;
};
