import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { checkOptions, nonEmptyString } from '../../core/config/rules.js';
import { IdempotencyConfigError } from '../../core/protocol/errors.js';
import { isObject } from '../../core/protocol/values.js';

/** The parts of a `DynamoDBClient` or `DynamoDBDocumentClient` that are used. A type of our own, so that the latter's package is not needed. */
export interface AwsSdkV3Client {
  readonly config: object;
  readonly middlewareStack: object;
  send(command: never, ...rest: never[]): unknown;
}

/** Options of `DynamoDBPersistenceLayer`. */
export interface DynamoDBPersistenceOptions {
  /** Name of the table. Required. */
  tableName: string;
  /** The partition key's attribute. Default: `'id'`. */
  keyAttr?: string | undefined;
  /** The sort key's attribute, if the table has one. It then holds the idempotency key. Default: no sort key. */
  sortKeyAttr?: string | undefined;
  /** With `sortKeyAttr`: the partition key of all records. Default: a partition per record, which spreads the load. */
  staticPkValue?: string | undefined;
  /** Attribute with the record's status. Default: `'status'`. */
  statusAttr?: string | undefined;
  /** The TTL attribute, in epoch seconds. Default: `'expiration'`. */
  expiryAttr?: string | undefined;
  /** Attribute with the end of the lease, in epoch milliseconds. Default: `'in_progress_expiration'`. */
  inProgressExpiryAttr?: string | undefined;
  /** Attribute with the stored result. Default: `'data'`. */
  dataAttr?: string | undefined;
  /** Attribute with the fingerprint. Default: `'validation'`. */
  validationKeyAttr?: string | undefined;
  /** Settings of the client created at the first request. They override the defaults: 1 s to connect, 2 s to answer, 3 attempts. */
  clientConfig?: DynamoDBClientConfig | undefined;
  /** Your own client, with your own timeouts and retries. */
  awsSdkV3Client?: AwsSdkV3Client | undefined;
}

const isClient = (value: unknown): boolean =>
  isObject(value) && 'config' in value && 'middlewareStack' in value && 'send' in value;

const client = (value: unknown): string | undefined =>
  isClient(value) ? undefined : 'a DynamoDBClient or DynamoDBDocumentClient of the AWS SDK v3';

const optionRules = {
  tableName: nonEmptyString,
  keyAttr: nonEmptyString,
  sortKeyAttr: nonEmptyString,
  staticPkValue: nonEmptyString,
  statusAttr: nonEmptyString,
  expiryAttr: nonEmptyString,
  inProgressExpiryAttr: nonEmptyString,
  dataAttr: nonEmptyString,
  validationKeyAttr: nonEmptyString,
  clientConfig: (value: unknown) =>
    isObject(value) ? undefined : 'a configuration object of a DynamoDBClient',
  awsSdkV3Client: client,
} satisfies Record<keyof DynamoDBPersistenceOptions, unknown>;

export const OWNER = 'The options of DynamoDBPersistenceLayer';

/** @throws IdempotencyConfigError that names the option and what it must be */
export const checkDynamoDBOptions = (options: DynamoDBPersistenceOptions): void => {
  const fail = (problem: string): never => {
    throw new IdempotencyConfigError(`${OWNER}: ${problem}`);
  };
  checkOptions(OWNER, optionRules, options);
  if (options.tableName === undefined) fail('`tableName` is missing.');
  if (options.clientConfig && options.awsSdkV3Client) {
    fail('set either `clientConfig` or `awsSdkV3Client`, not both.');
  }
  if (options.staticPkValue !== undefined && options.sortKeyAttr === undefined) {
    fail('`staticPkValue` needs `sortKeyAttr`: without a sort key, all records would have the same key.');
  }
};
