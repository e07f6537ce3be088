import { expect, it } from '@jest/globals';
import { IdempotencyPersistenceLayerError } from '../../../src/index.js';
import {
  isConditionFailure,
  isTooLarge,
  toPersistenceLayerError,
} from '../../../src/stores/dynamodb/errors.js';

const named = (name: string, message = ''): Error => Object.assign(new Error(message), { name });

it.each([
  ['AccessDeniedException', false, "grant the function's role dynamodb:PutItem on table orders"],
  ['ResourceNotFoundException', false, 'Table orders does not exist'],
  ['ThrottlingException', true, 'Table orders was throttled'],
  ['ValidationException', false, 'match the keys of table orders?'],
  ['TimeoutError', true, 'TimeoutError; see the cause'],
])('%s: retryable %s, and what to do', (name, retryable, advice) => {
  const cause = named(name);
  const failure = toPersistenceLayerError(cause, 'PutItem', 'orders');
  expect(failure).toMatchObject({ retryable, cause });
  expect(failure.message).toContain('dynamodb:PutItem on table orders failed. ');
  expect(failure.message).toContain(advice);
});

it('what is described already stays as it is', () => {
  const failure = new IdempotencyPersistenceLayerError('told');
  expect(toPersistenceLayerError(failure, 'GetItem', 'orders')).toBe(failure);
  expect(toPersistenceLayerError(undefined, 'GetItem', 'orders').message).toContain('an unknown error');
});

it('a refused condition and an item too large are known by name', () => {
  expect(isConditionFailure(named('ConditionalCheckFailedException'))).toBe(true);
  expect(isConditionFailure(named('ValidationException'))).toBe(false);
  expect(isTooLarge(named('ValidationException', 'Item size has exceeded the maximum allowed size'))).toBe(
    true,
  );
  expect(isTooLarge(named('ValidationException', 'The key is wrong'))).toBe(false);
});
