import { aside, type Evaluate } from './run.js';
import { isEqual, isFalse } from './values.js';

type Combine = (left: Evaluate, right: Evaluate) => Evaluate;

const choose =
  (endsOnFalse: boolean): Combine =>
  (left, right) =>
  (data, run) => {
    const { lost } = run;
    const value = left(data, run);
    if (isFalse(value) === endsOnFalse) return value;
    run.lost = lost;
    return right(data, run);
  };

const compared =
  (test: (one: unknown, other: unknown) => unknown): Combine =>
  (left, right) =>
    aside((data, run) => test(left(data, run), right(data, run)));

/** Only numbers can be ordered. */
const ordered = (test: (one: number, other: number) => boolean): Combine =>
  compared((one, other) => (typeof one === 'number' && typeof other === 'number' ? test(one, other) : null));

/** How tightly an operator binds to its left side, and how it combines its two sides. */
export type Binary = readonly [power: number, combine: Combine];

export const OPERATORS: Readonly<Record<string, Binary | readonly [power: number]>> = {
  '|': [1, (left, right) => (data, run) => right(left(data, run), run)],
  '||': [2, choose(false)],
  '&&': [3, choose(true)],
  '==': [5, compared(isEqual)],
  '!=': [5, compared((one, other) => !isEqual(one, other))],
  '<': [5, ordered((one, other) => one < other)],
  '<=': [5, ordered((one, other) => one <= other)],
  '>': [5, ordered((one, other) => one > other)],
  '>=': [5, ordered((one, other) => one >= other)],
  '[]': [9],
  '[?': [21],
  '.': [40],
  '[': [55],
};
