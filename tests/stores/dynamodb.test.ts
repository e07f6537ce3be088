import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe } from '@jest/globals';
import type { PersistenceStore } from '../../src/core/store.js';
import { DynamoDBPersistenceLayer, type DynamoDBPersistenceOptions } from '../../src/stores/dynamodb.js';
import { type LocalDatabase, startDynalite } from '../helpers/dynalite.js';
import { clientFor, createTable, testEndpoint } from '../helpers/tables.js';
import { itKeepsTheContract } from './contract.js';

const describeTable = (
  name: string,
  start: () => Promise<LocalDatabase>,
  options: Partial<DynamoDBPersistenceOptions> = {},
  asClient: (client: DynamoDBClient) => DynamoDBPersistenceOptions['awsSdkV3Client'] = (client) => client,
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
      store = new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: asClient(client), ...options });
    });
    afterAll(() => database.close());

    itKeepsTheContract(() => store);
  });
};

/** `DYNAMODB_ENDPOINT` points these at any DynamoDB: MiniStack in CI, DynamoDB Local or a real table at yours. */
describe('DynamoDBPersistenceLayer', () => {
  describeTable('on the endpoint in use', testEndpoint);
  describeTable('where a refusal does not return the item', () => startDynalite({ returnsOldItem: false }));
  describeTable('with a composite key', testEndpoint, { keyAttr: 'pk', sortKeyAttr: 'sk' });
  describeTable('with one partition', testEndpoint, { sortKeyAttr: 'sk', staticPkValue: 'idempotency' });
  describeTable('with attribute names of its own', testEndpoint, {
    keyAttr: 'the id',
    statusAttr: 'state',
    expiryAttr: 'ttl',
    inProgressExpiryAttr: 'lease-until',
    dataAttr: 'result',
    validationKeyAttr: 'hash',
  });
  describeTable('through a DynamoDBDocumentClient', testEndpoint, {}, (client) =>
    DynamoDBDocumentClient.from(client),
  );
});
