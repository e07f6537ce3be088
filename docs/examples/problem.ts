import type { IdempotencyError, IdempotencyErrorCode } from 'lambda-idempotency';

// #region problem
/** An HTTP response in the form of RFC 9457, for API Gateway, function URLs and load balancers. */
export interface ProblemAnswer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Clients may retry at once what has `retryAfterSeconds`, with the same key. Never set for what may have run. */
export const problem = (
  status: number,
  title: string,
  detail: string,
  retryAfterSeconds?: number,
): ProblemAnswer => ({
  statusCode: status,
  headers: {
    'content-type': 'application/problem+json',
    ...(retryAfterSeconds !== undefined && { 'retry-after': `${retryAfterSeconds}` }),
  },
  body: JSON.stringify({ type: 'about:blank', title, status, detail }),
});

/** `retryAfterMs` is the longest wait. A run usually ends much sooner. */
const LONGEST_RETRY_AFTER_SECONDS = 5;

const notWorkedOn = (): ProblemAnswer =>
  problem(503, 'Service Unavailable', 'This request was not worked on. Send it again, with the same key.', 1);

const failed = (detail: string): ProblemAnswer => problem(500, 'Internal Server Error', detail);

interface Details {
  readonly retryAfterMs?: number;
  readonly retryable?: boolean;
  readonly hasRun?: boolean;
}

const answers: Record<IdempotencyErrorCode, (details: Details) => ProblemAnswer> = {
  IDEMPOTENCY_KEY: () =>
    problem(
      400,
      'Bad Request',
      'Send one Idempotency-Key header of 1 to 255 visible characters: a new value for each request, the same on each retry.',
    ),
  IDEMPOTENCY_VALIDATION: () =>
    problem(422, 'Unprocessable Content', 'This Idempotency-Key was used for another request.'),
  IDEMPOTENCY_ALREADY_IN_PROGRESS: ({ retryAfterMs = 1 }) =>
    problem(
      409,
      'Conflict',
      'This request is in progress. Ask again, with the same key.',
      Math.min(Math.max(1, Math.ceil(retryAfterMs / 1_000)), LONGEST_RETRY_AFTER_SECONDS),
    ),
  IDEMPOTENCY_PERSISTENCE_LAYER: ({ retryable, hasRun }) => {
    if (hasRun)
      return failed('This request was carried out, but its result was not stored. Do not send it again.');
    return retryable ? notWorkedOn() : failed('This request was not worked on.');
  },
  IDEMPOTENCY_INCONSISTENT_STATE: notWorkedOn,
  IDEMPOTENCY_CONFIG: () => failed('This request was not worked on.'),
  IDEMPOTENCY_LEASE_LOST: () =>
    failed('This request was interrupted after it had begun. Another run of it is in progress.'),
  IDEMPOTENCY_RESULT: () => failed('This request was carried out earlier. Its result is not available.'),
  IDEMPOTENCY_ATTEMPTS_EXHAUSTED: () => failed('This request failed too often.'),
  IDEMPOTENCY_OUTCOME_UNKNOWN: () =>
    failed('This request was begun earlier. Whether it was carried out is not known.'),
};

/** The status codes of 400, 409 and 422 are those of the IETF draft on the Idempotency-Key header. */
export const problemOf = (error: IdempotencyError): ProblemAnswer =>
  answers[error.code](error as IdempotencyError & Details);
// #endregion problem
