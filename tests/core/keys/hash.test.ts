import { describe, expect, it } from '@jest/globals';
import { hashValue } from '../../../src/core/keys/hash.js';

/** Expected values are digests of the text in the first column, made by other means. */
describe('the hash of a value', () => {
  it.each<[string, unknown, string | undefined, string[], string]>([
    ['{"a":1,"b":[2]}', { b: [2], a: 1 }, undefined, [], 'CFW_wg62z6pL59a1EMY90imXcYvdrcsaSRXOw6FhRbk'],
    ['"x" by md5', 'x', 'md5', [], 'P7-Dn6DneKIDJt3DT1zViA'],
    ['2:ab1:c"x"', 'x', 'sha256', ['ab', 'c'], 'yRkNutFmtDiYWDDaj1h19g2nkNaqsJd4X7DTnjhxjUY'],
    ['1:a2:bc"x"', 'x', 'sha256', ['a', 'bc'], '1pCIkpDvn2KEQi2NXKil3ji5lZ2tCxCfRTes2W5pO9A'],
    ['6:Ü🎂"x", in bytes', 'x', 'sha256', ['Ü🎂'], 'N8fEOmSbUL5PRDSDSma2Ub3ngYIp92tU4b9R8LUvHm8'],
  ])('%s', (_, value, hashFunction, parts, digest) => {
    expect(hashValue(value, hashFunction, parts)).toBe(digest);
  });
});
