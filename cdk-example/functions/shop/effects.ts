import { randomUUID } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { client } from './dynamodb-client.ts';

/**
 * What the shop does to the world, as a row in a table: a charged card, a baked cake, a sent invoice. Every call is
 * another row, as a second call of a payment API is a second charge; nothing here knows of duplicates.
 *
 * @returns the id of the new row
 */
export const doToTheWorld = async (table: string, orderId: string, what: string): Promise<string> => {
  const effectId = randomUUID();
  const Item = { orderId: { S: orderId }, effectId: { S: effectId }, what: { S: what } };
  await client.send(new PutItemCommand({ TableName: table, Item }));
  return effectId;
};
