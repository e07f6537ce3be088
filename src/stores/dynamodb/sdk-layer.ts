import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { isObject } from '../../core/protocol/values.js';
import { inTurn } from './in-turn.js';
import { checkTableOptions, optionError, type TableOptions } from './options.js';
import { ownClient, sdkTransport } from './sdk-transport.js';
import { DynamoDBStore } from './store.js';

/** The parts of a `DynamoDBClient` or `DynamoDBDocumentClient` that are used. A type of our own, so that the latter's package is not needed. */
export interface AwsSdkV3Client {
  readonly config: object;
  readonly middlewareStack: object;
  send(command: never, ...rest: never[]): unknown;
}

/** Options of `DynamoDBPersistenceLayer`. */
export interface DynamoDBPersistenceOptions extends TableOptions {
  /** Settings of the client created at the first request. They override the defaults: 1 s to connect, 2 s to answer, 3 attempts. */
  clientConfig?: DynamoDBClientConfig | undefined;
  /** Your own client, with your own timeouts and retries. */
  awsSdkV3Client?: AwsSdkV3Client | undefined;
}

const isClient = (value: unknown): boolean =>
  isObject(value) && 'config' in value && 'middlewareStack' in value && 'send' in value;

const clientRules = {
  clientConfig: (value: unknown) =>
    isObject(value) ? undefined : 'a configuration object of a DynamoDBClient',
  awsSdkV3Client: (value: unknown) =>
    isClient(value) ? undefined : 'a DynamoDBClient or DynamoDBDocumentClient of the AWS SDK v3',
};

/**
 * Stores records in a DynamoDB table. A claim and a settle are one conditional write each: a first call costs two
 * requests, a replay one. Results above 7.5 KB take further requests. Needs `dynamodb:GetItem`, `PutItem`, `UpdateItem`
 * and `DeleteItem` on the table.
 *
 * @throws IdempotencyConfigError for invalid options
 * @example
 * ```ts
 * import type { Context } from 'aws-lambda';
 * import { makeIdempotent } from 'lambda-idempotency';
 * import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
 *
 * const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'idempotency' });
 *
 * export const handler = makeIdempotent(
 *   async (order: { id: string }, _context: Context) => ({ ordered: order.id }),
 *   { persistenceStore, config: { eventKeyJmesPath: 'id' } },
 * );
 * ```
 */
export class DynamoDBPersistenceLayer extends DynamoDBStore {
  constructor(options: DynamoDBPersistenceOptions) {
    checkTableOptions(options, clientRules);
    const { clientConfig, awsSdkV3Client } = options;
    if (clientConfig && awsSdkV3Client) {
      throw optionError('set either `clientConfig` or `awsSdkV3Client`, not both.');
    }
    // Both kinds of client send the plain commands used here.
    const given = awsSdkV3Client as unknown as DynamoDBClient | undefined;
    super(options, inTurn(sdkTransport(() => given ?? ownClient(clientConfig))));
  }
}
