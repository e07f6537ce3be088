import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { PersistenceStore } from '../../../src/core/protocol/store.js';
import { inTurn } from '../../../src/stores/dynamodb/in-turn.js';
import { DynamoDBPersistenceLayer as LiteLayer } from '../../../src/stores/dynamodb/lite-layer.js';
import { DynamoDBPersistenceLayer as SdkLayer } from '../../../src/stores/dynamodb/sdk-layer.js';
import type { Transport } from '../../../src/stores/dynamodb/transport.js';

const NOW = 1_700_000_000_000;
const moment = { now: NOW, leaseOverAt: NOW };

/** Together they take two seconds: longer than a connection may take to open, which is no time to wait for a turn. */
describe('500 claims at once on a table that answers in 200 ms', () => {
  // The default to connect, and more to answer: the server is in this process, and the machine may be busy.
  const requestHandler = { connectionTimeout: 1_000, requestTimeout: 10_000 };
  it.each<[string, (endpoint: string) => PersistenceStore]>([
    [
      'the AWS SDK',
      (endpoint) => new SdkLayer({ tableName: 't', clientConfig: { endpoint, requestHandler } }),
    ],
    [
      'the lean client',
      (endpoint) => new LiteLayer({ tableName: 't', clientConfig: { endpoint, requestHandler } }),
    ],
  ])('all succeed over %s, over 50 connections', async (_name, makeStore) => {
    let open = 0;
    let most = 0;
    const server = createServer((request, response) => {
      most = Math.max(most, ++open);
      request.resume();
      setTimeout(() => {
        open--;
        response.setHeader('content-type', 'application/x-amz-json-1.0').end('{}');
      }, 200);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const store = makeStore(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const claims = Array.from({ length: 500 }, (_, index) => {
      const record = { key: `k${index}`, fence: 'f', leaseUntil: NOW + 1, expiresAt: NOW + 1_000 };
      return store.claim({ status: 'running', ...record }, moment);
    });
    const answers = await Promise.all(claims);
    expect(answers.every(({ claimed }) => claimed)).toBe(true);
    expect(most).toBeLessThanOrEqual(50);
    expect(most).toBeGreaterThan(10);
    server.close();
    server.closeAllConnections();
  });
});

describe('a transport in turn', () => {
  const pending: { fail: (error: Error) => void; finish: () => void }[] = [];
  const begun: string[] = [];
  const transport = {
    deleteItem: ({ TableName }: { TableName: string }) => {
      begun.push(TableName);
      return new Promise((resolve, fail) => {
        pending.push({ fail, finish: () => resolve({ refused: false }) });
      });
    },
  } as unknown as Transport;

  it('begins in the order of coming, as many at once as it may, failures or not', async () => {
    const { deleteItem } = inTurn(transport, 2);
    const sent = ['a', 'b', 'c', 'd', 'e'].map((TableName) => deleteItem({ TableName, Key: {} }));
    await new Promise(setImmediate);
    expect(begun).toEqual(['a', 'b']);
    pending[1]?.fail(new Error('lost'));
    await expect(sent[1]).rejects.toThrow('lost');
    await new Promise(setImmediate);
    expect(begun).toEqual(['a', 'b', 'c']);
    pending[0]?.finish();
    pending[2]?.finish();
    await sent[2];
    await new Promise(setImmediate);
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e']);
    for (const { finish } of pending) finish();
    await Promise.all([sent[0], sent[3], sent[4]]);
    const next = deleteItem({ TableName: 'f', Key: {} });
    await new Promise(setImmediate);
    expect(begun.at(-1)).toBe('f');
    pending.at(-1)?.finish();
    await next;
  });
});
