import { connect } from 'node:net';
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  type DynamoDBClientConfig,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it } from '@jest/globals';
import { startDynalite } from './dynalite.js';
import { clientFor, createTable, scan, testEndpoint } from './tables.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function clientOf(endpoint: string, overrides?: DynamoDBClientConfig): DynamoDBClient {
  const client = clientFor(endpoint, overrides);
  cleanups.push(() => client.destroy());
  return client;
}

describe('dynalite', () => {
  async function refusals(returnsOldItem: boolean): Promise<unknown[]> {
    const database = await startDynalite({ returnsOldItem });
    cleanups.push(database.close);
    const client = clientOf(database.endpoint);
    const TableName = await createTable(client);
    const Key = { id: { S: 'a' } };
    const condition = {
      ConditionExpression: 'attribute_not_exists(id)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    } as const;
    await client.send(new PutItemCommand({ TableName, Item: { ...Key, n: { N: '1' } } }));
    const answers = await Promise.allSettled([
      client.send(new PutItemCommand({ TableName, Item: Key, ...condition })),
      client.send(
        new UpdateItemCommand({
          TableName,
          Key,
          UpdateExpression: 'SET n = :n',
          ExpressionAttributeValues: { ':n': { N: '2' } },
          ...condition,
        }),
      ),
      client.send(new DeleteItemCommand({ TableName, Key, ...condition })),
    ]);
    return answers.map((answer) => {
      const error: unknown = answer.status === 'rejected' && answer.reason;
      return error instanceof ConditionalCheckFailedException ? error.Item : answer;
    });
  }

  it('returns the old item when taught and leaves it out when not, side by side', async () => {
    const item = { id: { S: 'a' }, n: { N: '1' } };

    const [taught, untaught, taughtAgain] = await Promise.all([
      refusals(true),
      refusals(false),
      refusals(true),
    ]);

    expect(taught).toEqual([item, item, item]);
    expect(untaught).toEqual([undefined, undefined, undefined]);
    expect(taughtAgain).toEqual([item, item, item]);
  });

  it('leaves the item out when it was not asked for, or there is none', async () => {
    const database = await startDynalite();
    cleanups.push(database.close);
    const client = clientOf(database.endpoint);
    const TableName = await createTable(client);
    const Item = { id: { S: 'a' } };
    const put = (condition: string, returns: 'ALL_OLD' | 'NONE') =>
      client.send(
        new PutItemCommand({
          TableName,
          Item,
          ConditionExpression: condition,
          ReturnValuesOnConditionCheckFailure: returns,
        }),
      );

    const without = await put('attribute_exists(id)', 'ALL_OLD').catch((error: unknown) => error);
    await client.send(new PutItemCommand({ TableName, Item }));
    const unasked = await put('attribute_not_exists(id)', 'NONE').catch((error: unknown) => error);

    expect(without).toMatchObject({ name: 'ConditionalCheckFailedException', Item: undefined });
    expect(unasked).toMatchObject({ name: 'ConditionalCheckFailedException', Item: undefined });
  });

  it('survives a client that leaves in the middle of a request', async () => {
    const database = await startDynalite();
    cleanups.push(database.close);
    const socket = connect(Number(new URL(database.endpoint).port), '127.0.0.1');
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"half":';
    await new Promise((resolve) => socket.write(head, resolve));
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.resetAndDestroy();
    await new Promise((resolve) => setTimeout(resolve, 50));

    expect((await fetch(database.endpoint)).ok).toBe(true);
  });
});

describe('tables', () => {
  it('creates tables with and without a sort key, and scans every page', async () => {
    const database = await testEndpoint();
    cleanups.push(database.close);
    const client = clientOf(database.endpoint);
    const plain = await createTable(client);
    const sorted = await createTable(client, { keyAttr: 'pk', sortKeyAttr: 'sk' });
    const filler = { S: 'x'.repeat(300_000) };
    const ids = ['a', 'b', 'c', 'd', 'e'];
    for (const id of ids) {
      await client.send(
        new PutItemCommand({ TableName: sorted, Item: { pk: { S: 'p' }, sk: { S: id }, filler } }),
      );
    }

    expect(await scan(client, plain)).toEqual([]);
    expect((await scan(client, sorted)).map(({ sk }) => sk?.S).sort()).toEqual(ids);
  });
});
