import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { checkOptions, isObject, text } from '../core/check-options.js';
import { IdempotencyConfigError } from '../core/errors.js';
import { ATTEMPTS, type Attributes, FENCE } from './dynamodb-item.js';
import { CODEC, ERROR, FAILED, NOT_STORED, PARTS } from './dynamodb-result.js';

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

/** @throws IdempotencyConfigError naming the option and what it should be */
export const checkDynamoDBOptions = (options: DynamoDBPersistenceOptions): void => {
  const owner = 'The options of DynamoDBPersistenceLayer';
  const fail = (problem: string): never => {
    throw new IdempotencyConfigError(`${owner}: ${problem}`);
  };
  checkOptions(owner, optionRules, options);
  if (options.tableName === undefined) fail('`tableName` is missing.');
  if (options.clientConfig && options.awsSdkV3Client) {
    fail('give either `clientConfig` or `awsSdkV3Client`, not both.');
  }
  if (options.staticPkValue !== undefined && options.sortKeyAttr === undefined) {
    fail('`staticPkValue` needs `sortKeyAttr`: without a sort key, all records would be one.');
  }
};

/** @throws IdempotencyConfigError when two attributes have one name */
export const attributesOf = (options: DynamoDBPersistenceOptions): Attributes => {
  const attributes = {
    keyAttr: options.keyAttr ?? 'id',
    sortKeyAttr: options.sortKeyAttr,
    staticPkValue: options.staticPkValue,
    statusAttr: options.statusAttr ?? 'status',
    expiryAttr: options.expiryAttr ?? 'expiration',
    inProgressExpiryAttr: options.inProgressExpiryAttr ?? 'in_progress_expiration',
    dataAttr: options.dataAttr ?? 'data',
    validationKeyAttr: options.validationKeyAttr ?? 'validation',
  };
  const { staticPkValue: _, ...names } = attributes;
  const own = [FENCE, CODEC, PARTS, NOT_STORED, FAILED, ERROR, ATTEMPTS];
  const owners = new Map(own.map((name) => [name, `the library's own \`${name}\``]));
  for (const [option, name] of Object.entries(names)) {
    if (name === undefined) continue;
    const other = owners.get(name);
    if (other) {
      throw new IdempotencyConfigError(
        `The options of DynamoDBPersistenceLayer: \`${option}\` ("${name}") is the same attribute as ${other}; give it another name.`,
      );
    }
    owners.set(name, `\`${option}\``);
  }
  return attributes;
};
