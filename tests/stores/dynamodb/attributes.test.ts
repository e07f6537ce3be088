import { describe, expect, it } from '@jest/globals';
import { IdempotencyConfigError } from '../../../src/index.js';
import { type AttributeOptions, attributesOf } from '../../../src/stores/dynamodb/attributes.js';

describe('the names of attributes', () => {
  it('have the defaults of Powertools', () => {
    expect(attributesOf('Cake', {})).toEqual({
      keyAttr: 'id',
      sortKeyAttr: undefined,
      staticPkValue: undefined,
      statusAttr: 'status',
      expiryAttr: 'expiration',
      inProgressExpiryAttr: 'in_progress_expiration',
      dataAttr: 'data',
      validationKeyAttr: 'validation',
    });
  });

  it('may all be chosen', () => {
    const names = {
      keyAttr: 'a',
      sortKeyAttr: 'b',
      staticPkValue: 'a',
      statusAttr: 'c',
      expiryAttr: 'd',
      inProgressExpiryAttr: 'e',
      dataAttr: 'f',
      validationKeyAttr: 'g',
    };
    expect(attributesOf('Cake', names)).toEqual(names);
  });

  it.each<[AttributeOptions, string]>([
    [{ keyAttr: 'status' }, '`statusAttr` ("status") names the same attribute as `keyAttr`'],
    [{ sortKeyAttr: 'id' }, '`sortKeyAttr` ("id") names the same attribute as `keyAttr`'],
    [
      { dataAttr: 'x', validationKeyAttr: 'x' },
      '`validationKeyAttr` ("x") names the same attribute as `dataAttr`',
    ],
    [{ dataAttr: 'fence' }, '`dataAttr` ("fence") names the same attribute as the library\'s own `fence`'],
    [{ keyAttr: 'codec' }, '`keyAttr` ("codec") names the same attribute as the library\'s own `codec`'],
    [{ keyAttr: 'parts' }, '`keyAttr` ("parts") names the same attribute as the library\'s own `parts`'],
    [{ keyAttr: 'not_stored' }, "the library's own `not_stored`"],
    [{ keyAttr: 'failed' }, "the library's own `failed`"],
    [{ keyAttr: 'error' }, "the library's own `error`"],
    [{ keyAttr: 'attempts' }, "the library's own `attempts`"],
  ])('%j are refused', (options, message) => {
    expect(() => attributesOf('Cake', options)).toThrow(IdempotencyConfigError);
    expect(() => attributesOf('Cake', options)).toThrow(message);
    expect(() => attributesOf('Cake', options)).toThrow(/^Cake: .*; choose another name\.$/);
  });
});
