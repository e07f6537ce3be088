import { RecordParseError } from './errors.js';

type Attribute = Readonly<Record<string, unknown>>;

/** A number if that is exact, else a bigint or text: ids may have more digits than a number can hold. */
const numberOf = (text: string): number | bigint | string => {
  const number = Number(text);
  if (Number.isSafeInteger(number)) return number;
  if (/^-?\d+$/.test(text)) return BigInt(text);
  return Number.isFinite(number) && text.replace(/\D/g, '').length <= 15 ? number : text;
};

const readers: Readonly<Record<string, (value: never) => unknown>> = {
  S: (value: string) => value,
  N: numberOf,
  BOOL: (value: boolean) => value,
  NULL: () => null,
  B: (value: string) => Buffer.from(value, 'base64'),
  L: (values: readonly Attribute[]) => values.map((value) => plainValue(value)),
  M: (members: Readonly<Record<string, Attribute>>) => plainImage(members),
  SS: (values: readonly string[]) => new Set(values),
  NS: (values: readonly string[]) => new Set(values.map(numberOf)),
  BS: (values: readonly string[]) => new Set(values.map((value) => Buffer.from(value, 'base64'))),
};

const plainValue = (attribute: Attribute): unknown => {
  const [[type, value] = []] = Object.entries(attribute);
  const read = type !== undefined && Object.hasOwn(readers, type) ? readers[type] : undefined;
  if (!read) throw new RecordParseError('The image of the item has an attribute of an unknown type.');
  return read(value as never);
};

/** The item in a DynamoDB stream record, as plain values. Sets become `Set`, binary `Buffer`. */
export const plainImage = (image: Readonly<Record<string, Attribute>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(image).map(([name, attribute]) => [name, plainValue(attribute)]));
