import { EvaluationError, type Run, spend, spendWriting } from './run.js';
import type { Signatures } from './signatures.js';
import { stringFunctions } from './strings.js';
import { compare, isEqual, typeOf } from './values.js';

type Sortable = string | number;
type Expression = (item: unknown) => unknown;

/** An item of each key, all strings or all numbers. */
const keyed = (
  name: string,
  run: Run,
  items: readonly unknown[],
  keyOf: Expression,
): [Sortable, unknown][] => {
  spend(run, items.length);
  let first: string | undefined;
  return items.map((item) => {
    const key = keyOf(item);
    const type = typeOf(key);
    first ??= type;
    if (type !== first || (type !== 'string' && type !== 'number')) {
      throw new EvaluationError(`${name}() needs keys that are all strings or all numbers, and got ${type}`);
    }
    return [key as Sortable, item];
  });
};

/** The first of the greatest; of the least where `sign` is -1. */
const extreme = <T>(items: readonly T[], keyOf: (item: T) => Sortable, sign: number): T | null =>
  items.reduce<T | null>(
    (best, item) => (best === null || compare(keyOf(item), keyOf(best)) * sign > 0 ? item : best),
    null,
  );

const by =
  (name: string, sign: number) =>
  (run: Run, items: readonly unknown[], keyOf: Expression): unknown =>
    extreme(keyed(name, run, items, keyOf), ([key]) => key, sign)?.[1] ?? null;

const only =
  (sign: number) =>
  (_: Run, items: readonly Sortable[]): Sortable | null =>
    extreme(items, (item) => item, sign);

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** No hexadecimal, no infinity, and no 0 for an empty string, as JavaScript has them. */
const DECIMAL = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i;

const toNumber = (value: unknown): number | null => {
  if (typeof value === 'number') return value;
  const number = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : Number.NaN;
  return Number.isFinite(number) ? number : null;
};

const groupBy = (run: Run, items: readonly unknown[], keyOf: Expression): unknown => {
  const groups = new Map<Sortable, unknown[]>();
  for (const [key, item] of keyed('group_by', run, items, keyOf)) {
    if (typeof key !== 'string') throw new EvaluationError('group_by() needs keys that are strings');
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return Object.fromEntries(groups);
};

const fromItems = (_: Run, items: readonly (readonly unknown[])[]): unknown => {
  if (!items.every((pair) => pair.length === 2 && typeof pair[0] === 'string')) {
    throw new EvaluationError('from_items() needs pairs of a string and a value');
  }
  return Object.fromEntries(items as unknown as readonly (readonly [string, unknown])[]);
};

const toText = (run: Run, value: unknown): string => {
  if (typeof value === 'string') return value;
  spendWriting(run, value);
  const text: string | undefined = JSON.stringify(value ?? null);
  if (text === undefined) throw new EvaluationError('to_string() needs a JSON value');
  return text;
};

const zip = (run: Run, ...lists: readonly (readonly unknown[])[]): unknown => {
  const length = Math.min(...lists.map((list) => list.length));
  spend(run, length * lists.length);
  return Array.from({ length }, (_, index) => lists.map((list) => list[index]));
};

export const standardFunctions: Signatures = {
  ...stringFunctions,
  abs: ['n', (_, number: number) => Math.abs(number)],
  avg: [
    'N',
    (_, numbers: readonly number[]) => (numbers.length === 0 ? null : sum(numbers) / numbers.length),
  ],
  ceil: ['n', (_, number: number) => Math.ceil(number)],
  contains: [
    'sa x',
    (run, where: string | readonly unknown[], what: unknown) => {
      if (typeof where !== 'string') return where.some((item) => isEqual(run, item, what));
      return typeof what === 'string' ? where.includes(what) : null;
    },
  ],
  floor: ['n', (_, number: number) => Math.floor(number)],
  from_items: ['A', fromItems],
  group_by: ['a e', groupBy],
  items: ['o', (_, object: object) => Object.entries(object)],
  keys: ['o', (_, object: object) => Object.keys(object)],
  length: [
    'sao',
    (_, value: string | object) =>
      typeof value === 'string' ? Array.from(value).length : Object.keys(value).length,
  ],
  map: [
    'e a',
    (run, change: Expression, items: readonly unknown[]) => {
      spend(run, items.length);
      return items.map((item) => change(item));
    },
  ],
  max: ['NS', only(1)],
  max_by: ['a e', by('max_by', 1)],
  merge: [
    'o*',
    (_, ...objects: object[]) => Object.fromEntries(objects.flatMap((one) => Object.entries(one))),
  ],
  min: ['NS', only(-1)],
  min_by: ['a e', by('min_by', -1)],
  not_null: ['x*', (_, ...values: unknown[]) => values.find((value) => value !== null) ?? null],
  reverse: [
    'sa',
    (_, value: string | readonly unknown[]) =>
      typeof value === 'string' ? Array.from(value).reverse().join('') : value.toReversed(),
  ],
  sort: ['SN', (_, items: readonly Sortable[]) => items.toSorted(compare)],
  sort_by: [
    'a e',
    (run, items: readonly unknown[], keyOf: Expression) =>
      keyed('sort_by', run, items, keyOf)
        .sort(([one], [other]) => compare(one, other))
        .map(([, item]) => item),
  ],
  sum: ['N', (_, numbers: readonly number[]) => sum(numbers)],
  to_array: ['x', (_, value: unknown) => (Array.isArray(value) ? value : [value])],
  to_number: ['x', (_, value: unknown) => toNumber(value)],
  to_string: ['x', toText],
  type: ['x', (_, value: unknown) => typeOf(value)],
  values: ['o', (_, object: object) => Object.values(object)],
  zip: ['a*', zip],
};
