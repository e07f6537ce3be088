import { describe, expect, it } from '@jest/globals';
import type { StoredResult } from '../../../src/core/protocol/record.js';
import { resultUpdate, toResult } from '../../../src/stores/dynamodb/result.js';

const BYTES = new Uint8Array([1, 2]);
const parts = { count: 3, sha256: 'digest', isText: true };
const inParts = { M: { count: { N: '3' }, sha256: { S: 'digest' }, text: { BOOL: true } } };

/** A result, and the attributes that hold it: of an outcome, and of an error. */
const results: [string, StoredResult, object, object][] = [
  [
    'text',
    { stored: true, codec: 'json', data: '1' },
    { data: { S: '1' }, codec: { S: 'json' } },
    { error: { S: '1' }, codec: { S: 'json' }, failed: { BOOL: true } },
  ],
  [
    'bytes',
    { stored: true, codec: 'json+br', data: BYTES },
    { data: { B: BYTES }, codec: { S: 'json+br' } },
    { error: { B: BYTES }, codec: { S: 'json+br' }, failed: { BOOL: true } },
  ],
  [
    'undefined',
    { stored: true, codec: 'json' },
    { codec: { S: 'json' } },
    { codec: { S: 'json' }, failed: { BOOL: true } },
  ],
  [
    'parts',
    { stored: true, codec: 'json+br', parts },
    { parts: inParts, codec: { S: 'json+br+parts' } },
    { parts: inParts, codec: { S: 'json+br+parts' }, failed: { BOOL: true } },
  ],
  [
    'the reason why there is none',
    { stored: false, reason: 'too large' },
    { not_stored: { S: 'too large' } },
    { not_stored: { S: 'too large' }, failed: { BOOL: true } },
  ],
];

/** The attributes that an update sets, by their names. */
const attributesSet = (result: StoredResult, status: 'done' | 'failed') => {
  const values = { ':done': { S: 'COMPLETED' } };
  const { UpdateExpression, ExpressionAttributeNames: names = {} } = resultUpdate(
    result,
    { result, status, expiresAt: 0 },
    'SET #status = :done',
    { '#status': 'status' },
    'data',
    values,
  );
  const assignments = UpdateExpression.replace('SET ', '').split(', ');
  return Object.fromEntries(
    assignments.map((assignment) => {
      const [name = '', value = ''] = assignment.split(' = ');
      return [names[name], values[value as keyof typeof values]];
    }),
  );
};

describe.each(results)('%s', (_, result, ofOutcome, ofError) => {
  it('is written with the status', () => {
    expect(attributesSet(result, 'done')).toEqual({ status: { S: 'COMPLETED' }, ...ofOutcome });
    expect(attributesSet(result, 'failed')).toEqual({ status: { S: 'COMPLETED' }, ...ofError });
  });

  it('is read back', () => {
    expect(toResult(ofOutcome as never, 'data')).toEqual(result);
    expect(toResult(ofError as never, 'error')).toEqual(result);
  });
});

describe('what others wrote', () => {
  it.each<[string, object, StoredResult]>([
    ['text without a codec is JSON', { data: { S: '1' } }, { stored: true, codec: 'json', data: '1' }],
    ['a map is of no codec', { data: { M: {} } }, { stored: true, codec: 'native' }],
    ['no data is undefined as JSON', {}, { stored: true, codec: 'json' }],
    [
      'parts without a digest stay unreadable',
      { codec: { S: 'json+parts' }, parts: { M: { count: { N: '3' } } } },
      { stored: true, codec: 'json+parts' },
    ],
  ])('%s', (_, item, result) => {
    expect(toResult(item as never, 'data')).toEqual(result);
  });
});
