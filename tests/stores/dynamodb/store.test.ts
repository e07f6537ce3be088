import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { version } from '../../../src/aws-client.js';
import type { StoredResult } from '../../../src/core/protocol/record.js';
import type { PersistenceStore } from '../../../src/core/protocol/store.js';
import {
  type LeanClientConfig,
  DynamoDBPersistenceLayer as LiteLayer,
} from '../../../src/stores/dynamodb/lite-layer.js';
import type { TableOptions } from '../../../src/stores/dynamodb/options.js';
import { DynamoDBPersistenceLayer } from '../../../src/stores/dynamodb/sdk-layer.js';
import { type LocalDatabase, startDynalite } from '../../support/dynalite.js';
import { clientFor, createTable, scan, settingsFor, testEndpoint } from '../../support/tables.js';
import { itKeepsTheContract } from '../contract.js';

type MakeStore = (client: DynamoDBClient, endpoint: string, options: TableOptions) => PersistenceStore;

const bySdk: MakeStore = (awsSdkV3Client, _endpoint, options) =>
  new DynamoDBPersistenceLayer({ ...options, awsSdkV3Client });
const byDocumentClient: MakeStore = (client, endpoint, options) =>
  bySdk(DynamoDBDocumentClient.from(client) as never, endpoint, options);
const lean: MakeStore = (_client, endpoint, options) =>
  new LiteLayer({ ...options, clientConfig: settingsFor(endpoint) as LeanClientConfig });

/** Both transports keep every promise of the store. */
const transports: [string, MakeStore][] = [
  ['over the AWS SDK', bySdk],
  ['over the lean client', lean],
];

const describeTable = (
  name: string,
  start: () => Promise<LocalDatabase>,
  options: Partial<TableOptions> = {},
  makeStore: MakeStore = bySdk,
): void => {
  describe(name, () => {
    let database: LocalDatabase;
    let store: PersistenceStore;

    beforeAll(async () => {
      database = await start();
      const client = clientFor(database.endpoint);
      const { keyAttr, sortKeyAttr } = options;
      const tableName = await createTable(client, {
        ...(keyAttr && { keyAttr }),
        ...(sortKeyAttr && { sortKeyAttr }),
      });
      store = makeStore(client, database.endpoint, { tableName, ...options });
    });
    afterAll(() => database.close());

    itKeepsTheContract(() => store);
  });
};

/** `DYNAMODB_ENDPOINT` points these at any DynamoDB: MiniStack in CI, DynamoDB Local or a real table at yours. */
describe('DynamoDBPersistenceLayer', () => {
  for (const [name, makeStore] of transports) {
    const untaught = () => startDynalite({ returnsOldItem: false });
    describeTable(`${name}, on the endpoint in use`, testEndpoint, {}, makeStore);
    describeTable(`${name}, where a refusal does not return the item`, untaught, {}, makeStore);
    const composite = { keyAttr: 'pk', sortKeyAttr: 'sk' };
    describeTable(`${name}, with a composite key`, testEndpoint, composite, makeStore);
  }
  describeTable('with one partition', testEndpoint, { sortKeyAttr: 'sk', staticPkValue: 'idempotency' });
  describeTable('with attribute names of its own', testEndpoint, {
    keyAttr: 'the id',
    statusAttr: 'state',
    expiryAttr: 'ttl',
    inProgressExpiryAttr: 'lease-until',
    dataAttr: 'result',
    validationKeyAttr: 'hash',
  });
  describeTable('through a DynamoDBDocumentClient', testEndpoint, {}, byDocumentClient);
});

const NOW = 1_700_000_000_000;
const running = (key: string) =>
  ({
    status: 'running',
    key,
    fence: 'fence-1',
    fingerprint: 'f',
    leaseUntil: NOW + 30_000,
    expiresAt: NOW + 3_600_000,
  }) as const;
const moment = { now: NOW, leaseOverAt: NOW };

describe.each(transports)('the item, %s', (_transport, makeStore) => {
  let database: LocalDatabase;
  let client: DynamoDBClient;
  beforeAll(async () => {
    database = await testEndpoint();
    client = clientFor(database.endpoint);
  });
  afterAll(() => {
    client.destroy();
    return database.close();
  });

  const writtenBy = async (
    options: Partial<TableOptions>,
    act: (store: PersistenceStore) => Promise<unknown>,
  ) => {
    const { keyAttr, sortKeyAttr } = options;
    const tableName = await createTable(client, {
      ...(keyAttr && { keyAttr }),
      ...(sortKeyAttr && { sortKeyAttr }),
    });
    await act(makeStore(client, database.endpoint, { tableName, ...options }));
    return scan(client, tableName);
  };

  it("has Powertools' attributes, and a fence", async () => {
    expect(await writtenBy({}, (store) => store.claim(running('shop#k'), moment))).toEqual([
      {
        id: { S: 'shop#k' },
        status: { S: 'INPROGRESS' },
        expiration: { N: '1700003600' },
        in_progress_expiration: { N: '1700000030000' },
        validation: { S: 'f' },
        fence: { S: 'fence-1' },
      },
    ]);
  });

  it('of a settled call has its data and codec', async () => {
    const result = { stored: true, codec: 'json', data: '{"cake":1}' } as const;
    const items = await writtenBy({}, async (store) => {
      await store.claim(running('shop#k'), moment);
      await store.settle('shop#k', 'fence-1', { result, expiresAt: NOW + 7_200_000 });
    });
    expect(items).toEqual([
      expect.objectContaining({
        status: { S: 'COMPLETED' },
        expiration: { N: '1700007200' },
        validation: { S: 'f' },
        data: { S: '{"cake":1}' },
        codec: { S: 'json' },
      }),
    ]);
  });

  it("of a failure is completed, to Powertools' readers, and has its error in a place of its own", async () => {
    const settled = async (result: StoredResult) => {
      const [item] = await writtenBy({}, async (store) => {
        await store.claim(running('shop#k'), moment);
        await store.settle('shop#k', 'fence-1', { status: 'failed', result, expiresAt: NOW + 7_200_000 });
      });
      return item;
    };
    const base = {
      id: { S: 'shop#k' },
      status: { S: 'COMPLETED' },
      expiration: { N: '1700007200' },
      in_progress_expiration: { N: '1700000030000' },
      validation: { S: 'f' },
      fence: { S: 'fence-1' },
      failed: { BOOL: true },
    };
    expect(await settled({ stored: true, codec: 'json', data: '{"message":"x"}' })).toEqual({
      ...base,
      codec: { S: 'json' },
      error: { S: '{"message":"x"}' },
    });
    expect(await settled({ stored: false, reason: 'too large' })).toEqual({
      ...base,
      not_stored: { S: 'too large' },
    });
  });

  it("of a claim that was given up and counts: in progress, to Powertools' readers, its lease over", async () => {
    const remains = { ...running('shop#k'), fence: 'fence-2', attempts: 2, leaseUntil: 0 };
    const items = await writtenBy({}, async (store) => {
      await store.claim({ ...running('shop#k'), attempts: 2 }, { ...moment, takesOver: '' });
      expect(await store.read('shop#k')).toMatchObject({ attempts: 2 });
      await store.release('shop#k', 'fence-1', remains);
    });
    expect(items).toEqual([
      {
        id: { S: 'shop#k' },
        status: { S: 'INPROGRESS' },
        expiration: { N: '1700003600' },
        in_progress_expiration: { N: '0' },
        validation: { S: 'f' },
        fence: { S: 'fence-2' },
        attempts: { N: '2' },
      },
    ]);
  });

  it('with a sort key, has a partition of its own by default', async () => {
    const options = { keyAttr: 'pk', sortKeyAttr: 'sk' };
    const items = await writtenBy(options, async (store) => {
      await store.claim(running('shop#a'), moment);
      await store.claim(running('shop#b'), moment);
    });
    expect(items.map(({ pk, sk }) => [pk?.S, sk?.S]).sort()).toEqual([
      ['idempotency#shop#a', 'shop#a'],
      ['idempotency#shop#b', 'shop#b'],
    ]);
  });

  it('with staticPkValue, has that partition, and the sort key is the key', async () => {
    const options = { sortKeyAttr: 'sk', staticPkValue: 'mine' };
    const items = await writtenBy(options, async (store) => {
      await store.claim(running('shop#a'), moment);
      expect((await store.read('shop#a'))?.key).toBe('shop#a');
    });
    expect(items).toEqual([expect.objectContaining({ id: { S: 'mine' }, sk: { S: 'shop#a' } })]);
  });

  it('of a table that does not exist: names the table and keeps the cause', async () => {
    const store = makeStore(client, database.endpoint, { tableName: 'no-such-table' });
    for (const ask of [
      () => store.claim(running('k'), moment),
      () => store.settle('k', 'f', { result: { stored: true, codec: 'json' }, expiresAt: NOW }),
      () => store.release('k', 'f'),
      () => store.read('k'),
    ]) {
      await expect(ask()).rejects.toMatchObject({
        name: 'IdempotencyPersistenceLayerError',
        message: expect.stringContaining('no-such-table'),
        retryable: false,
        cause: { name: 'ResourceNotFoundException' },
      });
    }
  });

  it('of a table with other keys: says to look at keyAttr and sortKeyAttr', async () => {
    const tableName = await createTable(client, { keyAttr: 'other' });
    const store = makeStore(client, database.endpoint, { tableName });
    await expect(store.claim(running('k'), moment)).rejects.toThrow(/`keyAttr` and `sortKeyAttr`/);
  });
});

describe('the client', () => {
  it('is made at the first request, and tells its name', async () => {
    const agents: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      agents.push(request.headers['user-agent']);
      response.setHeader('content-type', 'application/x-amz-json-1.0').end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const clientConfig = { endpoint: `http://127.0.0.1:${port}` };
    const store = new DynamoDBPersistenceLayer({ tableName: 't', clientConfig });
    expect(agents).toEqual([]);
    expect(await store.claim(running('k'), moment)).toEqual({ claimed: true });
    expect(agents).toEqual([expect.stringContaining('lambda-idempotency/0.1.0')]);
    server.close();
    server.closeAllConnections();
  });

  it('reads consistently, unless the caller does not care', async () => {
    const reads: unknown[] = [];
    const awsSdkV3Client = {
      config: {},
      middlewareStack: {},
      send: async ({ input }: { input: { ConsistentRead?: boolean } }) => {
        reads.push(input.ConsistentRead);
        return {};
      },
    };
    const store = new DynamoDBPersistenceLayer({ tableName: 't', awsSdkV3Client });
    await store.read('k');
    await store.read('k', { consistent: true });
    await store.read('k', { consistent: false });
    expect(reads).toEqual([true, true, false]);
  });

  it('tells the version of package.json', () => {
    const { version: published } = JSON.parse(
      readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
    );
    expect(version).toBe(published);
  });
});
