import type { Context } from 'aws-lambda';
import type { CallPolicy, Runtime, ThrownErrors } from '../call/types.js';
import type { IdentityRules } from '../keys/identity.js';
import {
  type CompiledExpression,
  type CompileExpression,
  type JmesPathOptions,
  selectWith,
} from '../keys/selection.js';
import { unstablePath } from '../keys/unstable-fields.js';
import type { ResultCodec } from '../protocol/codec.js';
import { IdempotencyConfigError } from '../protocol/errors.js';
import type { UnstableFields } from '../protocol/unstable-fields.js';
import { hasLoneSurrogate, isObject } from '../protocol/values.js';
import { type ContextRegistry, checkConfig } from './config-rules.js';
import { type IdempotencyConfigOptions, type IdempotencyOptions, withDefaults } from './options.js';
import { checkOptions, hasMethods, type OptionRules, type Rule, required, rule } from './rules.js';

/** What a host binds to the core. A smaller host can leave out the expression engine or the codec. */
export interface Host {
  readonly runtime: Runtime;
  readonly compileExpression: CompileExpression;
  readonly defaultCodec: ResultCodec;
  readonly thrownErrors: ThrownErrors;
  readonly unstableFields: UnstableFields;
}

/** A front's options, checked, compiled and frozen; all calls of one wrapped function share them. */
export interface ResolvedOptions {
  readonly policy: CallPolicy;
  readonly identityRules: IdentityRules;
  readonly keyPrefix: string | undefined;
  readonly throwOnNoIdempotencyKey: boolean;
  /** Whether the user chose the lease of calls without a context. */
  readonly isLeaseSet: boolean;
  /** 0 means no local cache. */
  readonly localCacheSize: number;
  /** The context that was registered last. */
  readonly registeredContext: () => Context | undefined;
  /** Registers a request's context if the config is an `IdempotencyConfig`, which inner functions may share. */
  readonly registerContext: (context: Context) => void;
  /** Removes it when the request ends: the context of a finished invocation gives a wrong remaining time. */
  readonly forgetContext: (context: Context) => void;
}

/** A longer prefix would not fit into a DynamoDB sort key of 1,024 bytes, together with the hash. */
const MAX_PREFIX_BYTES = 512;

/** The scope that a `keyPrefix` sets: trimmed, and undefined if blank, as in Powertools. */
export const prefixOf = (keyPrefix: string | undefined): string | undefined => keyPrefix?.trim() || undefined;

const isPrefix = (value: unknown): boolean =>
  typeof value === 'string' &&
  !hasLoneSurrogate(value) &&
  Buffer.byteLength(value.trim()) <= MAX_PREFIX_BYTES;

export const prefixRule: Rule = rule(`a string of at most ${MAX_PREFIX_BYTES} bytes`, isPrefix);

const frontRules: OptionRules = {
  persistenceStore: required(
    rule(
      'a store with claim(), settle(), release() and read(), such as new DynamoDBPersistenceLayer({ tableName })',
      (value) => hasMethods(value, 'claim', 'settle', 'release', 'read'),
    ),
  ),
  config: rule('an IdempotencyConfig or its options', isObject),
  keyPrefix: prefixRule,
};

/** Lambda's longest run: without a context, a run can last that long. */
const LONGEST_RUN_SECONDS = 900;
/** Clocks in one region differ by a few milliseconds; badly synchronised ones by hundreds. */
const CLOCK_SKEW_MS = 500;

/**
 * @param owner the front, as messages name it
 * @param extraRules rules of the front's own options
 * @throws IdempotencyConfigError for invalid options
 */
export const resolveOptions = (
  owner: string,
  options: IdempotencyOptions<never> | undefined,
  host: Host,
  extraRules: OptionRules = {},
): ResolvedOptions => {
  const rules = { ...frontRules, ...extraRules };
  const { persistenceStore: store, keyPrefix, config: given = {} } = checked(owner, rules, options);
  const identityRules = resolveIdentityRules(given, host);
  const config = withDefaults(given, host.defaultCodec);
  const { inProgress, lease, useLocalCache, maxLocalCacheSize } = config;
  if (lease?.renew && !hasMethods(store, 'renew')) {
    throw new IdempotencyConfigError(
      `The options of ${owner}: \`lease.renew\` needs a \`persistenceStore\` with renew(); this one does not have it.`,
    );
  }
  return Object.freeze({
    policy: Object.freeze({
      store,
      codec: config.codec,
      thrownErrors: host.thrownErrors,
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
    identityRules,
    keyPrefix: prefixOf(keyPrefix),
    throwOnNoIdempotencyKey: config.throwOnNoIdempotencyKey,
    isLeaseSet: lease?.seconds !== undefined,
    localCacheSize: useLocalCache ? maxLocalCacheSize : 0,
    ...contextRegistry(given),
  });
};

const checked = (
  owner: string,
  rules: OptionRules,
  options: IdempotencyOptions<never> | undefined,
): IdempotencyOptions<never> => {
  checkOptions(`The options of ${owner}`, rules, options ?? {});
  return options as IdempotencyOptions<never>;
};

/**
 * The rules by which a config computes keys and fingerprints.
 *
 * @throws IdempotencyConfigError for invalid options
 */
export const resolveIdentityRules = (given: IdempotencyConfigOptions<never>, host: Host): IdentityRules => {
  checkConfig(given);
  const { eventKey, eventKeyJmesPath, payloadValidationJmesPath, source, scope, expiresAfterSeconds } = given;
  const compile = (option: ExpressionOption, expression: string): CompiledExpression =>
    compileOption(option, expression, given.jmesPathOptions, host);
  const keyPath = eventKeyJmesPath ? compile('eventKeyJmesPath', eventKeyJmesPath) : undefined;
  const unstableFields = given.allowUnstableKey ? undefined : host.unstableFields;
  if (keyPath && eventKeyJmesPath && unstableFields) {
    refuseUnstablePath(unstableFields, keyPath, eventKeyJmesPath, source?.name);
  }
  return Object.freeze({
    hashFunction: withDefaults(given, host.defaultCodec).hashFunction,
    unstableFields,
    ...(eventKey && { select: selectWith(eventKey) }),
    ...(keyPath && { select: keyPath.select }),
    ...(payloadValidationJmesPath && {
      fingerprint: compile('payloadValidationJmesPath', payloadValidationJmesPath),
    }),
    ...(source && { source }),
    ...(scope && { scope }),
    ...(expiresAfterSeconds !== undefined && { windowSeconds: expiresAfterSeconds }),
    ...(given.codec?.fingerprint && { maskFingerprint: given.codec.fingerprint.bind(given.codec) }),
  });
};

type ExpressionOption = 'eventKeyJmesPath' | 'payloadValidationJmesPath';

const compileOption = (
  option: ExpressionOption,
  expression: string,
  options: JmesPathOptions | undefined,
  { compileExpression }: Host,
): CompiledExpression => {
  try {
    return compileExpression(expression, options);
  } catch (error) {
    throw new IdempotencyConfigError(
      `\`${option}\` or \`jmesPathOptions\` cannot be used: ${(error as Error).message}\nThe expression is \`${expression}\`.`,
    );
  }
};

/** @throws IdempotencyConfigError if the expression selects a field that changes with every attempt */
const refuseUnstablePath = (
  fields: UnstableFields,
  { paths }: CompiledExpression,
  expression: string,
  source: string | undefined,
): void => {
  for (const path of paths) {
    const reason = unstablePath(fields, path, source);
    if (reason) throw new IdempotencyConfigError(`\`eventKeyJmesPath\` (\`${expression}\`): ${reason}.`);
  }
};

const contextRegistry = (
  config: IdempotencyConfigOptions<never>,
): Pick<ResolvedOptions, 'registeredContext' | 'registerContext' | 'forgetContext'> => ({
  registeredContext: () => config.lambdaContext,
  registerContext: (context) => {
    const registry = config as Partial<ContextRegistry>;
    // Of concurrent requests, the one with the most time left: a lease may be too long, but never too short.
    const known = config.lambdaContext?.getRemainingTimeInMillis?.() ?? 0;
    if (known < (context?.getRemainingTimeInMillis?.() ?? 0)) registry.registerLambdaContext?.(context);
  },
  forgetContext: (context) => {
    if (config.lambdaContext === context) config.lambdaContext = undefined;
  },
});
