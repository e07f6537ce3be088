import { EvaluationError, type Run, spend } from './run.js';

/** Not of instances: a Date has no members, and is no empty object. */
export const isPlainObject = (value: unknown): value is Record<string, unknown> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Of another realm too: a test runner, a sandbox.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

/** What `||`, `&&`, `!`, `?:` and filters take for false. 0 is true. */
export const isFalse = (value: unknown): boolean => {
  if (value === null || value === false || value === '') return true;
  if (typeof value !== 'object') return value === undefined;
  return Array.isArray(value) ? value.length === 0 : isPlainObject(value) && Object.keys(value).length === 0;
};

export const isEqual = (run: Run, one: unknown, other: unknown): boolean => {
  spend(run, 1);
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isEqual(run, item, other[index]));
  }
  if (!isPlainObject(one) || !isPlainObject(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isEqual(run, one[name], other[name]))
  );
};

/** UTF-16 puts surrogates before U+E000 to U+FFFF; code points stand behind them. */
const rank = (unit: number): number => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

/** By code points, as the specification says; numbers by value. */
export const compare = (one: string | number, other: string | number): number => {
  if (typeof one === 'number' || typeof other === 'number') return Number(one) - Number(other);
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index++) {
    const difference = rank(one.charCodeAt(index)) - rank(other.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
};

export const typeOf = (value: unknown): string => {
  if (value === null || value === undefined) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
};

const divisor = (right: number): number => {
  if (right === 0) throw new EvaluationError('a division by zero');
  return right;
};

const OPERATIONS: Readonly<Record<string, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / divisor(right),
  '//': (left, right) => Math.floor(left / divisor(right)),
  '%': (left, right) => left % divisor(right),
};

export const calculate = (sign: string, left: unknown, right: unknown): number => {
  if (typeof left !== 'number' || typeof right !== 'number') {
    throw new EvaluationError(`${sign} needs numbers, and got ${typeOf(left)} and ${typeOf(right)}`);
  }
  const result = OPERATIONS[sign]?.(left, right);
  if (Number.isFinite(result)) return result as number;
  throw new EvaluationError(`the result of ${sign} is not a finite number`);
};

export const isOrdered = (sign: string, left: unknown, right: unknown): boolean | null => {
  if (typeof left !== 'number' || typeof right !== 'number') return null;
  switch (sign) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    default:
      return left >= right;
  }
};
