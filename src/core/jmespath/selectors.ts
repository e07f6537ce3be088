import type { ListedPart } from './part.js';
import { type Evaluate, gapOf, markGap, type Run } from './run.js';
import { isFalse, isPlainObject } from './values.js';

/** The items that a projection visits. A string is passed on as a whole; null ends the projection. */
export type ItemsOf = (base: unknown, run: Run) => readonly unknown[] | string | null;

/** A member by its name. */
export const field =
  (name: string): Evaluate =>
  (data) => {
    if (typeof data !== 'object' || data === null || Array.isArray(data)) return null;
    if (name === '__proto__' && !Object.hasOwn(data, name)) return null;
    const value = (data as Record<string, unknown>)[name];
    // An inherited method is not data.
    return value === undefined || typeof value === 'function' ? null : value;
  };

export const indexed =
  (index: number): Evaluate =>
  (data) =>
    Array.isArray(data) ? (data.at(index) ?? null) : null;

export const chained =
  (left: Evaluate, right: Evaluate): Evaluate =>
  (data, run) => {
    const value = left(data, run);
    return value === null ? null : right(value, run);
  };

const ofList =
  (itemsOf: (list: unknown[], run: Run) => unknown[]): ItemsOf =>
  (base, run) =>
    Array.isArray(base) ? itemsOf(base, run) : null;

export const listItems: ItemsOf = ofList((list) => list);

export const flatItems: ItemsOf = ofList((list) => list.flat());

export const matching = (filter: Evaluate): ItemsOf =>
  ofList((list, run) => list.filter((item) => !isFalse(filter(item ?? null, run))));

export const memberValues: ItemsOf = (base) => (isPlainObject(base) ? Object.values(base) : null);

/** A list from `start` to before `stop`, every `by`th; a string by its code points. */
export const sliced =
  (start: number | undefined, stop: number | undefined, by = 1): ItemsOf =>
  (base) => {
    if (typeof base !== 'string' && !Array.isArray(base)) return null;
    const items: readonly unknown[] = Array.from(base);
    // Backwards, bounds shift left by one: from the last item to the place before the first.
    const first = by < 0 ? -1 : 0;
    const last = items.length + first;
    const place = (bound: number): number =>
      Math.min(Math.max(bound < 0 ? bound + items.length : bound, first), last);
    let at = start === undefined ? (first ? last : first) : place(start);
    const end = stop === undefined ? (first ? first : last) : place(stop);
    const made: unknown[] = [];
    for (; (end - at) * by > 0; at += by) made.push(items[at]);
    return typeof base === 'string' ? made.join('') : made;
  };

/** Applies `right` to each item. If the base lacked a part, a null that is left out counts as that part. */
export const projected =
  (left: Evaluate, itemsOf: ItemsOf, right: Evaluate): Evaluate =>
  (data, run) => {
    const base = left(data, run);
    const items = itemsOf(base, run);
    if (!Array.isArray(items)) return items === null ? null : right(items, run);
    const made: unknown[] = [];
    let gap: string | undefined;
    for (const item of items) {
      const value = right(item ?? null, run);
      gap ??= gapOf(run, value === null ? base : value);
      if (value !== null) made.push(value);
    }
    markGap(run, made, gap);
    return made;
  };

/** A multi-select, as a list or with names. Absent parts leave a gap in the result. */
export const selected = (parts: readonly ListedPart[], names: readonly string[] | undefined): Evaluate => {
  const keys: readonly (string | number)[] = names ?? [...parts.keys()];
  const hasProto = keys.includes('__proto__');
  return (data, run) => {
    const { lost } = run;
    run.lost = undefined;
    let gap: string | undefined;
    // Without a prototype, `__proto__` is an ordinary member.
    const made: Record<string | number, unknown> = names
      ? hasProto
        ? Object.create(null)
        : {}
      : ([] as never);
    parts.forEach((part, index) => {
      const value = part[0](data, run);
      made[keys[index] as string] = value;
      gap ??= value === null ? `part ${index + 1} (\`${part[3]}\`)` : (run.lost ?? gapOf(run, value));
    });
    run.lost = lost;
    markGap(run, made, gap);
    return made;
  };
};
