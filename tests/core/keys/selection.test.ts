import { expect, it } from '@jest/globals';
import { isAbsentPart, selectWith } from '../../../src/core/keys/selection.js';

it.each([
  ['undefined', undefined, true],
  ['null', null, true],
  ['an inherited function', () => 1, true],
  ['0', 0, false],
  ['false', false, false],
  ['an empty text', '', false],
  ['an empty list', [], false],
])('%s: absent or not', (_, value, isAbsent) => {
  expect(isAbsentPart(value)).toBe(isAbsent);
});

it.each([
  ['all parts', ['ada', 1], false],
  ['a part that is undefined', ['ada', undefined], true],
  ['a part that is null', ['ada', null], true],
  ['a part of a part', ['ada', [undefined]], true],
  ['a member that is undefined', { user: undefined }, true],
  ['a member that is null, which is data', { user: null }, false],
])('a key function that answers with %s', (_, value, incomplete) => {
  expect(selectWith(() => value)({}, undefined)).toEqual({ value, incomplete });
});

it('a key function gets payload and context', () => {
  const select = selectWith((payload: { id: number }, context: { user: string }) => [
    payload.id,
    context.user,
  ]);
  expect(select({ id: 1 }, { user: 'ada' })).toEqual({ value: [1, 'ada'], incomplete: false });
});
