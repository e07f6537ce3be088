import type { StoredParts, StoredResult } from '../../core/protocol/record.js';
import type { Outcome } from '../../core/protocol/store.js';
import { CODEC, ERROR, FAILED, NOT_STORED, PARTS, SETTLED_AT } from './attributes.js';
import type { AttributeValue, Item, UpdateRequest } from './transport.js';

/** A result as attributes of its record's item. */

/** Suffix of the codec's name if data is in parts. A reader that does not know parts then rejects the record, instead of reading no data. */
const IN_PARTS = '+parts';

const partsValue = ({ count, sha256, isText }: StoredParts): AttributeValue => ({
  M: { count: { N: String(count) }, sha256: { S: sha256 }, text: { BOOL: isText } },
});

const partsOf = (value: AttributeValue | undefined): StoredParts | undefined => {
  const { count, sha256, text } = value?.M ?? {};
  if (!count?.N || sha256?.S === undefined) return undefined;
  return { count: Number(count.N), sha256: sha256.S, isText: text?.BOOL === true };
};

export const toResult = (item: Item, dataAttr: string): StoredResult => {
  const reason = item[NOT_STORED]?.S;
  if (reason !== undefined) return { stored: false, reason };
  const attribute = item[dataAttr];
  const data = attribute?.S ?? attribute?.B;
  // Data of another type was not written by this library, so no codec can read it.
  const codec = attribute && data === undefined ? 'native' : (item[CODEC]?.S ?? 'json');
  const parts = codec.endsWith(IN_PARTS) ? partsOf(item[PARTS]) : undefined;
  if (parts) return { stored: true, codec: codec.slice(0, -IN_PARTS.length), parts };
  return { stored: true, codec, ...(data !== undefined && { data }) };
};

type SettleUpdate = Pick<UpdateRequest, 'UpdateExpression' | 'ExpressionAttributeNames'>;

/**
 * The update that stores a result or an error.
 *
 * @param set the other assignments of the update
 * @param values the result's values are added to these
 */
export const resultUpdate = (
  result: StoredResult,
  { status, settledAt }: Outcome,
  set: string,
  names: Record<string, string>,
  dataAttr: string,
  values: Item,
): SettleUpdate => {
  let assignments = set;
  const allNames = { ...names };
  if (settledAt !== undefined) {
    assignments += ', #settled = :settled';
    allNames['#settled'] = SETTLED_AT;
    values[':settled'] = { N: String(settledAt) };
  }
  if (status !== 'failed') return updateOf(result, assignments, allNames, dataAttr, values);
  values[':failed'] = { BOOL: true };
  return updateOf(
    result,
    `${assignments}, #failed = :failed`,
    { ...allNames, '#failed': FAILED },
    ERROR,
    values,
  );
};

const updateOf = (
  result: StoredResult,
  set: string,
  names: Record<string, string>,
  dataAttr: string,
  values: Item,
): SettleUpdate => {
  if (!result.stored) {
    values[':reason'] = { S: result.reason };
    return {
      UpdateExpression: `${set}, #reason = :reason`,
      ExpressionAttributeNames: { ...names, '#reason': NOT_STORED },
    };
  }
  const { codec, data, parts } = result;
  values[':codec'] = { S: parts ? codec + IN_PARTS : codec };
  if (data === undefined && !parts) {
    return {
      UpdateExpression: `${set}, #codec = :codec`,
      ExpressionAttributeNames: { ...names, '#codec': CODEC },
    };
  }
  values[':data'] = parts
    ? partsValue(parts)
    : typeof data === 'string'
      ? { S: data }
      : { B: data as Uint8Array };
  return {
    UpdateExpression: `${set}, #codec = :codec, #data = :data`,
    ExpressionAttributeNames: { ...names, '#codec': CODEC, '#data': parts ? PARTS : dataAttr },
  };
};
