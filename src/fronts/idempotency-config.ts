import type { Context } from 'aws-lambda';
import { checkConfig } from '../core/config/config-rules.js';
import { type CompleteConfig, type IdempotencyConfigOptions, withDefaults } from '../core/config/options.js';
import { DEFAULT_WINDOW_SECONDS } from '../core/keys/identity.js';
import { disablingVariable, nodeHost } from './host.js';

/** The options, with defaults for those that are not set. */
export interface IdempotencyConfig<Payload = unknown> extends CompleteConfig<Payload> {}

/**
 * The options as an object, as in Powertools. They are read when a function is wrapped: later changes have no effect,
 * except for the registered Lambda context.
 *
 * @throws IdempotencyConfigError for an unknown option or a bad value
 * @example
 * ```ts
 * import type { Context } from 'aws-lambda';
 * import { IdempotencyConfig, makeIdempotent } from 'lambda-idempotency';
 * import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
 *
 * const persistenceStore = new DynamoDBPersistenceLayer({ tableName: 'idempotency' });
 * const config = new IdempotencyConfig({ eventKeyJmesPath: 'id', expiresAfterSeconds: 86_400 });
 * const placeOrder = makeIdempotent(
 *   async function placeOrder(order: { id: string }) {
 *     return `ordered ${order.id}`;
 *   },
 *   { persistenceStore, config },
 * );
 *
 * export const handler = async (order: { id: string }, context: Context) => {
 *   config.registerLambdaContext(context);
 *   return placeOrder(order);
 * };
 * ```
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor sets all options, and one list of them is enough
export class IdempotencyConfig<Payload = unknown> implements IdempotencyConfigOptions<Payload> {
  constructor(options: IdempotencyConfigOptions<Payload> = {}) {
    checkConfig(options);
    const { source, expiresAfterSeconds = source ? source.windowSeconds : DEFAULT_WINDOW_SECONDS } = options;
    Object.assign(this, withDefaults(options, nodeHost.defaultCodec), { expiresAfterSeconds });
  }

  /**
   * Registers the invocation's context for functions that are not called with it, so that their lease ends with the
   * invocation. Functions inside a wrapped handler do not need it: they find that handler's context by themselves.
   */
  registerLambdaContext(context: Context): void {
    this.lambdaContext = context;
  }

  /** False if the environment switches idempotency off. */
  isEnabled(): boolean {
    return disablingVariable() === undefined;
  }
}
