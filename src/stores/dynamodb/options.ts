import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { checkOptions, text } from '../../core/config/rules.js';
import { IdempotencyConfigError } from '../../core/protocol/errors.js';
import { isObject } from '../../core/protocol/values.js';

/** A `DynamoDBClient` or a `DynamoDBDocumentClient`: what is used of them, so that the latter's package need not be there. */
export interface AwsSdkV3Client {
  readonly config: object;
  readonly middlewareStack: object;
  send(command: never, ...rest: never[]): unknown;
}

export interface DynamoDBPersistenceOptions {
  tableName: string;
  /** Partition key. Default: `'id'`. */
  keyAttr?: string | undefined;
  /** Sort key, for a table that has one; it then holds the idempotency key. */
  sortKeyAttr?: string | undefined;
  /** With `sortKeyAttr`: one partition key for all records. Default: a partition per record, which spreads the load. */
  staticPkValue?: string | undefined;
  /** Default: `'status'`. */
  statusAttr?: string | undefined;
  /** The TTL attribute, epoch seconds. Default: `'expiration'`. */
  expiryAttr?: string | undefined;
  /** End of the lease, epoch milliseconds. Default: `'in_progress_expiration'`. */
  inProgressExpiryAttr?: string | undefined;
  /** The stored result. Default: `'data'`. */
  dataAttr?: string | undefined;
  /** The fingerprint. Default: `'validation'`. */
  validationKeyAttr?: string | undefined;
  /** Settings of the client that is made at the first request; they win over the defaults (1 s to connect, 2 s to answer, 3 attempts). */
  clientConfig?: DynamoDBClientConfig | undefined;
  /** Your own client instead; its time-outs and retries are yours. */
  awsSdkV3Client?: AwsSdkV3Client | undefined;
}

const isClient = (value: unknown): boolean =>
  isObject(value) && 'config' in value && 'middlewareStack' in value && 'send' in value;

const client = (value: unknown): string | undefined =>
  isClient(value) ? undefined : 'a DynamoDBClient or DynamoDBDocumentClient of the AWS SDK v3';

const optionRules = {
  tableName: text,
  keyAttr: text,
  sortKeyAttr: text,
  staticPkValue: text,
  statusAttr: text,
  expiryAttr: text,
  inProgressExpiryAttr: text,
  dataAttr: text,
  validationKeyAttr: text,
  clientConfig: (value: unknown) =>
    isObject(value) ? undefined : 'an object: the configuration of a DynamoDBClient',
  awsSdkV3Client: client,
} satisfies Record<keyof DynamoDBPersistenceOptions, unknown>;

export const OWNER = 'The options of DynamoDBPersistenceLayer';

/** @throws IdempotencyConfigError naming the option and what it should be */
export const checkDynamoDBOptions = (options: DynamoDBPersistenceOptions): void => {
  const fail = (problem: string): never => {
    throw new IdempotencyConfigError(`${OWNER}: ${problem}`);
  };
  checkOptions(OWNER, optionRules, options);
  if (options.tableName === undefined) fail('`tableName` is missing.');
  if (options.clientConfig && options.awsSdkV3Client) {
    fail('give either `clientConfig` or `awsSdkV3Client`, not both.');
  }
  if (options.staticPkValue !== undefined && options.sortKeyAttr === undefined) {
    fail('`staticPkValue` needs `sortKeyAttr`: without a sort key, all records would be one.');
  }
};
