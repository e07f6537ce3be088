import type { Context } from 'aws-lambda';
import type { CallPolicy } from '../call/types.js';
import { type CompiledJmesPath, compileJmesPath } from '../jmespath/compile.js';
import { type KeyPlan, selectWith } from '../keys/identity.js';
import type { JmesPathOptions } from '../keys/selection.js';
import { unstablePath } from '../keys/unstable-fields.js';
import { IdempotencyConfigError } from '../protocol/errors.js';
import { type ContextRegistry, checkConfig } from './config-rules.js';
import { type IdempotencyConfigOptions, type IdempotencyOptions, withDefaults } from './options.js';
import { checkOptions, hasMethods, isObject, type OptionRules, rule } from './rules.js';

const storeRule = rule(
  'a persistence store: an object with claim(), settle(), release() and read()',
  (value) => hasMethods(value, 'claim', 'settle', 'release', 'read'),
);

/** Longer scopes would not leave room in DynamoDB's 1,024 bytes of sort key. */
const MAX_PREFIX_BYTES = 512;

const frontRules: OptionRules = {
  persistenceStore: storeRule,
  config: rule('an IdempotencyConfig or its options', isObject),
  keyPrefix: rule(
    `a text of 1 to ${MAX_PREFIX_BYTES} bytes`,
    (value) =>
      typeof value === 'string' &&
      value !== '' &&
      // A lone surrogate has no bytes of its own: two such prefixes would be one.
      !/\p{Surrogate}/u.test(value) &&
      Buffer.byteLength(value) <= MAX_PREFIX_BYTES,
  ),
};

/** Lambda's longest run: without a context, a run may last that long. */
const LONGEST_RUN_SECONDS = 900;
/** Hosts in one region differ by a few milliseconds; badly kept ones by hundreds. */
const CLOCK_SKEW_MS = 500;

const compiled = (
  option: string,
  expression: string,
  options: JmesPathOptions | undefined,
): CompiledJmesPath => {
  try {
    return compileJmesPath(expression, options);
  } catch (error) {
    throw new IdempotencyConfigError(
      `\`${option}\` or \`jmesPathOptions\` cannot be used: ${(error as Error).message}. The expression is \`${expression}\`.`,
    );
  }
};

/** @throws IdempotencyConfigError for an expression that ends in a field which changes with every attempt */
const refuseUnstablePath = (
  { paths }: CompiledJmesPath,
  expression: string,
  source: string | undefined,
): void => {
  for (const path of paths) {
    const reason = unstablePath(path, source);
    if (reason) throw new IdempotencyConfigError(`\`eventKeyJmesPath\` (\`${expression}\`): ${reason}.`);
  }
};

/**
 * How a config finds keys and fingerprints.
 *
 * @throws IdempotencyConfigError for whatever cannot work
 */
export const keyPlanOf = (given: IdempotencyConfigOptions<never>): KeyPlan => {
  checkConfig(given);
  const { eventKey, eventKeyJmesPath, payloadValidationJmesPath, jmesPathOptions, source, scope } = given;
  const { allowUnstableKey = false, expiresAfterSeconds } = given;
  const keyPath = eventKeyJmesPath
    ? compiled('eventKeyJmesPath', eventKeyJmesPath, jmesPathOptions)
    : undefined;
  if (keyPath && eventKeyJmesPath && !allowUnstableKey)
    refuseUnstablePath(keyPath, eventKeyJmesPath, source?.name);
  return Object.freeze({
    hashFunction: withDefaults(given).hashFunction,
    allowUnstableKey,
    ...(eventKey && { select: selectWith(eventKey) }),
    ...(keyPath && { select: keyPath.select }),
    ...(payloadValidationJmesPath && {
      fingerprint: compiled('payloadValidationJmesPath', payloadValidationJmesPath, jmesPathOptions),
    }),
    ...(source && { source }),
    ...(scope && { scope }),
    ...(expiresAfterSeconds !== undefined && { windowSeconds: expiresAfterSeconds }),
    ...(given.codec?.fingerprint && { maskFingerprint: given.codec.fingerprint.bind(given.codec) }),
  });
};

/** A front's options, checked, compiled and frozen: what all calls of one wrapped function share. */
export interface Plan {
  readonly policy: CallPolicy;
  readonly key: KeyPlan;
  readonly keyPrefix: string | undefined;
  readonly throwOnNoIdempotencyKey: boolean;
  /** 0: no local cache. */
  readonly localCacheSize: number;
  /** The context registered last. */
  readonly registeredContext: () => Context | undefined;
  /** Registers a request's context in the config, where that is an `IdempotencyConfig`, which inner functions may share. */
  readonly registerContext: (context: Context) => void;
  /** Takes it back when the request ends: a context of an invocation that is over tells of no time. */
  readonly forgetContext: (context: Context) => void;
}

/**
 * @param extraRules rules of the front's own options
 * @throws IdempotencyConfigError for whatever cannot work
 */
export const planOf = (
  owner: string,
  options: IdempotencyOptions<never> | undefined,
  extraRules: OptionRules = {},
): Plan => {
  checkOptions(`The options of ${owner}`, { ...frontRules, ...extraRules }, options ?? {});
  if (!options?.persistenceStore) {
    throw new IdempotencyConfigError(
      `The options of ${owner} need \`persistenceStore\`, such as new DynamoDBPersistenceLayer({ tableName }).`,
    );
  }
  const given: IdempotencyConfigOptions<never> = options.config ?? {};
  const key = keyPlanOf(given);
  const config = withDefaults(given);
  const { inProgress, lease } = config;
  if (lease?.renew && !hasMethods(options.persistenceStore, 'renew')) {
    throw new IdempotencyConfigError(
      `The options of ${owner}: \`lease.renew\` needs a \`persistenceStore\` with renew(), which this one lacks.`,
    );
  }
  return Object.freeze({
    policy: Object.freeze({
      store: options.persistenceStore,
      codec: config.codec,
      leaseMs: (lease?.seconds ?? LONGEST_RUN_SECONDS) * 1_000,
      renewLease: lease?.renew ?? false,
      clockSkewMs: lease?.clockSkewMs ?? CLOCK_SKEW_MS,
      whenOver: lease?.whenOver ?? 'run',
      maxAttempts: config.maxAttempts,
      waitMs: isObject(inProgress) ? inProgress.waitMs : 0,
      readFirst: config.readFirst,
      whenStoreFails: config.whenStoreFails,
      storeResult: config.storeResult,
      responseHook: given.responseHook?.bind(given),
      shouldStoreError: given.shouldStoreError?.bind(given),
      errorClasses: Object.freeze([...(given.errorClasses ?? [])]),
      shouldStoreResult: given.shouldStoreResult?.bind(given),
    }),
    key,
    keyPrefix: options.keyPrefix,
    throwOnNoIdempotencyKey: config.throwOnNoIdempotencyKey,
    localCacheSize: config.useLocalCache ? config.maxLocalCacheSize : 0,
    registeredContext: () => given.lambdaContext,
    registerContext: (context: Context) => {
      const registry = given as Partial<ContextRegistry>;
      // Of requests side by side, the one with the most time left: a lease may be long, never too short.
      const known = given.lambdaContext?.getRemainingTimeInMillis?.() ?? 0;
      if (known < (context?.getRemainingTimeInMillis?.() ?? 0)) registry.registerLambdaContext?.(context);
    },
    forgetContext: (context: Context) => {
      if (given.lambdaContext === context) given.lambdaContext = undefined;
    },
  });
};
