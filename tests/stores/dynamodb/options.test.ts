import { describe, expect, it } from '@jest/globals';
import { rule } from '../../../src/core/config/rules.js';
import { IdempotencyConfigError } from '../../../src/index.js';
import { checkTableOptions } from '../../../src/stores/dynamodb/options.js';

const rules = { oven: rule('an oven', (value) => value === 'oven') };
const check = (options: object): void => checkTableOptions(options as never, rules);

describe('the options of a table', () => {
  it.each<[object, string | RegExp]>([
    [{}, /: `tableName` is missing/],
    [{ tableName: undefined }, /: `tableName` is missing/],
    [{ tableName: '' }, ': `tableName` must be a non-empty string.'],
    [{ tableName: 't', keyAttr: '' }, ': `keyAttr` must be a non-empty string.'],
    [{ tableName: 't', dataAttr: 1 }, ': `dataAttr` must be a non-empty string.'],
    [{ tableName: 't', table: 't' }, ': unknown option `table`.'],
    [{ tableName: 't', oven: 1 }, ': `oven` must be an oven.'],
  ])('%j are refused', (options, message) => {
    expect(() => check(options)).toThrow(IdempotencyConfigError);
    expect(() => check(options)).toThrow(/^The options of DynamoDBPersistenceLayer: /);
    expect(() => check(options)).toThrow(message);
  });

  it.each([
    { tableName: 't' },
    { tableName: 't', staticPkValue: 'p' },
    { tableName: 't', oven: 'oven' },
    { tableName: 't', sortKeyAttr: 's', staticPkValue: 'p' },
  ])('%j are taken', (options) => {
    expect(() => check(options)).not.toThrow();
  });
});
