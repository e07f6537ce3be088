import type { Context } from 'aws-lambda';
import type { IdempotencyConfigOptions } from '../core/config/options.js';
import { prefixOf, prefixRule, resolveIdentityRules } from '../core/config/resolve.js';
import { checkOptions, rule } from '../core/config/rules.js';
import { DEFAULT_WINDOW_SECONDS, identityOf } from '../core/keys/identity.js';
import { isObject } from '../core/protocol/values.js';
import { missingKeyError } from './build-call.js';
import { handlerScope } from './function-identity.js';
import { nodeHost } from './host.js';

export interface IdentifyOptions<Payload = never> {
  config?: IdempotencyConfigOptions<Payload> | undefined;
  /** The invocation's context; its function name is the scope if the environment has none. */
  context?: Context | undefined;
  /** The `keyPrefix` of the wrapped function. Default: the Lambda's name. */
  keyPrefix?: string | undefined;
}

/** What a call for an event would use. */
export interface EventIdentity {
  /** The preset that recognised the event; undefined without `source`. */
  readonly source: string | undefined;
  readonly scope: string;
  /** `scope#hash`, as in the table; undefined if the key is missing and the function would run unprotected. */
  readonly key: string | undefined;
  /** What must match when the key is used again; undefined if nothing is compared. */
  readonly fingerprint: string | undefined;
  readonly windowSeconds: number;
}

const optionRules = {
  config: rule('an IdempotencyConfig or its options', isObject),
  context: rule('a Lambda context', isObject),
  keyPrefix: prefixRule,
};

/**
 * What a handler's call for this event would use. Needs no store: for tests, and to find a record in the table.
 * For a batch source, pass one record.
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
  const scope = prefixOf(keyPrefix) ?? handlerScope(context);
  const found = await identityOf(rules, scope, event, context);
  if (found.key === undefined && config.throwOnNoIdempotencyKey) throw missingKeyError(scope, found.missing);
  // Source and window are known even if the event has no key.
  const source = rules.source?.resolve(event, context);
  return {
    source: source?.name,
    scope,
    key: found.key,
    fingerprint: found.key === undefined ? undefined : found.fingerprint,
    windowSeconds: rules.windowSeconds ?? source?.windowSeconds ?? DEFAULT_WINDOW_SECONDS,
  };
};
