import { describe, expect, it } from '@jest/globals';
import { refuseUnsupported } from '../../../src/core/codecs/unsupported-values.js';
import { IdempotencyResultError } from '../../../src/core/protocol/errors.js';

class Cake {}
class Layers extends Array<number> {}
class Menu extends Map<string, number> {}
class Day extends Date {}
class Bytes extends Uint8Array {}

function argumentsOf(..._: unknown[]): unknown {
  // biome-ignore lint/complexity/noArguments: it is what the test is about
  return arguments;
}

describe('refused, without its value', () => {
  it.each<[string, unknown, string]>([
    ['arguments', argumentsOf('secret'), 'Cannot store `arguments`'],
    ['a subclass of Array', Layers.of(1), 'Cannot store an instance of a subclass of Array'],
    ['a subclass of Map', new Menu([['secret', 1]]), 'Cannot store an instance of a subclass of Map'],
    ['a subclass of Date', new Day(0), 'Cannot store an instance of a subclass of Date'],
    ['a subclass of Uint8Array', new Bytes(1), 'Cannot store an instance of a subclass of Uint8Array'],
    ['an array with a member', Object.assign([1], { secret: 1 }), 'Cannot store extra members of Array'],
    [
      'a Map with a symbol',
      Object.assign(new Map(), { [Symbol('s')]: 1 }),
      'Cannot store extra members of Map',
    ],
  ])('%s', (_, value, message) => {
    expect(() => refuseUnsupported(value)).toThrow(new IdempotencyResultError(message));
  });
});

describe('left to the codec', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['a string', 'cake'],
    ['a plain object', { cake: 1 }],
    ['a class that is no built-in', new Cake()],
    ['an array', [1, 2]],
    ['an array with holes', new Array(2)],
    ['a Map', new Map([['cake', 1]])],
    ['a Date', new Date(0)],
    ['a Buffer', Buffer.from('cake')],
    ['a Uint8Array', new Uint8Array(2)],
    ['an array with a hidden member', Object.defineProperty([1], 'hidden', { value: 1 })],
  ])('%s', (_, value) => {
    expect(refuseUnsupported(value)).toBe(false);
  });
});
