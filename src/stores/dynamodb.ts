import {
  DeleteItemCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { IdempotencyConfigError, IdempotencyResultError } from '../core/errors.js';
import { checkOptions, isObject, text } from '../core/options.js';
import type { RunningRecord, StoredRecord, StoredResult } from '../core/record.js';
import type { ClaimAnswer, ClaimMoment, HolderAnswer, Outcome, PersistenceStore } from '../core/store.js';
import { version } from '../core/version.js';
import { describeFailure, isConditionFailure, isTooLarge, type Operation } from './dynamodb-errors.js';
import {
  type Attributes,
  CODEC,
  DONE,
  FENCE,
  fromItem,
  type Item,
  keyOf,
  millis,
  NOT_STORED,
  RUNNING,
  seconds,
  toItem,
} from './dynamodb-item.js';

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

const DEFAULT_CLIENT: DynamoDBClientConfig = {
  maxAttempts: 3,
  // Without throwOnRequestTimeout the SDK only warns, and goes on waiting.
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
  customUserAgent: [['lambda-idempotency', version]],
};

/** A conditional write's answer; a refusal comes with the record that refused, if it is still there. */
type Sent<Output> =
  | { readonly refused: false; readonly output: Output }
  | { readonly refused: true; readonly existing: StoredRecord | undefined };

/** DynamoDB's limit of an item; what lies beside the result is small. */
const MAX_ITEM_BYTES = 400 * 1_024;

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

const check = (options: DynamoDBPersistenceOptions): void => {
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

const attributesOf = (options: DynamoDBPersistenceOptions): Attributes => {
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
  const owners = new Map([FENCE, CODEC, NOT_STORED].map((name) => [name, `the library's own \`${name}\``]));
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

/**
 * Keeps records in a DynamoDB table. Claims and settles are single conditional writes: a first call costs two
 * requests, a replay one. Needs `dynamodb:GetItem`, `PutItem`, `UpdateItem` and `DeleteItem` on the table.
 *
 * @throws IdempotencyConfigError for options that cannot work
 * @example docs/examples/handler.ts
 */
export class DynamoDBPersistenceLayer implements PersistenceStore {
  readonly #tableName: string;
  readonly #attributes: Attributes;
  readonly #makeClient: () => DynamoDBClient;
  readonly #claimCondition: string;
  readonly #claimNames: Record<string, string>;
  readonly #holderNames: Record<string, string>;
  #client: DynamoDBClient | undefined;

  constructor(options: DynamoDBPersistenceOptions) {
    check(options);
    const { clientConfig, awsSdkV3Client } = options;
    this.#tableName = options.tableName;
    this.#attributes = attributesOf(options);
    // Either kind of client sends the plain commands used here.
    this.#client = awsSdkV3Client as unknown as DynamoDBClient | undefined;
    this.#makeClient = () => new DynamoDBClient({ ...DEFAULT_CLIENT, ...clientConfig });
    const { keyAttr, statusAttr, expiryAttr, inProgressExpiryAttr } = this.#attributes;
    // Absent; or settled and its window over; or running and its lease over. A window never ends a running record.
    this.#claimCondition =
      'attribute_not_exists(#id) OR (#status <> :running AND #expiry <= :now) OR (#status = :running AND #lease <= :over)';
    this.#claimNames = {
      '#id': keyAttr,
      '#status': statusAttr,
      '#expiry': expiryAttr,
      '#lease': inProgressExpiryAttr,
    };
    this.#holderNames = { '#fence': FENCE, '#status': statusAttr };
  }

  async claim(record: RunningRecord, { now, leaseOverAt }: ClaimMoment): Promise<ClaimAnswer> {
    const command = new PutItemCommand({
      TableName: this.#tableName,
      Item: toItem(this.#attributes, record),
      ConditionExpression: this.#claimCondition,
      ExpressionAttributeNames: this.#claimNames,
      ExpressionAttributeValues: {
        ':running': { S: RUNNING },
        ':now': seconds(now),
        ':over': millis(leaseOverAt),
      },
      ReturnValues: 'ALL_OLD',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const sent = await this.#send('PutItem', record.key, () => this.#open().send(command));
    if (!sent.refused) {
      const replaced = sent.output.Attributes && fromItem(this.#attributes, sent.output.Attributes);
      return { claimed: true, ...(replaced && { replaced }) };
    }
    return { claimed: false, ...(sent.existing && { existing: sent.existing }) };
  }

  async settle(key: string, fence: string, { result, expiresAt }: Outcome): Promise<HolderAnswer> {
    const { statusAttr, expiryAttr } = this.#attributes;
    const values = this.#resultValues(result);
    const set = Object.keys(values).map((_, index) => `#r${index} = :r${index}`);
    const command = new UpdateItemCommand({
      TableName: this.#tableName,
      Key: keyOf(this.#attributes, key),
      UpdateExpression: `SET ${['#status = :done', '#expiry = :expiry', ...set].join(', ')}`,
      ConditionExpression: '#fence = :fence AND #status = :running',
      ExpressionAttributeNames: {
        '#fence': FENCE,
        '#status': statusAttr,
        '#expiry': expiryAttr,
        ...Object.fromEntries(Object.keys(values).map((name, index) => [`#r${index}`, name])),
      },
      ExpressionAttributeValues: {
        ':fence': { S: fence },
        ':running': { S: RUNNING },
        ':done': { S: DONE },
        ':expiry': seconds(expiresAt),
        ...Object.fromEntries(Object.values(values).map((value, index) => [`:r${index}`, value])),
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    return this.#answer(await this.#send('UpdateItem', key, () => this.#open().send(command)));
  }

  async release(key: string, fence: string): Promise<HolderAnswer> {
    const command = new DeleteItemCommand({
      TableName: this.#tableName,
      Key: keyOf(this.#attributes, key),
      ConditionExpression: '#fence = :fence AND #status = :running',
      ExpressionAttributeNames: this.#holderNames,
      ExpressionAttributeValues: { ':fence': { S: fence }, ':running': { S: RUNNING } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    return this.#answer(await this.#send('DeleteItem', key, () => this.#open().send(command)));
  }

  async read(key: string): Promise<StoredRecord | undefined> {
    const command = new GetItemCommand({
      TableName: this.#tableName,
      Key: keyOf(this.#attributes, key),
      ConsistentRead: true,
    });
    try {
      const { Item } = await this.#open().send(command);
      return Item && fromItem(this.#attributes, Item);
    } catch (error) {
      throw describeFailure(error, 'GetItem', this.#tableName);
    }
  }

  #open(): DynamoDBClient {
    this.#client ??= this.#makeClient();
    return this.#client;
  }

  async #send<Output>(operation: Operation, key: string, send: () => Promise<Output>): Promise<Sent<Output>> {
    try {
      return { refused: false, output: await send() };
    } catch (error) {
      if (isTooLarge(error)) throw this.#tooLarge();
      if (!isConditionFailure(error)) throw describeFailure(error, operation, this.#tableName);
      // Some endpoints (dynalite, older emulators) do not return the item: look.
      const existing = error.Item ? fromItem(this.#attributes, error.Item as Item) : await this.read(key);
      return { refused: true, existing };
    }
  }

  #answer(sent: Sent<unknown>): HolderAnswer {
    if (!sent.refused) return { held: true };
    return { held: false, ...(sent.existing && { existing: sent.existing }) };
  }

  #resultValues(result: StoredResult): Item {
    if (!result.stored) return { [NOT_STORED]: { S: result.reason } };
    const { codec, data } = result;
    const { dataAttr } = this.#attributes;
    if (data === undefined) return { [CODEC]: { S: codec } };
    const isText = typeof data === 'string';
    if ((isText ? Buffer.byteLength(data) : data.byteLength) > MAX_ITEM_BYTES) throw this.#tooLarge();
    return { [CODEC]: { S: codec }, [dataAttr]: isText ? { S: data } : { B: data } };
  }

  #tooLarge(): IdempotencyResultError {
    return new IdempotencyResultError(`it was larger than DynamoDB's 400 KB per item`);
  }
}
