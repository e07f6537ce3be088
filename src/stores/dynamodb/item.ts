import { IdempotencyPersistenceLayerError } from '../../core/protocol/errors.js';
import type { RunningRecord, StoredRecord } from '../../core/protocol/record.js';
import {
  ATTEMPTS,
  type Attributes,
  CLAIMED_AT,
  ERROR,
  FAILED,
  FENCE,
  PARTITION_PREFIX,
  REQUEST_ID,
  SETTLED_AT,
} from './attributes.js';
import { toResult } from './result.js';
import type { AttributeValue, Item } from './transport.js';

/** A record as a DynamoDB item: Powertools' attributes, and some that Powertools ignores. */

export const RUNNING = 'INPROGRESS';
export const DONE = 'COMPLETED';

export const seconds = (epochMs: number): AttributeValue => ({ N: String(epochMs / 1_000) });
export const millis = (epochMs: number): AttributeValue => ({ N: String(epochMs) });

/**
 * With a sort key, each record has its own partition by default: one partition per function would be hot. The prefix
 * keeps records apart from other items in a single-table design.
 */
export const keyOf = ({ keyAttr, sortKeyAttr, staticPkValue }: Attributes, key: string): Item =>
  sortKeyAttr === undefined
    ? { [keyAttr]: { S: key } }
    : { [keyAttr]: { S: staticPkValue ?? `${PARTITION_PREFIX}${key}` }, [sortKeyAttr]: { S: key } };

export const toItem = (attributes: Attributes, record: RunningRecord): Item => {
  const item = keyOf(attributes, record.key);
  item[attributes.statusAttr] = { S: RUNNING };
  item[attributes.expiryAttr] = seconds(record.expiresAt);
  item[attributes.inProgressExpiryAttr] = millis(record.leaseUntil);
  item[FENCE] = { S: record.fence };
  if (record.fingerprint !== undefined) item[attributes.validationKeyAttr] = { S: record.fingerprint };
  if (record.attempts !== undefined) item[ATTEMPTS] = { N: String(record.attempts) };
  if (record.requestId !== undefined) item[REQUEST_ID] = { S: record.requestId };
  if (record.claimedAt !== undefined) item[CLAIMED_AT] = millis(record.claimedAt);
  return item;
};

export const fromItem = (attributes: Attributes, item: Item): StoredRecord => {
  const { keyAttr, sortKeyAttr, statusAttr, expiryAttr, inProgressExpiryAttr, validationKeyAttr } =
    attributes;
  const key = item[sortKeyAttr ?? keyAttr]?.S ?? '';
  const fingerprint = item[validationKeyAttr]?.S;
  const expiresAt = Number(item[expiryAttr]?.N ?? 0) * 1_000;
  const attempts = item[ATTEMPTS]?.N;
  const requestId = item[REQUEST_ID]?.S;
  const claimedAt = item[CLAIMED_AT]?.N;
  const settledAt = item[SETTLED_AT]?.N;
  const base = {
    key,
    fence: item[FENCE]?.S ?? '',
    expiresAt,
    ...(fingerprint !== undefined && { fingerprint }),
    ...(attempts !== undefined && { attempts: Number(attempts) }),
    ...(requestId !== undefined && { requestId }),
    ...(claimedAt !== undefined && { claimedAt: Number(claimedAt) }),
  };
  const status = item[statusAttr]?.S;
  if (status === DONE) {
    // To Powertools, both are completed.
    const isFailed = item[FAILED]?.BOOL === true;
    const result = toResult(item, isFailed ? ERROR : attributes.dataAttr);
    return {
      ...base,
      status: isFailed ? 'failed' : 'done',
      result,
      ...(settledAt !== undefined && { settledAt: Number(settledAt) }),
    };
  }
  if (status === RUNNING) {
    const lease = item[inProgressExpiryAttr]?.N;
    return { ...base, status: 'running', leaseUntil: lease === undefined ? expiresAt : Number(lease) };
  }
  throw new IdempotencyPersistenceLayerError(
    `The item ${key} has a \`${statusAttr}\` other than ${RUNNING} or ${DONE}: something else writes to this key.`,
    { retryable: false },
  );
};
