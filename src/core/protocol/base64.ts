import { KeyMaterialError } from './key-material-error.js';

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * Decodes strictly, where Node skips invalid characters: damaged data must not become a key.
 *
 * @param where how messages name the text
 * @throws KeyMaterialError if it is not base64
 */
export const fromBase64 = (text: string, where: string): Buffer => {
  const compact = text.replace(/\s/g, '');
  if (!BASE64.test(compact) || compact.replace(/=+$/, '').length % 4 === 1) {
    throw new KeyMaterialError(`${where} is not base64`);
  }
  return Buffer.from(compact, 'base64');
};
