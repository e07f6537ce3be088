import type { UnstableField, UnstableFields } from '../protocol/unstable-fields.js';

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

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, name) => (inner as Record<string, unknown> | null | undefined)?.[name], value);

/** Whether equality cannot be chance: small numbers may occur in a good key too, ids and times in milliseconds do not. */
const isDistinctive = (value: unknown): boolean =>
  (typeof value === 'string' && value.length >= 8) || (typeof value === 'number' && value >= 1e9);

/** The parts of a composite key, at any level. */
const partsOf = (value: unknown, depth = 0): unknown[] => {
  if (typeof value !== 'object' || value === null || depth > 3) return [value];
  return Object.values(value).flatMap((part) => partsOf(part, depth + 1));
};

const valuesOf = (table: UnstableFields, payload: object, { path }: UnstableField): unknown[] => {
  const [name] = path;
  const found = table.places.map((place) => at(at(payload, place), path));
  if (path.length > 1 || name === undefined) return found;
  for (const held of table.headers.map((place) => at(payload, place))) {
    for (const key of Object.keys(held ?? {})) {
      if (key.length === name.length && key.toLowerCase() === name) found.push(at(held, [key]));
    }
  }
  return found.flat();
};

/** Why a value cannot be a key: a part of it equals the value of an unstable field. Undefined if it can. */
export const unstableValue = (
  table: UnstableFields,
  payload: unknown,
  value: unknown,
): string | undefined => {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const parts = partsOf(value).filter(isDistinctive);
  if (parts.length === 0) return undefined;
  const ofSource = table.ofSources.filter(({ mark }) => mark in payload).map(({ field }) => field);
  const found = [...ofSource, ...table.fields].find((field) =>
    valuesOf(table, payload, field).some((held) => parts.includes(held)),
  );
  return found && reasonFor(found);
};
