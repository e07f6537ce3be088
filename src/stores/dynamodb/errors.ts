import { IdempotencyPersistenceLayerError } from '../../core/protocol/errors.js';

/** Turns errors of the client into errors that name the table, the permission and what to do. */

export type Operation = 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'GetItem';

/** What is known of a failure. No `instanceof Error`: in Jest and node:vm, network errors come from another realm. */
interface Failure {
  /** DynamoDB's code, the error's name, or the network's code. */
  readonly name: string;
  readonly message: string;
}

interface Advice {
  readonly fits: RegExp;
  /** Which text is compared. Default: the name. */
  readonly by?: 'message' | 'name';
  readonly message: (table: string, permission: string, failure: Failure) => string;
  readonly retryable: boolean;
}

/** The client's own message, where it names what is missing. It never contains a payload or a key. */
const quoted = ({ name, message }: Failure): string => (message || name).replace(/[.\s]+$/, '');

const advice: readonly Advice[] = [
  {
    fits: /^AccessDenied(Exception)?$/,
    message: (table, permission) =>
      `Access was denied: grant the function's role ${permission} on table ${table}`,
    retryable: false,
  },
  {
    fits: /^ResourceNotFoundException$/,
    message: (table) =>
      `Table ${table} does not exist in this account and region: create it, or correct \`tableName\``,
    retryable: false,
  },
  {
    fits: /^(ProvisionedThroughputExceeded|Throttling|RequestLimitExceeded)/,
    message: (table) => `Table ${table} was throttled: raise its capacity, or use on-demand billing`,
    retryable: true,
  },
  {
    fits: /^ValidationException$/,
    message: (table) =>
      `DynamoDB rejected the request as invalid: check that \`keyAttr\` and \`sortKeyAttr\` match the keys of table ${table}`,
    retryable: false,
  },
  {
    fits: /^(Expired|UnrecognizedClient|InvalidSignature|SignatureDoesNotMatch|IncompleteSignature|MissingAuthentication)/,
    message: (_table, _permission, { name }) =>
      `DynamoDB does not accept the credentials (${name}): renew them, or correct them`,
    retryable: false,
  },
  {
    fits: /^IdempotencyConfigError$/,
    message: (_table, _permission, failure) => quoted(failure),
    retryable: false,
  },
  {
    fits: /^CredentialsProviderError$/,
    message: (_table, _permission, failure) => `${quoted(failure)}. Give the function's client credentials`,
    retryable: false,
  },
  {
    fits: /^ContainerCredentialsError$/,
    message: (_table, _permission, failure) => quoted(failure),
    retryable: true,
  },
  {
    by: 'message',
    fits: /^Region is missing/,
    message: (_table, _permission, failure) =>
      `${quoted(failure)}. Set \`AWS_REGION\`, or the \`region\` of the client`,
    retryable: false,
  },
  {
    fits: /CERT|ALTNAME|ERR_TLS|UNABLE_TO_/,
    message: (_table, _permission, failure) =>
      `The endpoint's certificate is not trusted (${quoted(failure)}). Correct the endpoint, or add its certificate authority through \`NODE_EXTRA_CA_CERTS\``,
    retryable: false,
  },
  {
    fits: /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/,
    message: (_table, _permission, failure) =>
      `No connection (${quoted(failure)}). Check the endpoint, the region and the function's network`,
    retryable: true,
  },
  {
    fits: /^TimeoutError$/,
    message: (_table, _permission, failure) => `No answer in time (${quoted(failure)})`,
    retryable: true,
  },
];

const failureOf = (error: unknown): Failure => {
  const { name, code, message } =
    typeof error === 'object' && error !== null
      ? (error as Record<'name' | 'code' | 'message', unknown>)
      : { name: undefined, code: undefined, message: undefined };
  const isNamed = name !== undefined && name !== 'Error' && name !== 'AggregateError';
  const known = isNamed ? name : (code ?? name ?? 'an unknown error');
  return { name: String(known), message: typeof message === 'string' ? message : '' };
};

/** Whether an item exceeds 400 KB. DynamoDB's message differs slightly between a put and an update. */
export const isTooLarge = (error: unknown): boolean =>
  failureOf(error).name === 'ValidationException' && /item size.*exceed/i.test(failureOf(error).message);

/** What the SDK says about the request of an error. */
const sendingOf = (error: unknown): { readonly attempts?: number; readonly httpStatusCode?: number } =>
  (error as { readonly $metadata?: object } | null | undefined)?.$metadata ?? {};

/** Whether DynamoDB has answered, with an error that says that nothing was done: a throttle, a denial, an invalid request. */
export const isRefusal = (error: unknown): boolean => {
  const { httpStatusCode = 0 } = sendingOf(error);
  return httpStatusCode >= 400 && httpStatusCode < 500;
};

/** Final errors of requests whose every attempt was refused. The transport sees all attempts, and adds to this. */
const refusedThroughout = new WeakSet<object>();
export const markRefused = (error: object): void => void refusedThroughout.add(error);

/** What is known of a failed request: how often it was sent, and whether an attempt may have been applied. */
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
  const failure = failureOf(error);
  const known = advice.find(({ fits, by = 'name' }: Advice) => fits.test(failure[by]));
  const reason = known?.message(table, permission, failure) ?? `${failure.name}; see the cause`;
  return new IdempotencyPersistenceLayerError(`${permission} on table ${table} failed. ${reason}.`, {
    cause: error,
    retryable: known?.retryable ?? true,
    isOfResult,
    ...traceOf(error),
  });
};
