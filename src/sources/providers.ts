/** How a provider deduplicates, and where its documentation says so. */
export interface Provider {
  /** How long it deduplicates or may deliver again, in seconds. */
  readonly window: number;
  /** The field that identifies a call; `undefined` if there is no such field. */
  readonly identifier: string | undefined;
  /** The longest identifier, in characters; `undefined` if there is no documented limit. */
  readonly maxLength: number | undefined;
  readonly documentation: string;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const aws = 'https://docs.aws.amazon.com';

export type ProviderName =
  | 'lambdaAsync'
  | 'lambdaDurable'
  | 'sqs'
  | 'sqsFifo'
  | 'sns'
  | 'snsFifo'
  | 'eventBridge'
  | 'kinesis'
  | 'dynamodbStreams'
  | 'kafka'
  | 'stepFunctions'
  | 'ec2'
  | 'dynamodbTransactions'
  | 'stripe'
  | 'paypal'
  | 'square'
  | 'adyen';

const deepFreeze = (table: Record<ProviderName, Provider>): Readonly<Record<ProviderName, Provider>> => {
  for (const provider of Object.values(table)) Object.freeze(provider);
  return Object.freeze(table);
};

/**
 * Windows and identifiers from the providers' documentation. The presets take theirs from here.
 *
 * @example
 * ```ts
 * import { providers } from 'lambda-idempotency/sources';
 *
 * const config = { expiresAfterSeconds: providers.stripe.window };
 * ```
 */
export const providers: Readonly<Record<ProviderName, Provider>> = deepFreeze({
  lambdaAsync: {
    window: 6 * HOUR,
    identifier: 'context.awsRequestId',
    maxLength: 36,
    documentation: `${aws}/lambda/latest/dg/invocation-async-error-handling.html`,
  },
  lambdaDurable: {
    window: 366 * DAY,
    identifier: 'DurableExecutionName',
    maxLength: 64,
    documentation: `${aws}/lambda/latest/dg/durable-functions.html`,
  },
  sqs: {
    window: 14 * DAY,
    identifier: 'messageId',
    maxLength: 100,
    documentation: `${aws}/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html`,
  },
  sqsFifo: {
    window: 5 * MINUTE,
    identifier: 'MessageDeduplicationId',
    maxLength: 128,
    documentation: `${aws}/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html`,
  },
  sns: {
    window: 23 * DAY,
    identifier: 'MessageId',
    maxLength: 36,
    documentation: `${aws}/sns/latest/dg/sns-message-delivery-retries.html`,
  },
  snsFifo: {
    window: 5 * MINUTE,
    identifier: 'MessageDeduplicationId',
    maxLength: 128,
    documentation: `${aws}/sns/latest/dg/fifo-message-dedup.html`,
  },
  eventBridge: {
    window: 24 * HOUR,
    identifier: undefined,
    maxLength: undefined,
    documentation: `${aws}/eventbridge/latest/userguide/eb-rule-retry-policy.html`,
  },
  kinesis: {
    window: 24 * HOUR,
    identifier: 'eventID',
    maxLength: undefined,
    documentation: `${aws}/streams/latest/dev/kinesis-extended-retention.html`,
  },
  dynamodbStreams: {
    window: 24 * HOUR,
    identifier: 'eventID',
    maxLength: 32,
    documentation: `${aws}/amazondynamodb/latest/developerguide/Streams.html`,
  },
  kafka: {
    window: 7 * DAY,
    identifier: 'topic, partition and offset',
    maxLength: undefined,
    documentation: 'https://kafka.apache.org/documentation/#topicconfigs_retention.ms',
  },
  stepFunctions: {
    window: 90 * DAY,
    identifier: 'name',
    maxLength: 80,
    documentation: `${aws}/step-functions/latest/apireference/API_StartExecution.html`,
  },
  ec2: {
    window: 24 * HOUR,
    identifier: 'ClientToken',
    maxLength: 64,
    documentation: `${aws}/ec2/latest/devguide/ec2-api-idempotency.html`,
  },
  dynamodbTransactions: {
    window: 10 * MINUTE,
    identifier: 'ClientRequestToken',
    maxLength: 36,
    documentation: `${aws}/amazondynamodb/latest/APIReference/API_TransactWriteItems.html`,
  },
  stripe: {
    window: 24 * HOUR,
    identifier: 'Idempotency-Key',
    maxLength: 255,
    documentation: 'https://docs.stripe.com/api/idempotent_requests',
  },
  paypal: {
    window: 6 * HOUR,
    identifier: 'PayPal-Request-Id',
    maxLength: 108,
    documentation: 'https://developer.paypal.com/api/rest/reference/idempotency/',
  },
  square: {
    window: 24 * HOUR,
    identifier: 'idempotency_key',
    maxLength: 45,
    documentation: 'https://developer.squareup.com/docs/build-basics/common-api-patterns/idempotency',
  },
  adyen: {
    window: 7 * DAY,
    identifier: 'idempotency-key',
    maxLength: 64,
    documentation: 'https://docs.adyen.com/development-resources/api-idempotency/',
  },
});
