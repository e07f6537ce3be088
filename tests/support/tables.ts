import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AttributeValue,
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { type LocalDatabase, startDynalite } from './dynalite.js';

export interface TableOptions {
  /** Default: a name that no other test has. */
  tableName?: string;
  /** The partition key. Default: `id`. */
  keyAttr?: string;
  /** The sort key. Default: none. */
  sortKeyAttr?: string;
}

export type RawItem = Record<string, AttributeValue>;

/** The database that the user names in `DYNAMODB_ENDPOINT`, which stays up, or else an own dynalite. */
export async function testEndpoint(): Promise<LocalDatabase> {
  const { DYNAMODB_ENDPOINT: endpoint } = process.env;
  return endpoint ? { endpoint, close: async () => undefined } : startDynalite();
}

/** What a client needs to reach the endpoint: no AWS settings when it is on this machine. */
export function settingsFor(endpoint: string): DynamoDBClientConfig {
  const { AWS_REGION: region = 'us-east-1' } = process.env;
  return {
    endpoint,
    region,
    ...(isLoopback(endpoint) && { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }),
  };
}

export function clientFor(endpoint: string, overrides: DynamoDBClientConfig = {}): DynamoDBClient {
  return new DynamoDBClient({ ...settingsFor(endpoint), ...overrides });
}

/** Creates an on-demand table, waits until it can be used, and returns its name. */
export async function createTable(client: DynamoDBClient, options: TableOptions = {}): Promise<string> {
  const tableName = options.tableName ?? `idempotency-${randomUUID()}`;
  const keys = [options.keyAttr ?? 'id', ...(options.sortKeyAttr ? [options.sortKeyAttr] : [])];
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map((name) => ({ AttributeName: name, AttributeType: 'S' })),
      KeySchema: keys.map((name, index) => ({
        AttributeName: name,
        KeyType: index === 0 ? 'HASH' : 'RANGE',
      })),
    }),
  );
  await untilActive(client, tableName);
  return tableName;
}

/** Every item of the table, as DynamoDB holds it. */
export async function scan(client: DynamoDBClient, tableName: string): Promise<RawItem[]> {
  const items: RawItem[] = [];
  for await (const page of paginateScan({ client }, { TableName: tableName, ConsistentRead: true })) {
    items.push(...(page.Items ?? []));
  }
  return items;
}

/** The SDK's own waiter sleeps for whole seconds, which every test would pay. */
async function untilActive(client: DynamoDBClient, tableName: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (let pause = 5; Date.now() < deadline; pause = Math.min(pause * 2, 500)) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
    if (Table?.TableStatus === 'ACTIVE') return;
    await sleep(pause);
  }
  throw new Error(`Table ${tableName} is not ACTIVE after a minute`);
}

function isLoopback(endpoint: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(endpoint).hostname);
}
