import { KeyMaterialError } from '../protocol/key-material-error.js';
import { isEqual, typeOf } from './values.js';

type Sortable = string | number;
type KeyOf = (item: unknown) => unknown;

/**
 * The types of the arguments, one word each, and the function. `|` separates types, `[]` is an array of them, `&name`
 * an expression reference; `...` follows an argument that may be repeated. Empty: any type.
 */
export type FunctionEntry = readonly [signature: string, call: (...args: never[]) => unknown];
export type FunctionTable = Readonly<Record<string, FunctionEntry>>;

/** Numbers by value, strings by code points as the specification says: UTF-8 keeps their order, UTF-16 does not. */
const compare = (one: Sortable, other: Sortable): number =>
  typeof one === 'string'
    ? Buffer.compare(Buffer.from(one), Buffer.from(other as string))
    : one - (other as number);

/** The items sorted by their keys, which are all strings or all numbers; descending if `sign` is -1. */
const sorted =
  (sign: number) =>
  (items: readonly unknown[], keyOf: KeyOf = (item) => item): unknown[] => {
    const pairs = items.map((item) => [keyOf(item) as Sortable, item] as const);
    const types = [...new Set(pairs.map(([key]) => typeOf(key)))].join(' and ');
    if (!/^(string|number|)$/.test(types)) {
      throw new KeyMaterialError(`the sort keys must be all strings or all numbers, not ${types}`);
    }
    return pairs.sort(([one], [other]) => compare(one, other) * sign).map(([, item]) => item);
  };

/** The sort is stable: of equal items, this is the first. */
const first =
  (sign: number) =>
  (items: readonly unknown[], keyOf?: KeyOf): unknown =>
    sorted(sign)(items, keyOf)[0];

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Unlike JavaScript's `Number`: no hexadecimal, no infinity, and no 0 for an empty string. */
const DECIMAL = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i;

const toNumber = (value: unknown): number | null => {
  const number = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value;
  return Number.isFinite(number) ? (number as number) : null;
};

const SORTABLES = 'string[]|number[]';

/** JMESPath's own. */
export const standardFunctions: FunctionTable = {
  abs: ['number', Math.abs],
  avg: [
    'number[]',
    (numbers: readonly number[]) => (numbers.length === 0 ? null : sum(numbers) / numbers.length),
  ],
  ceil: ['number', Math.ceil],
  contains: [
    'string|array any',
    (where: string | readonly unknown[], what: unknown) =>
      typeof where === 'string'
        ? typeof what === 'string'
          ? where.includes(what)
          : null
        : where.some((item) => isEqual(item, what)),
  ],
  ends_with: ['string string', (text: string, end: string) => text.endsWith(end)],
  floor: ['number', Math.floor],
  join: ['string string[]', (glue: string, texts: readonly string[]) => texts.join(glue)],
  keys: ['object', Object.keys],
  length: [
    'string|array|object',
    (value: string | object) => (typeof value === 'string' ? Array.from(value) : Object.keys(value)).length,
  ],
  map: ['&name array', (change: KeyOf, items: readonly unknown[]) => items.map((item) => change(item))],
  max: [SORTABLES, first(-1)],
  max_by: ['array &name', first(-1)],
  merge: [
    'object...',
    (...objects: object[]) => Object.fromEntries(objects.flatMap((one) => Object.entries(one))),
  ],
  min: [SORTABLES, first(1)],
  min_by: ['array &name', first(1)],
  not_null: ['any...', (...values: unknown[]) => values.find((value) => value !== null)],
  reverse: [
    'string|array',
    (value: string | readonly unknown[]) => {
      const items = Array.from(value).reverse();
      return typeof value === 'string' ? items.join('') : items;
    },
  ],
  sort: [SORTABLES, sorted(1)],
  sort_by: ['array &name', sorted(1)],
  starts_with: ['string string', (text: string, start: string) => text.startsWith(start)],
  sum: ['number[]', sum],
  to_array: ['any', (value: unknown) => (Array.isArray(value) ? value : [value])],
  to_number: ['any', toNumber],
  to_string: ['any', (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))],
  type: ['any', typeOf],
  values: ['object', Object.values],
};
