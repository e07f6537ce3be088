import type { Context } from 'aws-lambda';
import type { IdempotencyConfigOptions } from '../core/config/options.js';
import { resolveIdentityRules } from '../core/config/resolve.js';
import { checkOptions, rule, text } from '../core/config/rules.js';
import { DEFAULT_WINDOW_SECONDS, identityOf } from '../core/keys/identity.js';
import { isObject } from '../core/protocol/values.js';
import { missingKeyError } from './build-call.js';
import { handlerScope } from './function-identity.js';
import { nodeHost } from './host.js';

export interface IdentifyOptions<Payload = never> {
  config?: IdempotencyConfigOptions<Payload> | undefined;
  /** The invocation's context; its function name is the scope where the environment names none. */
  context?: Context | undefined;
  /** As the front's. Default: the Lambda's name. */
  keyPrefix?: string | undefined;
}

/** What a call would use. */
export interface EventIdentity {
  /** The preset that recognised the event; undefined without `source`. */
  readonly source: string | undefined;
  readonly scope: string;
  /** `scope#hash`, as in the table; undefined: the key is missing, and the function would run unprotected. */
  readonly key: string | undefined;
  /** What must match on repeat; undefined: nothing is compared. */
  readonly fingerprint: string | undefined;
  readonly windowSeconds: number;
}

const optionRules = {
  config: rule('an IdempotencyConfig or its options', isObject),
  context: rule('a Lambda context', isObject),
  keyPrefix: text,
};

/**
 * What a handler's call of this event would use, without a store: for tests, and to find a record in the table.
 * Of a batch source, give one record.
 *
 * @throws what the call would throw: IdempotencyKeyError, IdempotencyConfigError
 * @example
 * ```ts
 * import { identify } from 'lambda-idempotency';
 *
 * const { key } = await identify({ id: '1' }, { keyPrefix: 'orders', config: { eventKeyJmesPath: 'id' } });
 * console.log(key); // orders#…
 * ```
 */
export const identify = async <Payload = never>(
  event: unknown,
  options: IdentifyOptions<Payload> = {},
): Promise<EventIdentity> => {
  checkOptions('The options of identify', optionRules, options);
  const { config = {}, context, keyPrefix } = options;
  const rules = resolveIdentityRules(config as IdempotencyConfigOptions<never>, nodeHost);
  const scope = keyPrefix ?? handlerScope(context);
  const found = await identityOf(rules, scope, event, context);
  if (found.key === undefined && config.throwOnNoIdempotencyKey) throw missingKeyError(scope, found.missing);
  // Of an event without a key, the source and its window are known all the same.
  const source = rules.source?.resolve(event, context);
  return {
    source: source?.name,
    scope,
    key: found.key,
    fingerprint: found.key === undefined ? undefined : found.fingerprint,
    windowSeconds: rules.windowSeconds ?? source?.windowSeconds ?? DEFAULT_WINDOW_SECONDS,
  };
};
