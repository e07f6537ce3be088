import { describe, expect, it } from '@jest/globals';
import { compileJmesPath } from '../../../src/core/jmespath/compile.js';

describe('the paths that an expression ends in', () => {
  it.each([
    ['id', [['id']]],
    ['order.id', [['order', 'id']]],
    ['[user, order.id]', [['user'], ['order', 'id']]],
    ['{u: user, o: order.id}', [['user'], ['order', 'id']]],
    ['a || b', [['a'], ['b']]],
    ['Records[0].messageId', [['Records', 'messageId']]],
    ['Records[*].messageId', [['Records', 'messageId']]],
    ['powertools_json(body).id', [['body', 'id']]],
    ["header(headers, 'X-Key')", [['headers', 'X-Key']]],
    ["'constant'", []],
    ['@ | [0]', []],
    ['map(&id, Records)', [['Records', 'id']]],
    ["Records[?type == 'x'].id", [['Records', 'id']]],
    ['sort_by(Records, &at)[0].id', [['Records', 'id']]],
    ["contains(tags, 'x') && id || !other", [['tags'], ['id']]],
  ])('%s', (expression, paths) => {
    expect(compileJmesPath(expression).paths).toEqual(paths);
  });
});

describe('what an expression selects', () => {
  const data = { user: 'ada', order: { id: 7, note: null }, items: [{ id: 1 }, {}] };

  it.each([
    ['order.id', 7, false],
    ['missing', null, true],
    ['order.note', null, true],
    ['[user, order.id]', ['ada', 7], false],
    ['[user, missing]', ['ada', null], true],
    ['{u: user, m: missing}', { u: 'ada', m: null }, true],
    ['[user, [order.note]]', ['ada', [null]], true],
    ['length(user)', 3, false],
  ])('%s', (expression, value, incomplete) => {
    expect(compileJmesPath(expression).select(data)).toMatchObject({ value, incomplete });
  });
});

describe('refuses', () => {
  it.each([
    ['nope(id)', {}, 'unknown function nope()'],
    ['id', { length: () => 1 }, '`length` is a standard JMESPath function; choose another name for yours'],
    ['id', { mine: 1 as never }, '`mine` is not a function'],
  ])('%s with %j', (expression, functions, message) => {
    expect(() => compileJmesPath(expression, functions)).toThrow(message);
  });

  it('bad syntax', () => {
    expect(() => compileJmesPath('[user,')).toThrow();
  });

  it('what a custom function throws, without its words', () => {
    const mine = (): never => {
      throw new Error('secret');
    };
    expect(() => compileJmesPath('mine(id)', { mine }).select({ id: 1 })).toThrow(
      'the custom function mine() threw',
    );
  });
});
