import type { UnstableField, UnstableFields } from '../protocol/unstable-fields.js';
import { isObject } from '../protocol/values.js';

/** Checks keys for fields that change with every attempt: such a key never recognises a duplicate. The table is passed in. */

const reasonFor = ({ path, why, instead }: UnstableField): string =>
  `\`${path.join('.')}\` ${why}, so no duplicate would be recognised; use ${instead}, or set \`allowUnstableKey\` to true`;

const endsWith = (path: readonly string[], end: readonly string[]): boolean =>
  end.every((name, index) => path.at(index - end.length)?.toLowerCase() === name.toLowerCase());

/**
 * Why a path in an expression cannot be a key; undefined if it can.
 *
 * @param source the name of the configured source
 */
export const unstablePath = (
  { fields, ofSources }: UnstableFields,
  path: readonly string[],
  source: string | undefined,
): string | undefined => {
  const ofSource = ofSources.find((each) => each.source === source)?.field;
  const isOfSource = ofSource?.path.length === path.length && endsWith(path, ofSource.path);
  const found = isOfSource ? ofSource : fields.find((field) => endsWith(path, field.path));
  return found && reasonFor(found);
};

const at = (value: unknown, path: readonly string[]): unknown => {
  let inner = value;
  for (const name of path) {
    if (inner === undefined || inner === null) return undefined;
    inner = (inner as Record<string, unknown>)[name];
  }
  return inner;
};

/** The table, indexed by what an event shows: first names of paths, and lengths of header names. */
interface Index {
  readonly byFirstName: readonly (readonly [name: string, fields: readonly UnstableField[]])[];
  /** By length: events have dozens of headers, and case does not change the length of an ASCII name. */
  readonly headers: ReadonlyMap<number, readonly UnstableField[]>;
}

const grouped = <Name>(
  fields: readonly UnstableField[],
  nameOf: (path: readonly string[]) => Name | undefined,
): Map<Name, UnstableField[]> => {
  const groups = new Map<Name, UnstableField[]>();
  for (const field of fields) {
    const name = nameOf(field.path);
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), field]);
  }
  return groups;
};

const indexes = new WeakMap<UnstableFields, Index>();

const indexOf = (table: UnstableFields): Index => {
  const known = indexes.get(table);
  if (known) return known;
  const index = {
    byFirstName: [...grouped(table.fields, ([name]) => name)],
    headers: grouped(table.fields, ([name, ...rest]) => (rest.length === 0 ? name?.length : undefined)),
  };
  indexes.set(table, index);
  return index;
};

/** Whether equality cannot be chance: a good key may contain the same small number, but not the same id or time. */
const isDistinctive = (value: unknown): boolean =>
  (typeof value === 'string' && value.length >= 8) || (typeof value === 'number' && value >= 1e9);

/** The distinctive parts of a composite key, at any level. */
const addParts = (value: unknown, parts: unknown[], depth: number): unknown[] => {
  if (!isObject(value) || depth > 3) {
    if (isDistinctive(value)) parts.push(value);
    return parts;
  }
  for (const part of Object.values(value)) addParts(part, parts, depth + 1);
  return parts;
};

const inPlace = (index: Index, place: unknown, parts: readonly unknown[]): UnstableField | undefined => {
  if (!isObject(place)) return undefined;
  for (const [name, fields] of index.byFirstName) {
    const held = (place as Record<string, unknown>)[name];
    if (held === undefined || held === null) continue;
    for (const field of fields) {
      const value = field.path.length === 1 ? held : at(held, field.path.slice(1));
      if (parts.includes(value)) return field;
    }
  }
  return undefined;
};

const inHeaders = (
  { headers }: Index,
  held: unknown,
  parts: readonly unknown[],
): UnstableField | undefined => {
  if (!isObject(held)) return undefined;
  for (const key of Object.keys(held)) {
    const field = headers.get(key.length)?.find(({ path: [name] }) => key.toLowerCase() === name);
    if (!field) continue;
    const value = (held as Record<string, unknown>)[key];
    if (Array.isArray(value) ? value.some((each) => parts.includes(each)) : parts.includes(value))
      return field;
  }
  return undefined;
};

/** Why a value cannot be a key: a part of it equals the value of an unstable field. Undefined if it can. */
export const unstableValue = (
  table: UnstableFields,
  payload: unknown,
  value: unknown,
): string | undefined => {
  if (!isObject(payload)) return undefined;
  const parts = addParts(value, [], 0);
  if (parts.length === 0) return undefined;
  for (const { mark, field } of table.ofSources) {
    if (mark in payload && parts.includes(at(payload, field.path))) return reasonFor(field);
  }
  const index = indexOf(table);
  for (const place of table.places) {
    const found = inPlace(index, at(payload, place), parts);
    if (found) return reasonFor(found);
  }
  for (const place of table.headers) {
    const found = inHeaders(index, at(payload, place), parts);
    if (found) return reasonFor(found);
  }
  return undefined;
};

/** Why a whole payload cannot be a key; undefined if it can. */
export const unstablePayload = (table: UnstableFields, payload: unknown): string | undefined => {
  const found = isObject(payload) ? table.ofEvent(payload) : undefined;
  return found && `it is the whole event, in which ${reasonFor(found)}`;
};
