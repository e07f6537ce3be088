import type { Part } from './ast.js';
import { gapOf, markGap, type Run, spend } from './run.js';
import { isFalse, isPlainObject } from './values.js';

/** What is absent is null, never undefined. */
export type Evaluate = (data: unknown, run: Run) => unknown;

const step = (data: unknown, name: string | number): unknown => {
  if (typeof data !== 'object' || data === null) return null;
  if (typeof name === 'number') {
    return Array.isArray(data) ? (data[name < 0 ? data.length + name : name] ?? null) : null;
  }
  if (Array.isArray(data) || (name === '__proto__' && !Object.hasOwn(data, name))) return null;
  const value = (data as Record<string, unknown>)[name];
  // An inherited method is not data.
  return value === undefined || typeof value === 'function' ? null : value;
};

export const pathOf = (steps: readonly (string | number)[]): Evaluate => {
  const [first] = steps;
  if (first !== undefined && steps.length === 1) return (data) => step(data, first);
  return (data) => {
    let value = data;
    for (const name of steps) {
      value = step(value, name);
      if (value === null) return null;
    }
    return value;
  };
};

/** The bound of a slice, inside of the list. */
const bounded = (value: number, length: number, isBackwards: boolean): number => {
  const position = value < 0 ? value + length : value;
  return isBackwards ? Math.min(Math.max(position, -1), length - 1) : Math.min(Math.max(position, 0), length);
};

export const sliced =
  ([start, stop, by = 1]: readonly (number | undefined)[]): Evaluate =>
  (data, run) => {
    const isText = typeof data === 'string';
    if (!isText && !Array.isArray(data)) return null;
    const items: readonly unknown[] = isText ? Array.from(data) : data;
    const isBackwards = by < 0;
    const from =
      start === undefined ? (isBackwards ? items.length - 1 : 0) : bounded(start, items.length, isBackwards);
    const to =
      stop === undefined ? (isBackwards ? -1 : items.length) : bounded(stop, items.length, isBackwards);
    spend(run, Math.max(0, Math.ceil((to - from) / by)));
    const made: unknown[] = [];
    let gap: string | undefined;
    const ofGap = gapOf(run, data);
    for (let index = from; isBackwards ? index > to : index < to; index += by) {
      const item = items[index] ?? null;
      made.push(item);
      if (ofGap !== undefined) gap ??= item === null ? ofGap : gapOf(run, item);
    }
    if (isText) return made.join('');
    if (gap !== undefined) markGap(run, made, gap);
    return made;
  };

export const flattened =
  (child: Evaluate): Evaluate =>
  (data, run) => {
    const list = child(data, run);
    if (!Array.isArray(list)) return null;
    for (const item of list) spend(run, Array.isArray(item) ? item.length + 1 : 1);
    const made = list.flat();
    const gap = gapOf(run, list);
    if (gap !== undefined) markGap(run, made, gap);
    return made;
  };

/** For conditions: what is absent in them is not absent in the result. */
export const aside =
  (evaluate: Evaluate): Evaluate =>
  (data, run) => {
    const { lost } = run;
    const value = evaluate(data, run);
    run.lost = lost;
    return value;
  };

export const projected =
  (left: Evaluate, right: Evaluate, over: string, filter: Evaluate | undefined): Evaluate =>
  (data, run) => {
    const base = left(data, run);
    if (over === 'slice' && typeof base === 'string') return right(base, run);
    const items = over !== 'values' ? base : isPlainObject(base) ? Object.values(base) : undefined;
    if (!Array.isArray(items)) return null;
    spend(run, items.length);
    const ofGap = gapOf(run, base);
    const made: unknown[] = [];
    let gap: string | undefined;
    for (const item of items) {
      if (filter && isFalse(filter(item ?? null, run))) continue;
      const value = right(item ?? null, run);
      if (value === null) {
        gap ??= ofGap;
      } else {
        made.push(value);
        gap ??= gapOf(run, value);
      }
    }
    if (gap !== undefined) markGap(run, made, gap);
    return made;
  };

const labelOf = (part: Part, index: number): string => `part ${index + 1} (\`${part.text}\`)`;

/** The parts of a multi-select; those that are absent leave a gap in what is made of them. */
export const selected = (
  evaluates: readonly Evaluate[],
  parts: readonly Part[],
  isHash: boolean,
): Evaluate => {
  const labels = parts.map(labelOf);
  const names = parts.map(({ name }) => name ?? '');
  const isPlain = !names.includes('__proto__');
  return (data, run) => {
    const { lost } = run;
    run.lost = undefined;
    const values: unknown[] = [];
    let gap: string | undefined;
    for (let index = 0; index < evaluates.length; index++) {
      const value = (evaluates[index] as Evaluate)(data, run);
      values.push(value);
      if (gap === undefined) gap = value === null ? labels[index] : (run.lost ?? gapOf(run, value));
    }
    run.lost = lost;
    let made: unknown = values;
    if (isHash) {
      const object: Record<string, unknown> = {};
      if (isPlain)
        for (let index = 0; index < names.length; index++) object[names[index] as string] = values[index];
      made = isPlain ? object : Object.fromEntries(names.map((name, index) => [name, values[index]]));
    }
    if (gap !== undefined) markGap(run, made, gap);
    return made;
  };
};
