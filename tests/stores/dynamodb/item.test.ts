import { describe, expect, it } from '@jest/globals';
import type { RunningRecord } from '../../../src/core/protocol/record.js';
import { IdempotencyPersistenceLayerError } from '../../../src/index.js';
import { attributesOf } from '../../../src/stores/dynamodb/attributes.js';
import { fromItem, keyOf, toItem } from '../../../src/stores/dynamodb/item.js';

const plain = attributesOf('', {});
const running: RunningRecord = {
  status: 'running',
  key: 'orders#1',
  fence: 'f1',
  leaseUntil: 1_010_500,
  expiresAt: 2_000_000,
};
const item = {
  id: { S: 'orders#1' },
  status: { S: 'INPROGRESS' },
  expiration: { N: '2000' },
  in_progress_expiration: { N: '1010500' },
  fence: { S: 'f1' },
};

describe('the key of an item', () => {
  it.each([
    ['is the partition key', {}, { id: { S: 'k' } }],
    [
      'is the sort key, in a partition per record',
      { sortKeyAttr: 'sk' },
      { id: { S: 'idempotency#k' }, sk: { S: 'k' } },
    ],
    [
      'is the sort key, in one partition',
      { sortKeyAttr: 'sk', staticPkValue: 'p' },
      { id: { S: 'p' }, sk: { S: 'k' } },
    ],
  ])('%s', (_, options, key) => {
    expect(keyOf(attributesOf('', options), 'k')).toEqual(key);
  });
});

describe('a running record', () => {
  it.each<[string, RunningRecord, object]>([
    ['alone', running, item],
    [
      'with fingerprint and attempts',
      { ...running, fingerprint: 'h', attempts: 2 },
      { ...item, validation: { S: 'h' }, attempts: { N: '2' } },
    ],
  ])('%s is an item, and is read back', (_, record, expected) => {
    expect(toItem(plain, record)).toEqual(expected);
    expect(fromItem(plain, expected as typeof item)).toEqual(record);
  });

  it('of Powertools without a Lambda context has its expiry as the end of its lease, and no fence', () => {
    const { fence: _, in_progress_expiration: __, ...foreign } = item;
    expect(fromItem(plain, foreign)).toEqual({ ...running, fence: '', leaseUntil: 2_000_000 });
  });
});

describe('a settled record', () => {
  const done = { ...item, status: { S: 'COMPLETED' }, data: { S: '1' }, codec: { S: 'json' } };
  const base = { key: 'orders#1', fence: 'f1', expiresAt: 2_000_000 };
  it.each<[string, object, object]>([
    ['with a result', done, { status: 'done', result: { stored: true, codec: 'json', data: '1' } }],
    [
      'with an error, whatever its data',
      { ...done, failed: { BOOL: true }, error: { S: '"no"' } },
      { status: 'failed', result: { stored: true, codec: 'json', data: '"no"' } },
    ],
    [
      'whose `failed` is not true',
      { ...done, failed: { BOOL: false } },
      { status: 'done', result: { stored: true, codec: 'json', data: '1' } },
    ],
  ])('%s is read', (_, stored, expected) => {
    expect(fromItem(plain, stored as typeof item)).toEqual({ ...base, ...expected });
  });

  it('is read by its sort key and names of its own', () => {
    const names = attributesOf('', { sortKeyAttr: 'sk', statusAttr: 'st', expiryAttr: 'ex', dataAttr: 'da' });
    const stored = { id: { S: 'p' }, sk: { S: 'k' }, st: { S: 'COMPLETED' }, ex: { N: '7' }, da: { S: '1' } };
    expect(fromItem(names, stored)).toEqual({
      key: 'k',
      fence: '',
      expiresAt: 7_000,
      status: 'done',
      result: { stored: true, codec: 'json', data: '1' },
    });
  });
});

it.each([{ S: 'EXPIRED' }, undefined])('an item with status %j is not a record', (status) => {
  const read = (): unknown => fromItem(plain, { id: { S: 'orders#1' }, ...(status && { status }) });
  expect(read).toThrow(IdempotencyPersistenceLayerError);
  expect(read).toThrow(
    'The item orders#1 has a `status` other than INPROGRESS or COMPLETED: something else writes to this key.',
  );
});
