import { expect, it } from '@jest/globals';
import { fromBase64 } from '../../../src/core/protocol/base64.js';
import { KeyMaterialError } from '../../../src/core/protocol/key-material-error.js';

it.each([
  ['Y2FrZQ==', 'cake'],
  ['Y2FrZQ', 'cake'],
  ['Y2Fr\nZQ==', 'cake'],
  ['', ''],
])('%j is the bytes of %j', (text, bytes) => {
  expect(fromBase64(text, 'the key').toString()).toBe(bytes);
});

it.each(['Y2FrZ', 'Y2F*ZQ==', 'Y2Fr-ZQ', '====', 'Y2=FrZQ'])('%j is refused, and not quoted', (text) => {
  expect(() => fromBase64(text, 'the key')).toThrow(new KeyMaterialError('the key is not base64'));
});
