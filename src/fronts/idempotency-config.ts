import type { Context } from 'aws-lambda';
import type { OutcomePredicate, ResponseHook } from '../core/call/types.js';
import type { ErrorClass } from '../core/codecs/thrown-errors.js';
import { checkConfig } from '../core/config/config-rules.js';
import { type IdempotencyConfigOptions, type LeaseOptions, withDefaults } from '../core/config/options.js';
import { DEFAULT_WINDOW_SECONDS } from '../core/keys/identity.js';
import type { JmesPathOptions } from '../core/keys/selection.js';
import type { ResultCodec } from '../core/protocol/codec.js';
import type { EventSource } from '../core/protocol/source.js';
import { isDisabled } from './host.js';

/**
 * The options as an object, as in Powertools. Fronts read it when they wrap; what is changed later has no effect,
 * but for the registered Lambda context.
 *
 * @throws IdempotencyConfigError for an unknown option or a bad value
 * @example docs/examples/inner-function.ts
 */
export class IdempotencyConfig<Payload = unknown> implements IdempotencyConfigOptions<Payload> {
  declare eventKeyJmesPath: string;
  declare eventKey: ((payload: Payload, context: Context | undefined) => unknown) | undefined;
  declare payloadValidationJmesPath: string | undefined;
  declare jmesPathOptions: JmesPathOptions | undefined;
  declare throwOnNoIdempotencyKey: boolean;
  declare source: EventSource | undefined;
  declare scope: ((payload: Payload, context: Context | undefined) => string | readonly string[]) | undefined;
  declare allowUnstableKey: boolean | undefined;
  /** `undefined` where the source gives each event its own. */
  declare expiresAfterSeconds: number | undefined;
  declare useLocalCache: boolean;
  declare maxLocalCacheSize: number;
  declare hashFunction: string;
  declare lambdaContext: Context | undefined;
  declare responseHook?: ResponseHook;
  declare shouldStoreError?: OutcomePredicate;
  declare errorClasses: readonly ErrorClass[] | undefined;
  declare shouldStoreResult?: OutcomePredicate;
  declare storeResult: boolean;
  declare readFirst: boolean;
  declare maxAttempts: number | undefined;
  declare inProgress: 'throw' | { readonly waitMs: number };
  declare lease: LeaseOptions | undefined;
  declare whenStoreFails: 'throw' | 'run';
  declare codec: ResultCodec;

  constructor(options: IdempotencyConfigOptions<Payload> = {}) {
    checkConfig(options);
    const { source, expiresAfterSeconds = source ? source.windowSeconds : DEFAULT_WINDOW_SECONDS } = options;
    Object.assign(this, withDefaults(options), { expiresAfterSeconds });
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
