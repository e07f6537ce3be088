import { IdempotencyPersistenceLayerError } from '../../core/protocol/errors.js';

/** Failures of the SDK, told with the table, the permission and what to do. */

export type Operation = 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'GetItem';

interface Advice {
  readonly names: readonly string[];
  readonly says: (table: string, permission: string) => string;
  readonly retryable: boolean;
}

const advice: readonly Advice[] = [
  {
    names: ['AccessDeniedException', 'AccessDenied'],
    says: (table, permission) =>
      `No permission for it: grant the function's role ${permission} on table ${table}`,
    retryable: false,
  },
  {
    names: ['ResourceNotFoundException'],
    says: (table) =>
      `Table ${table} does not exist in this account and region: create it, or correct \`tableName\``,
    retryable: false,
  },
  {
    names: ['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'],
    says: (table) => `Table ${table} was throttled: raise its capacity, or use on-demand billing`,
    retryable: true,
  },
  {
    names: ['ValidationException'],
    says: (table) =>
      `DynamoDB finds it invalid: do \`keyAttr\` and \`sortKeyAttr\` match the keys of table ${table}?`,
    retryable: false,
  },
];

// Not `instanceof Error`: in Jest and node:vm, network errors come from another realm.
const nameOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : 'an unknown error';

/** DynamoDB says it of an item past 400 KB, in slightly different words for a put and an update. */
export const isTooLarge = (error: unknown): boolean =>
  nameOf(error) === 'ValidationException' && /item size.*exceed/i.test((error as Error).message);

export const describeFailure = (
  error: unknown,
  operation: Operation,
  table: string,
  isOfResult = false,
): IdempotencyPersistenceLayerError => {
  if (error instanceof IdempotencyPersistenceLayerError) return error;
  const permission = `dynamodb:${operation}`;
  const known = advice.find(({ names }) => names.includes(nameOf(error)));
  const says = known?.says(table, permission) ?? `${nameOf(error)}; see the cause`;
  return new IdempotencyPersistenceLayerError(`${permission} on table ${table} failed. ${says}.`, {
    cause: error,
    retryable: known?.retryable ?? true,
    isOfResult,
  });
};
