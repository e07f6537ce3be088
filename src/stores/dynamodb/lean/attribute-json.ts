import { isObject } from '../../../core/protocol/values.js';
import type { AttributeValue, Item } from '../transport.js';

/** Requests and items in DynamoDB's JSON, where bytes are base64 and everything else stays the same. */

type Json = Record<string, unknown>;

const isPlain = ({ B, M }: AttributeValue): boolean => B === undefined && M === undefined;

const base64 = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

const toJson = (value: AttributeValue): unknown => {
  if (value.B) return { B: base64(value.B) };
  if (value.M) return { M: itemToJson(value.M) };
  return value;
};

const itemToJson = (item: Item): Item | Json => {
  if (Object.values(item).every(isPlain)) return item;
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, toJson(value)]));
};

/** The body of a request. */
export const bodyOf = (request: object): string => {
  const { Item, ExpressionAttributeValues } = request as { Item?: Item; ExpressionAttributeValues?: Item };
  return JSON.stringify({
    ...request,
    ...(Item && { Item: itemToJson(Item) }),
    ...(ExpressionAttributeValues && { ExpressionAttributeValues: itemToJson(ExpressionAttributeValues) }),
  });
};

/** The item in an answer. The store reads bytes only at the top level of an item, so only these are decoded. */
export const itemOf = (value: unknown): Item | undefined => {
  if (!isObject(value)) return undefined;
  const item = value as Record<string, AttributeValue & { B?: unknown }>;
  for (const [name, attribute] of Object.entries(item)) {
    if (typeof attribute.B === 'string') item[name] = { B: Buffer.from(attribute.B, 'base64') };
  }
  return item;
};
