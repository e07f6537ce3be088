import type { Run } from './run.js';

/**
 * What arguments must be, and the function. A letter is a type (several: any of these), `?` optional, `*` any number
 * of them: `s` string, `n` number, `o` object, `a` array, `S`, `N`, `A` array of strings, numbers, arrays, `z` null,
 * `e` expression, `x` anything.
 */
export type Signatures = Readonly<
  Record<string, readonly [signature: string, call: (run: Run, ...args: never[]) => unknown]>
>;
