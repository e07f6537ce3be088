import { describe, expect, it } from '@jest/globals';
import { isAbsentPart, selectPayload, selectWith } from '../../../src/core/keys/selection.js';
import { KeyMaterialError } from '../../../src/core/protocol/key-material-error.js';

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

describe('a key function that answers with', () => {
  class Customer {
    readonly id: string | undefined;
    constructor(id?: string) {
      this.id = id;
    }
  }
  const WHAT = 'what `eventKey` returned';

  it.each([
    ['undefined', undefined, `${WHAT} is undefined`],
    ['null', null, `${WHAT} is null`],
    ['an empty string', '', `${WHAT} is empty`],
    ['an empty list', [], `${WHAT} has nothing in it`],
    ['an empty object', {}, `${WHAT} has nothing in it`],
    ['an empty Map', new Map(), `${WHAT} has nothing in it`],
    ['empty parts alone', ['', { header: '' }, [[]]], `${WHAT} has nothing in it`],
    ['a part that is undefined', ['ada', undefined], `part 2 of ${WHAT} is absent`],
    ['a part that is null', [null, 'ada'], `part 1 of ${WHAT} is absent`],
    // biome-ignore lint/suspicious/noSparseArray: that is the point
    ['a hole', ['ada', , 1], `part 2 of ${WHAT} is absent`],
    ['a member that is undefined', { user: undefined }, `part 1 of ${WHAT} is absent`],
    ['a member that is null', { id: 1, user: null }, `part 2 of ${WHAT} is absent`],
    [
      'an absent member of a member',
      { id: 1, user: { id: undefined } },
      `part 2 of ${WHAT} has an absent part`,
    ],
    ['an absent item of a member', { ids: [undefined] }, `part 1 of ${WHAT} has an absent part`],
    ['an absent value of a Map', new Map([['user', undefined]]), `part 1 of ${WHAT} has an absent part`],
    ['an absent value of a Set', new Set(['ada', undefined]), `part 2 of ${WHAT} is absent`],
    ['an absent member of an instance', new Customer(), `part 1 of ${WHAT} is absent`],
  ])('%s: missing, with a reason that counts parts', (_, value, missing) => {
    expect(selectWith(() => value)({}, undefined)).toEqual({ value, incomplete: true, missing });
  });

  it.each([
    ['all parts', ['ada', 1]],
    ['0', 0],
    ['false', false],
    ['0 in a list', [0]],
    ['an empty part beside others', ['', 'ada']],
    ['a Date', new Date(0)],
    ['bytes', [new Uint8Array(0)]],
    ['an instance with methods of its own', Object.assign(new Customer('ada'), { greet: () => 'hello' })],
  ])('%s: a key', (_, value) => {
    expect(selectWith(() => value)({}, undefined)).toEqual({ value, incomplete: false });
  });

  it('a circular value: refused, and never a RangeError', () => {
    const circular: unknown[] = [];
    circular.push(circular, circular);
    expect(() => selectWith(() => circular)({}, undefined)).toThrow(KeyMaterialError);
  });
});

describe('the whole payload', () => {
  it.each([
    [undefined, 'the payload is undefined'],
    [null, 'the payload is null'],
    ['', 'the payload is empty'],
    [[], 'the payload is empty'],
    [{}, 'the payload is empty'],
    [{ id: undefined }, 'the payload is empty'],
    [new Set(), 'the payload is empty'],
  ])('%p is missing', (payload, missing) => {
    expect(selectPayload(payload)).toEqual({ value: payload, incomplete: true, missing });
  });

  it.each([[0], [false], [[null]], [{ id: null }], [{ id: '' }], [{ user: { id: undefined } }]])(
    '%j is a key: what is inside is data',
    (payload) => {
      expect(selectPayload(payload)).toEqual({ value: payload, incomplete: false });
    },
  );
});

it('a key function gets payload and context', () => {
  const select = selectWith((payload: { id: number }, context: { user: string }) => [
    payload.id,
    context.user,
  ]);
  expect(select({ id: 1 }, { user: 'ada' })).toEqual({ value: [1, 'ada'], incomplete: false });
});
