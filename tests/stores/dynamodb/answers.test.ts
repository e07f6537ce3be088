import { type AttributeValue, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningRecord } from '../../../src/core/protocol/record.js';
import { DynamoDBPersistenceLayer } from '../../../src/stores/dynamodb/sdk-layer.js';
import type { LocalDatabase } from '../../support/dynalite.js';
import { clientFor, createTable, testEndpoint } from '../../support/tables.js';

/** Answers of DynamoDB that a table of this library's own does not give on demand. */

const NOW = 1_700_000_000_000;
const moment = { now: NOW, leaseOverAt: NOW };
const running: RunningRecord = {
  status: 'running',
  key: 'k',
  fence: 'a',
  leaseUntil: NOW + 30_000,
  expiresAt: NOW + 60_000,
};

/** A store whose client answers each command by its name. */
const storeThat = (answers: Record<string, () => unknown>): DynamoDBPersistenceLayer => {
  const send = async (command: object): Promise<unknown> => answers[command.constructor.name]?.();
  return new DynamoDBPersistenceLayer({
    tableName: 't',
    awsSdkV3Client: { config: {}, middlewareStack: {}, send },
  });
};
const throwing = (error: unknown) => () => {
  throw error;
};
const named = (name: string, message = ''): Error => Object.assign(new Error(message), { name });

describe('a refusal', () => {
  const refused = throwing(named('ConditionalCheckFailedException'));

  it('whose record vanished before it was looked at shows none', async () => {
    const store = storeThat({
      PutItemCommand: refused,
      DeleteItemCommand: refused,
      GetItemCommand: () => ({}),
    });
    expect(await store.claim(running, moment)).toStrictEqual({ claimed: false });
    expect(await store.release('k', 'a')).toStrictEqual({ held: false });
  });

  it('that shows the record needs no further look', async () => {
    const Item = { id: { S: 'k' }, status: { S: 'INPROGRESS' }, fence: { S: 'b' } };
    const store = storeThat({
      PutItemCommand: throwing(Object.assign(named('ConditionalCheckFailedException'), { Item })),
      GetItemCommand: throwing(new Error('not needed')),
    });
    expect(await store.claim(running, moment)).toMatchObject({ claimed: false, existing: { fence: 'b' } });
  });

  it('is told from an acceptance that replaced nothing', async () => {
    const store = storeThat({ PutItemCommand: () => ({}), UpdateItemCommand: () => ({}) });
    expect(await store.claim(running, moment)).toStrictEqual({ claimed: true });
    expect(
      await store.settle('k', 'a', { result: { stored: true, codec: 'json' }, expiresAt: NOW }),
    ).toStrictEqual({ held: true });
  });
});

describe('a claim that took over', () => {
  it('tells what it displaced', async () => {
    const Attributes = {
      id: { S: 'k' },
      status: { S: 'INPROGRESS' },
      fence: { S: 'stale' },
      in_progress_expiration: { N: '1000' },
      expiration: { N: '2' },
    };
    const store = storeThat({ PutItemCommand: () => ({ Attributes }) });
    expect(await store.claim(running, moment)).toStrictEqual({
      claimed: true,
      replaced: { status: 'running', key: 'k', fence: 'stale', leaseUntil: 1_000, expiresAt: 2_000 },
    });
  });
});

describe('a result past 4 MB', () => {
  it('begins one byte later', async () => {
    const store = storeThat({ PutItemCommand: () => ({}), UpdateItemCommand: () => ({}) });
    const result = { stored: true, codec: 'mine', data: new Uint8Array(4_194_304) } as const;
    expect(await store.settle('k', 'a', { result, expiresAt: NOW })).toStrictEqual({ held: true });
  });

  it.each([
    ['text', 'ü'.repeat(2_097_153)],
    ['bytes', new Uint8Array(4_194_305)],
  ])('of %s is refused without a request', async (_name, data) => {
    const store = storeThat({ UpdateItemCommand: throwing(new Error('not needed')) });
    const outcome = {
      status: 'done',
      result: { stored: true, codec: 'json', data },
      expiresAt: NOW,
    } as const;
    await expect(store.settle('k', 'a', outcome)).rejects.toMatchObject({ name: 'IdempotencyResultError' });
  });
});

describe('parts of a record that has none', () => {
  it.each([
    ['stored', { stored: true, codec: 'json', data: '1' }],
    ['not stored', { stored: false, reason: 'too large' }],
  ] as const)('whose result is %s are an IdempotencyResultError, without a request', async (_, result) => {
    const store = storeThat({ GetItemCommand: throwing(new Error('not needed')) });
    const record = { status: 'done', key: 'k', fence: 'a', expiresAt: NOW, result } as const;
    await expect(store.readParts(record)).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: 'its record does not list any parts',
    });
  });
});

describe('a failure', () => {
  it.each([
    ['a text', 'down'],
    ['null', null],
    ['undefined', undefined],
    ['an object without a name', { down: true }],
  ])('that is %s is told, and kept as the cause', async (_name, thrown) => {
    const store = storeThat({ PutItemCommand: throwing(thrown) });
    const failure = await store.claim(running, moment).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'IdempotencyPersistenceLayerError',
      message: 'dynamodb:PutItem on table t failed. an unknown error; see the cause.',
      retryable: true,
    });
    expect((failure as Error).cause).toBe(thrown);
  });

  it('is about the size only where DynamoDB finds the request invalid', async () => {
    const message = 'Item size has exceeded the maximum allowed size';
    const settleOn = (name: string) =>
      storeThat({ UpdateItemCommand: throwing(named(name, message)) }).settle('k', 'a', {
        result: { stored: true, codec: 'json', data: '1' },
        expiresAt: NOW,
      });
    await expect(settleOn('ValidationException')).rejects.toMatchObject({ name: 'IdempotencyResultError' });
    await expect(settleOn('InternalServerError')).rejects.toMatchObject({
      name: 'IdempotencyPersistenceLayerError',
    });
  });
});

describe('an item that something else wrote', () => {
  let database: LocalDatabase;
  let client: DynamoDBClient;
  let tableName: string;
  beforeAll(async () => {
    database = await testEndpoint();
    client = clientFor(database.endpoint);
    tableName = await createTable(client);
  });
  afterAll(() => {
    client.destroy();
    return database.close();
  });

  const holding = async (item: Record<string, AttributeValue>): Promise<DynamoDBPersistenceLayer> => {
    await client.send(new PutItemCommand({ TableName: tableName, Item: { id: { S: 'k' }, ...item } }));
    return new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: client });
  };

  it('without a known status is refused for good, read or claimed', async () => {
    const store = await holding({ status: { S: 'SHIPPED' }, expiration: { N: '1900000000' } });
    const refusal = {
      name: 'IdempotencyPersistenceLayerError',
      message: expect.stringContaining('something else writes to this key'),
      retryable: false,
    };
    await expect(store.read('k')).rejects.toMatchObject(refusal);
    await expect(store.claim(running, moment)).rejects.toMatchObject(refusal);
  });

  it('with a result of another type is one of the codec `native`', async () => {
    const store = await holding({ status: { S: 'COMPLETED' }, data: { M: { cake: { N: '1' } } } });
    expect(await store.read('k')).toMatchObject({
      status: 'done',
      result: { stored: true, codec: 'native' },
    });
  });

  const count = { N: '2' };
  const sha256 = { S: 'digest' };
  it.each([
    ['without their count', { sha256 }],
    ['without their checksum', { count }],
    ['of another type', { count: { S: '2' }, sha256: { N: '1' } }],
  ])('with parts %s is of a codec that nobody has, and not without data', async (_, M) => {
    const store = await holding({ status: { S: 'COMPLETED' }, codec: { S: 'json+parts' }, parts: { M } });
    expect(await store.read('k')).toMatchObject({ result: { stored: true, codec: 'json+parts' } });
    expect(await store.read('k')).not.toHaveProperty('result.parts');
  });

  it('with parts that its codec does not name has its data', async () => {
    const item = { codec: { S: 'json' }, data: { S: '1' }, parts: { M: { count, sha256 } } };
    const store = await holding({ status: { S: 'COMPLETED' }, ...item });
    expect(await store.read('k')).toHaveProperty('result', {
      stored: true,
      codec: 'json',
      data: '1',
    });
  });

  it('is replaced where its time is over, whatever its status', async () => {
    const store = await holding({ status: { S: 'EXPIRED' }, expiration: { N: '1600000000' } });
    expect(await store.claim(running, moment)).toStrictEqual({ claimed: true });
    expect(await store.settle('k', 'a', { result: { stored: true, codec: 'json' }, expiresAt: NOW })).toEqual(
      {
        held: true,
      },
    );
  });

  it('without the end of a lease is over at its expiration, and not before', async () => {
    const store = await holding({ status: { S: 'INPROGRESS' }, expiration: { N: '1700000000' } });
    const before = { now: NOW - 1_000, leaseOverAt: NOW - 1_000 };
    expect((await store.claim(running, before)).claimed).toBe(false);
    expect((await store.claim(running, moment)).claimed).toBe(true);
    expect((await store.release('k', 'a')).held).toBe(true);
  });

  it('without the end of a lease is protected until its expiration', async () => {
    const store = await holding({ status: { S: 'INPROGRESS' }, expiration: { N: '1700000060' } });
    expect(await store.read('k')).toMatchObject({ status: 'running', leaseUntil: NOW + 60_000 });
    expect((await store.claim(running, moment)).claimed).toBe(false);
  });
});
