import { randomBytes } from 'node:crypto';

/** A text of so many characters that compression makes a quarter smaller, and no more: six random bits in each. */
export const noise = (length: number): string =>
  randomBytes(Math.ceil((length * 3) / 4))
    .toString('base64')
    .slice(0, length);
