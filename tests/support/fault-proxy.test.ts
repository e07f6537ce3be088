import {
  type DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LocalDatabase } from './dynalite.js';
import { type FaultKind, type FaultProxy, type FaultProxyOptions, startFaultProxy } from './fault-proxy.js';
import { clientFor, createTable, testEndpoint } from './tables.js';

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
  const requestHandler = { connectionTimeout: 500, requestTimeout: 250, throwOnRequestTimeout: true };
  return clientOf(endpoint, { maxAttempts, requestHandler });
}

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

  /** Every kind, or this does not compile. The client waits for 250 ms. */
  const failures = {
    'drop-request': { applied: false, error: 'reset' },
    refuse: { applied: false, error: 'reset' },
    hang: { applied: false, error: 'TimeoutError' },
    status: { applied: false, error: 'InternalServerError' },
    throttle: { applied: false, error: 'ProvisionedThroughputExceededException' },
    delay: { applied: false, error: 'TimeoutError' },
    'lose-answer': { applied: true, error: 'reset' },
    'cut-answer': { applied: true, error: 'reset after the headers' },
    'delay-answer': { applied: true, error: 'TimeoutError' },
    'hang-after-apply': { applied: true, error: 'TimeoutError' },
  } satisfies Record<FaultKind, { applied: boolean; error: string }>;

  it.each(Object.keys(failures) as FaultKind[])('%s: hits one request only', async (kind) => {
    const { applied, error } = failures[kind];
    const proxy = await startProxy();
    const client = impatientClient(proxy.endpoint);
    const [hit, spared] = [newItem(), newItem()];
    proxy.inject({ kind, ms: 60_000 });

    expect(await outcome(put(client, hit))).toBe(error);
    expect(await outcome(put(client, spared))).toBe('answered');
    expect(await isApplied(hit)).toBe(applied);
    expect(await isApplied(spared)).toBe(true);
    expect(proxy.requests).toEqual([{ operation: 'PutItem', fault: kind }, { operation: 'PutItem' }]);
  });

  it.each(Object.keys(failures) as FaultKind[])('%s: an SDK that tries again gets through', async (kind) => {
    const proxy = await startProxy();
    const client = impatientClient(proxy.endpoint, 2);
    const item = newItem();
    proxy.inject({ kind, ms: 60_000 });

    expect(await outcome(put(client, item))).toBe('answered');
    expect(await isApplied(item)).toBe(true);
    expect(proxy.requests).toEqual([{ operation: 'PutItem', fault: kind }, { operation: 'PutItem' }]);
  });

  it('delay: answers late, and applies even what the client has given up', async () => {
    const proxy = await startProxy();
    const client = impatientClient(proxy.endpoint);
    const [slow, tooSlow] = [newItem(), newItem()];
    proxy.inject({ kind: 'delay', ms: 100 });
    proxy.inject({ kind: 'delay', ms: 700, after: 1 });

    const start = performance.now();
    expect(await outcome(put(client, slow))).toBe('answered');
    expect(performance.now() - start).toBeGreaterThanOrEqual(99);
    expect(await outcome(put(client, tooSlow))).toBe('TimeoutError');
    expect(await isApplied(tooSlow)).toBe(false);
    while (!(await isApplied(tooSlow))) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('delay-answer: answers late', async () => {
    const proxy = await startProxy();
    const client = impatientClient(proxy.endpoint);
    proxy.inject({ kind: 'delay-answer', ms: 100 });

    const start = performance.now();
    expect(await outcome(put(client, newItem()))).toBe('answered');
    expect(performance.now() - start).toBeGreaterThanOrEqual(99);
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
