import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeIdempotent } from '../../src/index.js';
import { compressed, encrypted, serialized, typedJson } from '../../src/results/index.js';
import { DynamoDBPersistenceLayer } from '../../src/stores/dynamodb/sdk-layer.js';
import type { LocalDatabase } from '../support/dynalite.js';
import { rejectionOf } from '../support/gates.js';
import { clientFor, createTable, scan, testEndpoint } from '../support/tables.js';

class CardDeclinedError extends Error {
  override readonly name = 'CardDeclinedError';
  readonly code = 'lost_card';
  readonly at = new Date(1_700_000_000_000);
  readonly receipt: string;
  constructor(receipt: string) {
    super('declined', { cause: new RangeError('no money') });
    this.receipt = receipt;
  }
}

const key = randomBytes(32);
const never = (): never => {
  throw new Error('what was thrown is no model');
};

describe('a final error goes through the codec as results do', () => {
  let database: LocalDatabase;
  let client: DynamoDBClient;
  beforeAll(async () => {
    database = await testEndpoint();
    client = clientFor(database.endpoint);
  });
  afterAll(async () => {
    client.destroy();
    await database.close();
  });

  it.each([
    ['typed JSON', typedJson],
    ['compressed', compressed()],
    ['encrypted', encrypted({ key })],
    ['compressed and encrypted', compressed(encrypted({ key }))],
    ['serialized', serialized({ serialize: never, deserialize: never })],
  ])('%s, small and large', async (_name, codec) => {
    const tableName = await createTable(client);
    for (const receipt of ['short', randomBytes(300_000).toString('base64')]) {
      const failure = new CardDeclinedError(receipt);
      let runs = 0;
      const pay = async (_length: number): Promise<never> => {
        runs++;
        throw failure;
      };
      const options = {
        // Another host each time, with no memory of the first.
        persistenceStore: new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: client }),
        config: { codec, shouldStoreError: () => true, errorClasses: [CardDeclinedError] },
      };
      assert.equal(await rejectionOf(makeIdempotent(pay, options)(receipt.length)), failure);
      assert.deepEqual(await rejectionOf(makeIdempotent(pay, options)(receipt.length)), failure);
      expect(runs).toBe(1);
    }
  });

  it('encrypted: nothing of it can be read in the table', async () => {
    const tableName = await createTable(client);
    const persistenceStore = new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: client });
    const pay = makeIdempotent(
      async function pay(_id: number): Promise<never> {
        throw new CardDeclinedError('short');
      },
      { persistenceStore, config: { codec: encrypted({ key }), shouldStoreError: () => true } },
    );
    await rejectionOf(pay(1));
    const [item] = await scan(client, tableName);
    expect(item).toMatchObject({ failed: { BOOL: true }, error: { B: expect.anything() } });
    expect(Buffer.from(item?.['error']?.B ?? []).toString('latin1')).not.toMatch(/declined|lost_card|money/);
  });
});
