import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import {
  DynamoDBPersistenceLayer,
  type DynamoDBPersistenceOptions,
} from '../../src/stores/dynamodb/sdk-layer.js';
import { type FaultProxy, startFaultProxy } from './fault-proxy.js';
import { clientFor, createTable, type RawItem, scan, testEndpoint } from './tables.js';

/** A table on a real endpoint, reached through a proxy that can drop, cut and delay. */
export interface TestTable {
  readonly tableName: string;
  readonly endpoint: string;
  readonly proxy: FaultProxy;
  /**
   * A store of its own, as another host has one. Its client gives up quickly, so that faults do not slow the tests.
   *
   * @param maxAttempts how often its SDK sends a request; between those it waits in real time
   */
  store(options?: Partial<DynamoDBPersistenceOptions>, maxAttempts?: number): DynamoDBPersistenceLayer;
  items(): Promise<RawItem[]>;
  /** The one item whose key starts with the scope. */
  item(scope: string): Promise<RawItem>;
  put(item: RawItem): Promise<void>;
  /** Deletes an item whole, as TTL does. */
  remove(item: RawItem | undefined): Promise<void>;
  close(): Promise<void>;
}

export const startTable = async (): Promise<TestTable> => {
  const database = await testEndpoint();
  const proxy = await startFaultProxy(database.endpoint);
  const direct = clientFor(database.endpoint);
  const tableName = await createTable(direct);
  const clients: DynamoDBClient[] = [direct];
  const items = (): Promise<RawItem[]> => scan(direct, tableName);
  return {
    tableName,
    endpoint: database.endpoint,
    proxy,
    store(options = {}, maxAttempts = 3) {
      const client = clientFor(proxy.endpoint, {
        maxAttempts,
        requestHandler: { connectionTimeout: 500, requestTimeout: 500, throwOnRequestTimeout: true },
      });
      clients.push(client);
      return new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: client, ...options });
    },
    items,
    async item(scope) {
      const found = (await items()).filter((item) => item['id']?.S?.startsWith(`${scope}#`));
      if (found.length !== 1 || !found[0])
        throw new Error(`${found.length} items of scope ${scope}, not one`);
      return found[0];
    },
    async put(item) {
      await direct.send(new PutItemCommand({ TableName: tableName, Item: item }));
    },
    async remove(item) {
      const id = item?.['id'];
      if (!id) throw new Error('There is no such item');
      await direct.send(new DeleteItemCommand({ TableName: tableName, Key: { id } }));
    },
    async close() {
      for (const client of clients) client.destroy();
      await proxy.close();
      await database.close();
    },
  };
};

/** A table for the tests of one file. The proxy forgets faults and requests after each. */
export const useFaultTable = (): TestTable => {
  let started: TestTable | undefined;
  const table = (): TestTable => {
    if (!started) throw new Error('The table is there once the tests run, not before');
    return started;
  };
  beforeAll(async () => {
    started = await startTable();
  });
  afterEach(() => {
    table().proxy.clear();
    table().proxy.requests.length = 0;
  });
  afterAll(() => table().close());
  return {
    get tableName() {
      return table().tableName;
    },
    get endpoint() {
      return table().endpoint;
    },
    get proxy() {
      return table().proxy;
    },
    store: (...options) => table().store(...options),
    items: () => table().items(),
    item: (scope) => table().item(scope),
    put: (item) => table().put(item),
    remove: (item) => table().remove(item),
    close: () => table().close(),
  };
};
