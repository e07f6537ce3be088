/** Fields that change with every attempt: as keys they let every duplicate through. Which they are is handed in. */

export interface UnstableField {
  /** Of the event, or of a record in it. */
  readonly path: readonly string[];
  readonly why: string;
  /** What to use instead. */
  readonly instead: string;
}

export interface UnstableFields {
  readonly fields: readonly UnstableField[];
  /** Fields of one source only: `mark` is a member that its events have. */
  readonly ofSources: readonly {
    readonly source: string;
    readonly mark: string;
    readonly field: UnstableField;
  }[];
  /** Where in an event a field's path may start. */
  readonly places: readonly (readonly string[])[];
  /** Where an event has headers, whose names are of any letter case. */
  readonly headers: readonly (readonly string[])[];
}

const describe = ({ path, why, instead }: UnstableField): string =>
  `\`${path.join('.')}\` ${why}, so that no duplicate would be recognised; use ${instead}, or set \`allowUnstableKey: true\``;

const endsWith = (path: readonly string[], end: readonly string[]): boolean =>
  end.every((name, index) => path.at(index - end.length)?.toLowerCase() === name.toLowerCase());

/**
 * Why a path of an expression is no key, or undefined.
 *
 * @param source name of the source that is configured
 */
export const unstablePath = (
  { fields, ofSources }: UnstableFields,
  path: readonly string[],
  source: string | undefined,
): string | undefined => {
  const ofSource = ofSources.find((each) => each.source === source)?.field;
  const isOfSource = ofSource?.path.length === path.length && endsWith(path, ofSource.path);
  const found = isOfSource ? ofSource : fields.find((field) => endsWith(path, field.path));
  return found && describe(found);
};

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, name) => (inner as Record<string, unknown> | null | undefined)?.[name], value);

/** Counters and the like may equal a part of a good key by chance; ids and times in milliseconds do not. */
const isTelling = (value: unknown): boolean =>
  (typeof value === 'string' && value.length >= 8) || (typeof value === 'number' && value >= 1e9);

/** A composite key's parts, however they are nested. */
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

/** Why a value that a key function chose is no key, or undefined: a part of it is what an unstable field holds. */
export const unstableValue = (
  table: UnstableFields,
  payload: unknown,
  value: unknown,
): string | undefined => {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const parts = partsOf(value).filter(isTelling);
  if (parts.length === 0) return undefined;
  const ofSource = table.ofSources.filter(({ mark }) => mark in payload).map(({ field }) => field);
  const found = [...ofSource, ...table.fields].find((field) =>
    valuesOf(table, payload, field).some((held) => parts.includes(held)),
  );
  return found && describe(found);
};
