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
import { type Attributes, attributesOf, FENCE } from './attributes.js';
import { claimConditionOf } from './claim-condition.js';
import { isTooLarge, type Operation, toPersistenceLayerError } from './errors.js';
import { DONE, fromItem, keyOf, millis, RUNNING, seconds, toItem } from './item.js';
import { OWNER, type TableOptions } from './options.js';
import {
  deleteParts,
  MAX_INLINE_BYTES,
  MAX_RESULT_BYTES,
  type PartTable,
  readParts,
  writeParts,
} from './parts.js';
import { resultUpdate } from './result.js';
import type { Item, Transport, WriteAnswer } from './transport.js';

/** The condition that a fence holds a record, and the assignments of every settle. */
const HELD = '#fence = :fence AND #status = :running';
const SETTLE = 'SET #status = :done, #expiry = :expiry';

/** The answer to a conditional write. A refusal includes the existing record, unless it is gone. */
type Sent =
  | { readonly refused: false; readonly replaced: Item | undefined }
  | { readonly refused: true; readonly existing: StoredRecord | undefined };

/** The rules of records in a DynamoDB table. The transport sends the requests. */
export class DynamoDBStore implements PersistenceStore {
  readonly #tableName: string;
  readonly #attributes: Attributes;
  readonly #transport: Transport;
  readonly #claimCondition: ReturnType<typeof claimConditionOf>;
  readonly #holderNames: Record<string, string>;
  readonly #settleNames: Record<string, string>;
  readonly #renewNames: Record<string, string>;

  constructor(options: TableOptions, transport: Transport) {
    this.#tableName = options.tableName;
    this.#attributes = attributesOf(OWNER, options);
    this.#transport = transport;
    const { statusAttr, expiryAttr, inProgressExpiryAttr } = this.#attributes;
    this.#claimCondition = claimConditionOf(this.#attributes);
    this.#holderNames = { '#fence': FENCE, '#status': statusAttr };
    this.#settleNames = { ...this.#holderNames, '#expiry': expiryAttr };
    this.#renewNames = { ...this.#settleNames, '#lease': inProgressExpiryAttr };
  }

  async claim(record: RunningRecord, moment: ClaimMoment): Promise<ClaimAnswer> {
    const sending = this.#transport.putItem({
      TableName: this.#tableName,
      Item: toItem(this.#attributes, record),
      ...this.#claimCondition(moment),
      ReturnValues: 'ALL_OLD',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const sent = await this.#sent('PutItem', record.key, sending);
    if (!sent.refused) {
      const replaced = this.#replacedRecord(sent.replaced);
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
    const sending = this.#transport.updateItem({
      TableName: this.#tableName,
      Key: keyOf(this.#attributes, key),
      ...resultUpdate(written, outcome, SETTLE, this.#settleNames, this.#attributes.dataAttr, values),
      ConditionExpression: HELD,
      ExpressionAttributeValues: values,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const sent = await this.#sent('UpdateItem', key, sending);
    // With the same fence, an earlier attempt of this request settled it. If the record is gone, it may be restored.
    const isLost = sent.refused && sent.existing !== undefined && sent.existing.fence !== fence;
    if (isLost && written.stored && written.parts)
      await deleteParts(this.#table(), key, fence, written.parts);
    return this.#answer(sent);
  }

  async renew(key: string, fence: string, leaseUntil: number, expiresAt: number): Promise<HolderAnswer> {
    const sending = this.#transport.updateItem({
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
    const sent = await this.#sent('UpdateItem', key, sending);
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
      const sending = this.#transport.putItem({ ...asHolder, Item: toItem(this.#attributes, remains) });
      return this.#answer(await this.#sent('PutItem', key, sending));
    }
    const sending = this.#transport.deleteItem({ ...asHolder, Key: keyOf(this.#attributes, key) });
    return this.#answer(await this.#sent('DeleteItem', key, sending));
  }

  async read(key: string, { consistent = true }: ReadOptions = {}): Promise<StoredRecord | undefined> {
    const request = {
      TableName: this.#tableName,
      Key: keyOf(this.#attributes, key),
      ConsistentRead: consistent,
    };
    try {
      const item = await this.#transport.getItem(request);
      return item && fromItem(this.#attributes, item);
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
    return { transport: this.#transport, tableName: this.#tableName, attributes: this.#attributes };
  }

  async #sent(operation: Operation, key: string, sending: Promise<WriteAnswer>): Promise<Sent> {
    let answer: WriteAnswer;
    try {
      answer = await sending;
    } catch (error) {
      if (isTooLarge(error))
        throw new IdempotencyResultError("it was larger than DynamoDB's limit of 400 KB per item");
      throw toPersistenceLayerError(error, operation, this.#tableName);
    }
    if (!answer.refused) return { refused: false, replaced: answer.replaced };
    // Some endpoints (dynalite, older emulators) do not return the item, so read it.
    const existing = answer.item ? fromItem(this.#attributes, answer.item) : await this.read(key);
    return { refused: true, existing };
  }

  #answer(sent: Sent): HolderAnswer {
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
