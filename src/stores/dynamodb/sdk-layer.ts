import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { isObject } from '../../core/protocol/values.js';
import { inTurn } from './in-turn.js';
import { checkTableOptions, optionError, type TableOptions } from './options.js';
import { ownClient, sdkTransport } from './sdk-transport.js';
import { DynamoDBStore } from './store.js';

/** A `DynamoDBClient` or a `DynamoDBDocumentClient`: what is used of them, so that the latter's package need not be there. */
export interface AwsSdkV3Client {
  readonly config: object;
  readonly middlewareStack: object;
  send(command: never, ...rest: never[]): unknown;
}

export interface DynamoDBPersistenceOptions extends TableOptions {
  /** Settings of the client that is made at the first request; they win over the defaults (1 s to connect, 2 s to answer, 3 attempts). */
  clientConfig?: DynamoDBClientConfig | undefined;
  /** Your own client instead; its time-outs and retries are yours. */
  awsSdkV3Client?: AwsSdkV3Client | undefined;
}

const isClient = (value: unknown): boolean =>
  isObject(value) && 'config' in value && 'middlewareStack' in value && 'send' in value;

const clientRules = {
  clientConfig: (value: unknown) =>
    isObject(value) ? undefined : 'an object: the configuration of a DynamoDBClient',
  awsSdkV3Client: (value: unknown) =>
    isClient(value) ? undefined : 'a DynamoDBClient or DynamoDBDocumentClient of the AWS SDK v3',
};

/**
 * Keeps records in a DynamoDB table. Claims and settles are single conditional writes: a first call costs two
 * requests, a replay one. Needs `dynamodb:GetItem`, `PutItem`, `UpdateItem` and `DeleteItem` on the table.
 *
 * @throws IdempotencyConfigError for options that cannot work
 * @example docs/examples/handler.ts
 */
export class DynamoDBPersistenceLayer extends DynamoDBStore {
  constructor(options: DynamoDBPersistenceOptions) {
    checkTableOptions(options, clientRules);
    const { clientConfig, awsSdkV3Client } = options;
    if (clientConfig && awsSdkV3Client) {
      throw optionError('give either `clientConfig` or `awsSdkV3Client`, not both.');
    }
    // Either kind of client sends the plain commands used here.
    const given = awsSdkV3Client as unknown as DynamoDBClient | undefined;
    super(options, inTurn(sdkTransport(() => given ?? ownClient(clientConfig))));
  }
}
