import {
  DeleteItemCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { IdempotencyResultError } from '../../core/protocol/errors.js';
import type { RunningRecord, SettledRecord, StoredRecord, StoredResult } from '../../core/protocol/record.js';
import type {
  ClaimAnswer,
  ClaimMoment,
  HolderAnswer,
  Outcome,
  PersistenceStore,
  ReadOptions,
} from '../../core/protocol/store.js';
import { version } from '../../version.js';
import { type Attributes, attributesOf, FENCE } from './attributes.js';
import { claimConditionOf } from './claim-condition.js';
import { isConditionFailure, isTooLarge, type Operation, toPersistenceLayerError } from './errors.js';
import { DONE, fromItem, type Item, keyOf, millis, RUNNING, seconds, toItem } from './item.js';
import { checkDynamoDBOptions, type DynamoDBPersistenceOptions, OWNER } from './options.js';
import {
  deleteParts,
  MAX_INLINE_BYTES,
  MAX_RESULT_BYTES,
  type PartTable,
  readParts,
  writeParts,
} from './parts.js';
import { resultUpdate } from './result.js';
import { watchSendings } from './sendings.js';

export type { AwsSdkV3Client, DynamoDBPersistenceOptions } from './options.js';

const DEFAULT_CLIENT: DynamoDBClientConfig = {
  maxAttempts: 3,
  // Without throwOnRequestTimeout, the SDK only logs a warning and keeps waiting.
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
  customUserAgent: [['lambda-idempotency', version]],
};

/** The condition that a fence holds a record, and the assignments of every settle. */
const HELD = '#fence = :fence AND #status = :running';
const SETTLE = 'SET #status = :done, #expiry = :expiry';

/** The answer to a conditional write. A refusal includes the existing record, unless it is gone. */
type Sent<Output> =
  | { readonly refused: false; readonly output: Output }
  | { readonly refused: true; readonly existing: StoredRecord | undefined };

/**
 * Stores records in a DynamoDB table. A claim and a settle are one conditional write each: a first call costs two
 * requests, a replay one. Results above 7.5 KB take further requests. Needs `dynamodb:GetItem`, `PutItem`, `UpdateItem`
 * and `DeleteItem` on the table.
 *
 * @throws IdempotencyConfigError for invalid options
 * @example
 * ```ts
 * import type { Context } from 'aws-lambda';
 * import { makeIdempotent } from 'lambda-idempotency';
 * import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
 *
 * const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'idempotency' });
 *
 * export const handler = makeIdempotent(
 *   async (order: { id: string }, _context: Context) => ({ ordered: order.id }),
 *   { persistenceStore, config: { eventKeyJmesPath: 'id' } },
 * );
 * ```
 */
export class DynamoDBPersistenceLayer implements PersistenceStore {
  readonly #tableName: string;
  readonly #attributes: Attributes;
  readonly #makeClient: () => DynamoDBClient;
  readonly #claimCondition: ReturnType<typeof claimConditionOf>;
  readonly #holderNames: Record<string, string>;
  readonly #settleNames: Record<string, string>;
  readonly #renewNames: Record<string, string>;
  #client: DynamoDBClient | undefined;

  constructor(options: DynamoDBPersistenceOptions) {
    checkDynamoDBOptions(options);
    const { clientConfig, awsSdkV3Client } = options;
    this.#tableName = options.tableName;
    this.#attributes = attributesOf(OWNER, options);
    // Both kinds of client send the plain commands used here.
    this.#client = awsSdkV3Client as unknown as DynamoDBClient | undefined;
    this.#makeClient = () => watchSendings(new DynamoDBClient({ ...DEFAULT_CLIENT, ...clientConfig }));
    const { statusAttr, expiryAttr, inProgressExpiryAttr } = this.#attributes;
    this.#claimCondition = claimConditionOf(this.#attributes);
    this.#holderNames = { '#fence': FENCE, '#status': statusAttr };
    this.#settleNames = { ...this.#holderNames, '#expiry': expiryAttr };
    this.#renewNames = { ...this.#settleNames, '#lease': inProgressExpiryAttr };
  }

  async claim(record: RunningRecord, moment: ClaimMoment): Promise<ClaimAnswer> {
    const command = new PutItemCommand({
      TableName: this.#tableName,
      Item: toItem(this.#attributes, record),
      ...this.#claimCondition(moment),
      ReturnValues: 'ALL_OLD',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const sent = await this.#send('PutItem', record.key, () => this.#open().send(command));
    if (!sent.refused) {
      const replaced = this.#replacedRecord(sent.output.Attributes);
      return { claimed: true, ...(replaced && { replaced }) };
    }
    return { claimed: false, ...(sent.existing && { existing: sent.existing }) };
  }

  async settle(key: string, fence: string, outcome: Outcome): Promise<HolderAnswer> {
    const { result, expiresAt } = outcome;
    const written = await this.#storeLargeData(key, fence, result, expiresAt);
    const values: Item = {
      ':fence': { S: fence },
      ':running': { S: RUNNING },
      ':done': { S: DONE },
      ':expiry': seconds(expiresAt),
    };
    const command = new UpdateItemCommand({
      TableName: this.#tableName,
      Key: keyOf(this.#attributes, key),
      ...resultUpdate(written, outcome, SETTLE, this.#settleNames, this.#attributes.dataAttr, values),
      ConditionExpression: HELD,
      ExpressionAttributeValues: values,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const sent = await this.#send('UpdateItem', key, () => this.#open().send(command));
    // With the same fence, an earlier attempt of this request settled it. If the record is gone, it may be restored.
    const isLost = sent.refused && sent.existing !== undefined && sent.existing.fence !== fence;
    if (isLost && written.stored && written.parts)
      await deleteParts(this.#table(), key, fence, written.parts);
    return this.#answer(sent);
  }

  async renew(key: string, fence: string, leaseUntil: number, expiresAt: number): Promise<HolderAnswer> {
    const command = new UpdateItemCommand({
      TableName: this.#tableName,
      Key: keyOf(this.#attributes, key),
      UpdateExpression: 'SET #lease = :lease, #expiry = :expiry',
      // A delayed or repeated request must not undo a later one.
      ConditionExpression: `${HELD} AND #lease <= :lease`,
      ExpressionAttributeNames: this.#renewNames,
      ExpressionAttributeValues: {
        ':fence': { S: fence },
        ':running': { S: RUNNING },
        ':lease': millis(leaseUntil),
        ':expiry': seconds(expiresAt),
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const sent = await this.#send('UpdateItem', key, () => this.#open().send(command));
    if (sent.refused && sent.existing?.status === 'running' && sent.existing.fence === fence) {
      return { held: true };
    }
    return this.#answer(sent);
  }

  async release(key: string, fence: string, remains?: RunningRecord): Promise<HolderAnswer> {
    const asHolder = {
      TableName: this.#tableName,
      ConditionExpression: HELD,
      ExpressionAttributeNames: this.#holderNames,
      ExpressionAttributeValues: { ':fence': { S: fence }, ':running': { S: RUNNING } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    } as const;
    if (remains) {
      const command = new PutItemCommand({ ...asHolder, Item: toItem(this.#attributes, remains) });
      return this.#answer(await this.#send('PutItem', key, () => this.#open().send(command)));
    }
    const command = new DeleteItemCommand({ ...asHolder, Key: keyOf(this.#attributes, key) });
    return this.#answer(await this.#send('DeleteItem', key, () => this.#open().send(command)));
  }

  async read(key: string, { consistent = true }: ReadOptions = {}): Promise<StoredRecord | undefined> {
    const command = new GetItemCommand({
      TableName: this.#tableName,
      Key: keyOf(this.#attributes, key),
      ConsistentRead: consistent,
    });
    try {
      const { Item } = await this.#open().send(command);
      return Item && fromItem(this.#attributes, Item);
    } catch (error) {
      throw toPersistenceLayerError(error, 'GetItem', this.#tableName);
    }
  }

  readParts(record: SettledRecord): Promise<string | Uint8Array> {
    return readParts(this.#table(), record);
  }

  /** The record that a claim replaced, only for events: an item that cannot be parsed is ignored. */
  #replacedRecord(item: Item | undefined): StoredRecord | undefined {
    try {
      return item && fromItem(this.#attributes, item);
    } catch {
      return undefined;
    }
  }

  #table(): PartTable {
    return { client: this.#open(), tableName: this.#tableName, attributes: this.#attributes };
  }

  #open(): DynamoDBClient {
    this.#client ??= this.#makeClient();
    return this.#client;
  }

  async #send<Output>(operation: Operation, key: string, send: () => Promise<Output>): Promise<Sent<Output>> {
    try {
      return { refused: false, output: await send() };
    } catch (error) {
      if (isTooLarge(error))
        throw new IdempotencyResultError("it was larger than DynamoDB's 400 KB per item");
      if (!isConditionFailure(error)) throw toPersistenceLayerError(error, operation, this.#tableName);
      // Some endpoints (dynalite, older emulators) do not return the item, so read it.
      const existing = error.Item ? fromItem(this.#attributes, error.Item as Item) : await this.read(key);
      return { refused: true, existing };
    }
  }

  #answer(sent: Sent<unknown>): HolderAnswer {
    if (!sent.refused) return { held: true };
    return { held: false, ...(sent.existing && { existing: sent.existing }) };
  }

  /** Writes large data to parts, and returns the result for the record. */
  async #storeLargeData(
    key: string,
    fence: string,
    result: StoredResult,
    expiresAt: number,
  ): Promise<StoredResult> {
    if (!result.stored || result.data === undefined) return result;
    const { codec, data } = result;
    const size = Buffer.byteLength(data);
    if (size <= MAX_INLINE_BYTES) return result;
    if (size > MAX_RESULT_BYTES) throw new IdempotencyResultError('it was larger than 4 MB');
    return { stored: true, codec, parts: await writeParts(this.#table(), key, fence, data, expiresAt) };
  }
}
