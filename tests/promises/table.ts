import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import {
  DynamoDBPersistenceLayer,
  type DynamoDBPersistenceOptions,
} from '../../src/stores/dynamodb/sdk-layer.js';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { clientFor, createTable, type RawItem, scan, testEndpoint } from '../support/tables.js';

/** A table on a real endpoint, reached through a proxy that can drop, cut and delay. */
export interface TestTable {
  readonly tableName: string;
  readonly endpoint: string;
  readonly proxy: FaultProxy;
  /** A store of its own, as another host has one. Its client gives up quickly, so that faults do not slow the tests. */
  store(options?: Partial<DynamoDBPersistenceOptions>): DynamoDBPersistenceLayer;
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
    store(options = {}) {
      const client = clientFor(proxy.endpoint, {
        maxAttempts: 3,
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

/** A Lambda context with so much time left; `left` may be read more than once, as Lambda's counts down. */
export const contextWith = (left: number | (() => number), functionName = 'shop'): Context => ({
  functionName,
  functionVersion: '1',
  invokedFunctionArn: `arn:aws:lambda:eu-west-1:000000000000:function:${functionName}`,
  memoryLimitInMB: '128',
  awsRequestId: 'request',
  logGroupName: 'group',
  logStreamName: 'stream',
  callbackWaitsForEmptyEventLoop: true,
  getRemainingTimeInMillis: () => (typeof left === 'number' ? left : left()),
  done: () => {},
  fail: () => {},
  succeed: () => {},
});

/** A promise to be opened from outside: holds a run at a point. */
export const makeGate = (): { readonly open: () => void; readonly opened: Promise<void> } => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
};
