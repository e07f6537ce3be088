import { createHash } from 'node:crypto';
import { IdempotencyResultError } from '../../core/protocol/errors.js';
import type { SettledRecord, StoredParts } from '../../core/protocol/record.js';
import type { Attributes } from './attributes.js';
import { type Operation, toPersistenceLayerError } from './errors.js';
import { keyOf, seconds } from './item.js';
import type { Item, Transport } from './transport.js';

/**
 * Stores large data in items of its own, apart from its record. A refused claim is billed by the size of the existing
 * item. With the data elsewhere, a replay costs one write unit and the read of the data; a read unit costs a fifth of a
 * write unit and covers four times as many bytes. docs/results.md has the figures behind the limits.
 */

/** Data up to this size stays in its record, which then takes at most 8 write units: the other attributes are below half a KB. */
export const MAX_INLINE_BYTES: number = 7.5 * 1_024;
/** DynamoDB's limit of 400 KB per item, less room for key and TTL. */
const PART_BYTES = 390 * 1_024;
/** The limit for one result. */
export const MAX_RESULT_BYTES: number = 4 * 1_024 * 1_024;

export interface PartTable {
  readonly transport: Transport;
  readonly tableName: string;
  readonly attributes: Attributes;
}

/** Contains the claim's fence, so claims do not share parts. A record's key ends with a hash, which contains no slash. */
const partKey = (key: string, fence: string, number: number): string => `${key}/${fence}/${number}`;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64url');

/** Sends one request per part, all in parallel. */
const forEachPart = <T>(
  { tableName }: PartTable,
  operation: Operation,
  count: number,
  send: (index: number) => Promise<T>,
): Promise<T[]> => {
  const sending = Array.from({ length: count }, (_, index) => send(index));
  return Promise.all(sending).catch((error: unknown) => {
    throw toPersistenceLayerError(error, operation, tableName, true);
  });
};

/** Must be called before the settle. Calling it again writes the same items. */
export const writeParts = async (
  table: PartTable,
  key: string,
  fence: string,
  data: string | Uint8Array,
  expiresAt: number,
): Promise<StoredParts> => {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  const count = Math.ceil(bytes.byteLength / PART_BYTES);
  const { transport, tableName, attributes } = table;
  await forEachPart(table, 'PutItem', count, (index) => {
    const part = bytes.subarray(index * PART_BYTES, (index + 1) * PART_BYTES);
    const item: Item = {
      ...keyOf(attributes, partKey(key, fence, index + 1)),
      [attributes.expiryAttr]: seconds(expiresAt),
      [attributes.dataAttr]: { B: part },
    };
    return transport.putItem({ TableName: tableName, Item: item });
  });
  return { count, sha256: sha256(bytes), isText: typeof data === 'string' };
};

/** @throws IdempotencyResultError if a part is missing or damaged */
export const readParts = async (
  table: PartTable,
  { key, fence, result }: SettledRecord,
): Promise<string | Uint8Array> => {
  if (!result.stored || !result.parts) throw new IdempotencyResultError('its record does not list any parts');
  const { count, sha256: digest, isText } = result.parts;
  const { transport, tableName, attributes } = table;
  const answers = await forEachPart(table, 'GetItem', count, (index) =>
    transport.getItem({
      TableName: tableName,
      Key: keyOf(attributes, partKey(key, fence, index + 1)),
      ConsistentRead: true,
    }),
  );
  const parts = answers.map((item, index) => {
    const part = item?.[attributes.dataAttr]?.B;
    if (!part)
      throw new IdempotencyResultError(`part ${index + 1} of ${count} of the stored result is missing`);
    return part;
  });
  const bytes = Buffer.concat(parts);
  if (sha256(bytes) !== digest) {
    throw new IdempotencyResultError(
      'the stored result is damaged: the checksum of its parts does not match',
    );
  }
  return isText ? bytes.toString() : bytes;
};

/** Deletes the parts of a lost claim. Never throws: parts that remain expire with their TTL. */
export const deleteParts = async (
  table: PartTable,
  key: string,
  fence: string,
  { count }: StoredParts,
): Promise<void> => {
  const { transport, tableName, attributes } = table;
  await forEachPart(table, 'DeleteItem', count, (index) =>
    transport.deleteItem({
      TableName: tableName,
      Key: keyOf(attributes, partKey(key, fence, index + 1)),
    }),
  ).catch(() => {});
};
