import { connect } from 'node:net';
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type LocalDatabase, startDynalite } from './dynalite.js';
import { type FaultKind, type FaultProxy, type FaultProxyOptions, startFaultProxy } from './fault-proxy.js';
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

function impatientClient(endpoint: string, maxAttempts = 1): DynamoDBClient {
  const requestHandler = { connectionTimeout: 500, requestTimeout: 500, throwOnRequestTimeout: true };
  return clientOf(endpoint, { maxAttempts, requestHandler });
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

describe('fault proxy', () => {
  let database: LocalDatabase;
  let direct: DynamoDBClient;
  let TableName: string;

  beforeAll(async () => {
    database = await testEndpoint();
    direct = clientFor(database.endpoint);
    TableName = await createTable(direct);
  });
  afterAll(async () => {
    direct.destroy();
    await database.close();
  });

  async function startProxy(options?: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = await startFaultProxy(database.endpoint, options);
    cleanups.push(proxy.close);
    return proxy;
  }

  let ids = 0;
  const newItem = () => ({ id: { S: `item-${ids++}` } });
  type Item = ReturnType<typeof newItem>;

  const put = (client: DynamoDBClient, Item: Item) => client.send(new PutItemCommand({ TableName, Item }));
  /** By the message, for inside Jest the SDK wraps network errors and drops their name and code. */
  const outcome = (request: Promise<unknown>) =>
    request.then(
      () => 'answered',
      ({ name, message }: Error) => {
        if (/ECONNRESET|socket hang up/.test(message)) return 'reset';
        if (message.includes('aborted')) return 'reset after the headers';
        return name;
      },
    );
  const isApplied = async (Key: Item) =>
    (await direct.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item !== undefined;

  const failures: { kind: FaultKind; applied: boolean; error: string }[] = [
    { kind: 'drop-request', applied: false, error: 'reset' },
    { kind: 'refuse', applied: false, error: 'reset' },
    { kind: 'hang', applied: false, error: 'TimeoutError' },
    { kind: 'status', applied: false, error: 'InternalServerError' },
    { kind: 'lose-answer', applied: true, error: 'reset' },
    { kind: 'cut-answer', applied: true, error: 'reset after the headers' },
    { kind: 'hang-after-apply', applied: true, error: 'TimeoutError' },
  ];

  it.each(failures)(
    '$kind: applied $applied, and hits one request only',
    async ({ kind, applied, error }) => {
      const proxy = await startProxy();
      const client = impatientClient(proxy.endpoint);
      const [hit, spared] = [newItem(), newItem()];
      proxy.inject({ kind });

      expect(await outcome(put(client, hit))).toBe(error);
      expect(await outcome(put(client, spared))).toBe('answered');
      expect(await isApplied(hit)).toBe(applied);
      expect(await isApplied(spared)).toBe(true);
      expect(proxy.requests).toEqual([{ operation: 'PutItem', fault: kind }, { operation: 'PutItem' }]);
    },
  );

  it('delay: answers late, and applies even what the client has given up', async () => {
    const proxy = await startProxy();
    const client = impatientClient(proxy.endpoint);
    const [slow, tooSlow] = [newItem(), newItem()];
    proxy.inject({ kind: 'delay', ms: 100 });
    proxy.inject({ kind: 'delay', ms: 1_500, after: 1 });

    const start = performance.now();
    expect(await outcome(put(client, slow))).toBe('answered');
    expect(performance.now() - start).toBeGreaterThanOrEqual(99);
    expect(await outcome(put(client, tooSlow))).toBe('TimeoutError');
    expect(await isApplied(tooSlow)).toBe(false);
    while (!(await isApplied(tooSlow))) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('status: sends the error that it is told to', async () => {
    const proxy = await startProxy();
    const client = impatientClient(proxy.endpoint);
    proxy.inject({ kind: 'status', errorType: 'ProvisionedThroughputExceededException' });
    proxy.inject({ kind: 'status', status: 503, errorType: 'ServiceUnavailable' });

    await expect(put(client, newItem())).rejects.toMatchObject({
      name: 'ProvisionedThroughputExceededException',
      $metadata: { httpStatusCode: 400 },
    });
    await expect(put(client, newItem())).rejects.toMatchObject({
      name: 'ServiceUnavailable',
      $metadata: { httpStatusCode: 503 },
    });
  });

  it('hits the named operation only, after so many requests, so many times, until cleared', async () => {
    const proxy = await startProxy();
    const client = impatientClient(proxy.endpoint);
    proxy.inject({ operation: 'PutItem', kind: 'refuse', after: 1, times: 2 });
    proxy.inject({ operation: 'GetItem', kind: 'refuse', times: Number.POSITIVE_INFINITY });
    const get = () => client.send(new GetItemCommand({ TableName, Key: newItem() }));

    const puts = [];
    for (let i = 0; i < 4; i++) puts.push(await outcome(put(client, newItem())));
    const gets = [await outcome(get()), await outcome(get())];
    proxy.clear();

    expect(puts).toEqual(['answered', 'reset', 'reset', 'answered']);
    expect(gets).toEqual(['reset', 'reset']);
    expect(await outcome(get())).toBe('answered');
    expect(proxy.requests).toHaveLength(7);
  });

  it('shows the retry of a write whose answer was lost', async () => {
    const proxy = await startProxy();
    const client = impatientClient(proxy.endpoint, 2);
    proxy.inject({ kind: 'lose-answer' });
    const Item = newItem();

    await expect(
      client.send(
        new PutItemCommand({
          TableName,
          Item,
          ConditionExpression: 'attribute_not_exists(id)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      ),
    ).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item });
    expect(proxy.requests).toEqual([
      { operation: 'PutItem', fault: 'lose-answer' },
      { operation: 'PutItem' },
    ]);
  });

  it('holds a request in the hook, and shows what the hook throws', async () => {
    const Item = newItem();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const proxy = await startProxy({
      onRequest: (operation, body) => {
        if (body.includes(Item.id.S)) return held;
        throw new Error(`unexpected ${operation}`);
      },
    });
    const client = impatientClient(proxy.endpoint);

    const request = put(client, Item);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await isApplied(Item)).toBe(false);
    release();
    await request;

    expect(await isApplied(Item)).toBe(true);
    await expect(put(client, newItem())).rejects.toMatchObject({
      name: 'FaultProxyHookError',
      message: 'Error: unexpected PutItem',
    });
  });

  it('closes under hanging and delayed requests', async () => {
    const proxy = await startFaultProxy(database.endpoint);
    const client = clientOf(proxy.endpoint, { maxAttempts: 1 });
    const kinds = ['hang', 'hang-after-apply', 'delay'] as const;
    for (const kind of kinds) proxy.inject({ kind, ms: 60_000 });
    const answers = kinds.map(() => outcome(put(client, newItem())));
    while (proxy.requests.length < kinds.length) await new Promise((resolve) => setTimeout(resolve, 5));

    await proxy.close();

    expect(await Promise.all(answers)).toEqual(['reset', 'reset', 'reset']);
  });
});
