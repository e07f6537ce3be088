import type { Context } from 'aws-lambda';
import { checkConfig } from '../core/config/config-rules.js';
import { type CompleteConfig, type IdempotencyConfigOptions, withDefaults } from '../core/config/options.js';
import { DEFAULT_WINDOW_SECONDS } from '../core/keys/identity.js';
import { isDisabled, nodeHost } from './host.js';

/** The options, with defaults where they say nothing. */
export interface IdempotencyConfig<Payload = unknown> extends CompleteConfig<Payload> {}

/**
 * The options as an object, as in Powertools. Fronts read it when they wrap; what is changed later has no effect,
 * but for the registered Lambda context.
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
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor sets them all, and one list of options is enough
export class IdempotencyConfig<Payload = unknown> implements IdempotencyConfigOptions<Payload> {
  constructor(options: IdempotencyConfigOptions<Payload> = {}) {
    checkConfig(options);
    const { source, expiresAfterSeconds = source ? source.windowSeconds : DEFAULT_WINDOW_SECONDS } = options;
    Object.assign(this, withDefaults(options, nodeHost.defaultCodec), { expiresAfterSeconds });
  }

  /**
   * Tells functions that are not called with the invocation's context how much time is left.
   * Not needed for a function that runs inside a wrapped handler: it finds that handler's context by itself.
   */
  registerLambdaContext(context: Context): void {
    this.lambdaContext = context;
  }

  /** Whether the environment leaves idempotency switched on. */
  isEnabled(): boolean {
    return !isDisabled();
  }
}
