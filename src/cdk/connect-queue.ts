import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { CfnQueue, type Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { checkOptions, type Rule, rule, wholeBetween } from '../core/config/rules.js';
import { IdempotencyConfigError } from '../core/protocol/errors.js';

/** How Lambda reads the queue. */
export interface QueueConnectionOptions {
  /** The most messages in a batch. Default: 10. */
  readonly batchSize?: number | undefined;
  /** How long Lambda collects messages; more than 10 in a batch need it. Not for FIFO queues. Default: not at all. */
  readonly maxBatchingWindow?: Duration | undefined;
  /** The most invocations of this queue at once, 2 to 1,000. Default: the function's own limit. */
  readonly maxConcurrency?: number | undefined;
}

const OWNER = 'The options of connectQueue';

const optionRules = {
  batchSize: wholeBetween(1, 10_000),
  maxBatchingWindow: rule('a Duration', (value) => value instanceof Duration),
  maxConcurrency: wholeBetween(2, 1_000),
} satisfies Record<keyof QueueConnectionOptions, Rule>;

/** AWS's recommendation: a message must not come again while Lambda still retries its batch. */
const TIMEOUTS_PER_VISIBILITY = 6;

/** Lambda's default. */
const DEFAULT_TIMEOUT_SECONDS = 3;

const fail = (problem: string): never => {
  throw new IdempotencyConfigError(`connectQueue: ${problem}`);
};

/**
 * Connects a queue to a function made with `makeBatchIdempotent`, so that what the function reports as failed comes again,
 * and nothing else: turns `ReportBatchItemFailures` on, and sets the queue's visibility timeout to six times the function's
 * timeout. A longer timeout stays, and a shorter one is refused. The queue must have a dead-letter queue.
 *
 * @throws IdempotencyConfigError for invalid options, a queue without a dead-letter queue, a queue that is not defined in
 *   this app, and a visibility timeout that was set too short
 * @example
 * ```ts
 * import type { Function } from 'aws-cdk-lib/aws-lambda';
 * import { Queue } from 'aws-cdk-lib/aws-sqs';
 * import type { Stack } from 'aws-cdk-lib/core';
 * import { connectQueue } from 'lambda-idempotency/cdk';
 *
 * const addQueue = (stack: Stack, worker: Function): void => {
 *   const queue = new Queue(stack, 'Orders', {
 *     deadLetterQueue: { queue: new Queue(stack, 'FailedOrders'), maxReceiveCount: 5 },
 *   });
 *   connectQueue(worker, queue);
 * };
 * ```
 */
export const connectQueue = (
  fn: LambdaFunction,
  queue: Queue,
  options: QueueConnectionOptions = {},
): SqsEventSource => {
  checkOptions(OWNER, optionRules, options);
  const resource = queue.node.defaultChild;
  if (!(resource instanceof CfnQueue)) {
    return fail('the queue must be a Queue of this app, since its visibility timeout is checked.');
  }
  if (queue.deadLetterQueue === undefined) {
    return fail(
      'the queue needs a `deadLetterQueue`: without one, a message that always fails is redelivered until it expires.',
    );
  }
  const { batchSize, maxBatchingWindow, maxConcurrency } = options;
  if (queue.fifo && maxBatchingWindow) return fail('`maxBatchingWindow` is not for FIFO queues.');
  const timeout = fn.timeout?.toSeconds() ?? DEFAULT_TIMEOUT_SECONDS;
  const least = TIMEOUTS_PER_VISIBILITY * timeout + (maxBatchingWindow?.toSeconds() ?? 0);
  const given = resource.visibilityTimeout;
  if (given !== undefined && given < least) {
    return fail(
      `the queue's \`visibilityTimeout\` is ${given} s, but must be at least ${least} s: six times the function's timeout of ${timeout} s, and the batching window. Leave it out, and it is set.`,
    );
  }
  resource.visibilityTimeout = given ?? least;
  const source = new SqsEventSource(queue, {
    reportBatchItemFailures: true,
    ...(batchSize !== undefined && { batchSize }),
    ...(maxBatchingWindow && { maxBatchingWindow }),
    ...(maxConcurrency !== undefined && { maxConcurrency }),
  });
  fn.addEventSource(source);
  return source;
};
