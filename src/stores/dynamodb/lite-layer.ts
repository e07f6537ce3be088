import { rule, trueOrFalse } from '../../core/config/rules.js';
import { inTurn } from './in-turn.js';
import { LeanClient } from './lean/client.js';
import { checkClientConfig, type LeanClientConfig } from './lean/config.js';
import { isSwitchedOff, processHost } from './lean/host.js';
import { leanTransport } from './lean/lean-transport.js';
import { checkTableOptions, type TableOptions } from './options.js';
import { DynamoDBStore } from './store.js';

export type { LeanClientConfig, LeanCredentials } from './lean/config.js';

export interface DynamoDBPersistenceOptions extends TableOptions {
  /** Settings of the client, under the AWS SDK's names: region, endpoint, credentials, attempts and time-outs. */
  clientConfig?: LeanClientConfig | undefined;
  /**
   * Opens a connection when the store is created, in Lambda during the init phase: the first call need not wait for the
   * TLS handshake. It sends one unsigned request without content. Default: false.
   */
  connectAtStart?: boolean | undefined;
}

const clientRules = {
  clientConfig: rule('an object of settings', (value) => typeof value === 'object' && value !== null),
  connectAtStart: trueOrFalse,
};

/**
 * Keeps records in a DynamoDB table, like the class of the same name in `lambda-idempotency/dynamodb`, but with its own
 * client, which knows only four operations: less to load, and less work per call. Needs no AWS SDK. Credentials come
 * from Lambda's environment, a container's endpoint or `clientConfig.credentials`.
 *
 * @throws IdempotencyConfigError for options that cannot work, and if the environment has no region or credentials
 * @example
 * ```ts
 * import type { Context } from 'aws-lambda';
 * import { makeIdempotent } from 'lambda-idempotency';
 * import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb-lite';
 *
 * const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'idempotency', connectAtStart: true });
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
    const { clientConfig = {}, connectAtStart = false } = options;
    checkClientConfig(clientConfig);
    let client: LeanClient | undefined;
    const open = (): LeanClient => {
      client ??= new LeanClient(clientConfig, processHost);
      return client;
    };
    super(options, inTurn(leanTransport(open)));
    // Where idempotency is switched off, as in unit tests, nothing need be set up.
    if (isSwitchedOff(processHost.env)) return;
    open();
    if (connectAtStart) void open().connect();
  }
}
