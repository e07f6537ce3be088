import { IdempotencyPersistenceLayerError } from '../../core/protocol/errors.js';

/** Turns errors of the SDK into errors that name the table, the permission and what to do. */

export type Operation = 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'GetItem';

interface Advice {
  readonly names: readonly string[];
  readonly message: (table: string, permission: string) => string;
  readonly retryable: boolean;
}

const advice: readonly Advice[] = [
  {
    names: ['AccessDeniedException', 'AccessDenied'],
    message: (table, permission) =>
      `Access was denied: grant the function's role ${permission} on table ${table}`,
    retryable: false,
  },
  {
    names: ['ResourceNotFoundException'],
    message: (table) =>
      `Table ${table} does not exist in this account and region: create it, or correct \`tableName\``,
    retryable: false,
  },
  {
    names: ['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'],
    message: (table) => `Table ${table} was throttled: raise its capacity, or use on-demand billing`,
    retryable: true,
  },
  {
    names: ['ValidationException'],
    message: (table) =>
      `DynamoDB rejected the request as invalid: check that \`keyAttr\` and \`sortKeyAttr\` match the keys of table ${table}`,
    retryable: false,
  },
];

// No `instanceof Error`: in Jest and node:vm, network errors come from another realm.
const nameOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : 'an unknown error';

export const isConditionFailure = (
  error: unknown,
): error is Error & { readonly Item?: Record<string, never> } =>
  nameOf(error) === 'ConditionalCheckFailedException';

/** Whether an item exceeds 400 KB. DynamoDB's message differs slightly between a put and an update. */
export const isTooLarge = (error: unknown): boolean =>
  nameOf(error) === 'ValidationException' && /item size.*exceed/i.test((error as Error).message);

/** What the SDK tells of an error's request. */
const sendingOf = (error: unknown): { readonly attempts?: number; readonly httpStatusCode?: number } =>
  (error as { readonly $metadata?: object } | null | undefined)?.$metadata ?? {};

/** Whether DynamoDB has answered, with an error that says that nothing was done: a throttle, a denial, an invalid request. */
export const isRefusal = (error: unknown): boolean => {
  const { httpStatusCode = 0 } = sendingOf(error);
  return httpStatusCode >= 400 && httpStatusCode < 500;
};

/** Last errors of requests of which each sending was refused. The client's transport sees them all, and says so here. */
const refusedThroughout = new WeakSet<object>();
export const markRefused = (error: object): void => void refusedThroughout.add(error);

/** What is known of a failed request: how often it was sent, and whether one of those may have been carried out. */
const traceOf = (error: unknown): { readonly requests: number; readonly mayBeApplied?: boolean } => {
  const { attempts: requests = 1 } = sendingOf(error);
  const isRefused = requests === 1 ? isRefusal(error) : refusedThroughout.has(Object(error));
  if (isRefused) return { requests, mayBeApplied: false };
  return requests === 1 ? { requests } : { requests, mayBeApplied: true };
};

export const toPersistenceLayerError = (
  error: unknown,
  operation: Operation,
  table: string,
  isOfResult = false,
): IdempotencyPersistenceLayerError => {
  if (error instanceof IdempotencyPersistenceLayerError) return error;
  const permission = `dynamodb:${operation}`;
  const known = advice.find(({ names }) => names.includes(nameOf(error)));
  const reason = known?.message(table, permission) ?? `${nameOf(error)}; see the cause`;
  return new IdempotencyPersistenceLayerError(`${permission} on table ${table} failed. ${reason}.`, {
    cause: error,
    retryable: known?.retryable ?? true,
    isOfResult,
    ...traceOf(error),
  });
};
