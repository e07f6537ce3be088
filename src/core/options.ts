import { createHash } from 'node:crypto';
import type { Context } from 'aws-lambda';
import type { ResultCodec } from './codec.js';
import { typedJson } from './codec.js';
import { IdempotencyConfigError } from './errors.js';
import { type CompiledJmesPath, compileJmesPath, type JmesPathOptions } from './jmespath.js';
import { type KeyPlan, selectWith } from './key.js';
import type { IdempotencyRecord } from './record-view.js';
import type { PersistenceStore } from './store.js';
import type { CallPolicy } from './types.js';

/** How calls are keyed, protected, kept and replayed. Names and defaults are Powertools' where it has them. */
export interface IdempotencyConfigOptions<Payload = unknown> {
  /** JMESPath of the part of the payload that is the key. Default: `''`, the whole payload. */
  eventKeyJmesPath?: string | undefined;
  /** The key as a function, instead of `eventKeyJmesPath`. An array is a composite key: if a part is absent, the key is. */
  eventKey?: ((payload: Payload, context: Context | undefined) => unknown) | undefined;
  /** JMESPath of the part that must be the same when a key is used again. Default: nothing is compared. */
  payloadValidationJmesPath?: string | undefined;
  /** Functions for the expressions, beside `powertools_json`, `powertools_base64` and `powertools_base64_gzip`. */
  jmesPathOptions?: JmesPathOptions | undefined;
  /** Whether a missing key is an `IdempotencyKeyError`. Default: false, the function runs unprotected. */
  throwOnNoIdempotencyKey?: boolean | undefined;
  /** The window: how long an outcome is replayed, in whole seconds from the settle. Default: 3,600. */
  expiresAfterSeconds?: number | undefined;
  /** Whether outcomes are also kept in this process, so that their replays cost no request. Default: false. */
  useLocalCache?: boolean | undefined;
  /** The most outcomes kept in this process. Default: 256. */
  maxLocalCacheSize?: number | undefined;
  /** A hash that `node:crypto` knows. Default: `'sha256'`. */
  hashFunction?: string | undefined;
  /** The invocation's context, for functions that are not called with it; see `registerLambdaContext`. */
  lambdaContext?: Context | undefined;
  /** Called on replay; what it returns (or resolves to) is the answer. Not called on a first run. */
  // A method, so that a hook may name the response's own type.
  responseHook?(response: unknown, record: IdempotencyRecord): unknown;
  /** What a duplicate does while the first run is under way: throw at once (default), or wait for its outcome. */
  inProgress?: 'throw' | { readonly waitMs: number } | undefined;
  lease?: LeaseOptions | undefined;
  /** Whether the function runs unprotected when the store cannot be asked. Default: `'throw'`. */
  whenStoreFails?: 'throw' | 'run' | undefined;
  /** How results are stored. Default: JSON, with types where JSON would lose them. */
  codec?: ResultCodec | undefined;
}

export interface LeaseOptions {
  /** Lease of a call without a Lambda context, in seconds. Default: 900, Lambda's longest run. */
  readonly seconds?: number | undefined;
  /** Added before another's lease counts as over, for hosts whose clocks differ. Default: 500. */
  readonly clockSkewMs?: number | undefined;
}

/** Options of every front. */
export interface IdempotencyOptions<Payload = unknown> {
  /** Where records live. */
  persistenceStore: PersistenceStore;
  config?: IdempotencyConfigOptions<Payload> | undefined;
  /** Scope of the keys, instead of the Lambda's (and the function's) name. Stable across renamed functions. */
  keyPrefix?: string | undefined;
}

/** Says what a value should have been, or undefined when it is right. */
type Rule = (value: unknown) => string | undefined;
export type OptionRules = Readonly<Record<string, Rule>>;

const rule =
  (expected: string, isRight: (value: unknown) => boolean): Rule =>
  (value) =>
    isRight(value) ? undefined : expected;

export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isWhole = (value: unknown, least: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= least;

export const text: Rule = rule(
  'a text that is not empty',
  (value) => typeof value === 'string' && value !== '',
);
const anyText = rule('a text', (value) => typeof value === 'string');
const flag = rule('true or false', (value) => typeof value === 'boolean');
const method = rule('a function', (value) => typeof value === 'function');
export const wholeFrom = (least: number): Rule =>
  rule(`a whole number, ${least} or more`, (value) => isWhole(value, least));

/**
 * @param owner what the options belong to, as messages name it
 * @throws IdempotencyConfigError naming the option and what it should be; unknown names are refused
 */
export const checkOptions = (owner: string, rules: OptionRules, options: unknown): void => {
  if (!isObject(options)) throw new IdempotencyConfigError(`${owner} must be an object of options.`);
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!check) {
      throw new IdempotencyConfigError(
        `${owner}: unknown option \`${name}\`. Known are: ${Object.keys(rules).join(', ')}.`,
      );
    }
    const expected = value === undefined ? undefined : check(value);
    if (expected) throw new IdempotencyConfigError(`${owner}: \`${name}\` must be ${expected}.`);
  }
};

const nested =
  (owner: string, rules: OptionRules): Rule =>
  (value) => {
    checkOptions(owner, rules, value);
    return undefined;
  };

const isHash = (name: unknown): boolean => {
  try {
    return (
      createHash(name as string)
        .update('')
        .digest().length > 0
    );
  } catch {
    return false;
  }
};

const hasMethods = (value: unknown, ...names: readonly string[]): boolean =>
  isObject(value) && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function');

const inProgressRule = nested('`inProgress`', { waitMs: wholeFrom(0) });

const configRules = {
  eventKeyJmesPath: anyText,
  eventKey: method,
  payloadValidationJmesPath: anyText,
  jmesPathOptions: rule('an object of functions by name', isObject),
  throwOnNoIdempotencyKey: flag,
  expiresAfterSeconds: wholeFrom(1),
  useLocalCache: flag,
  maxLocalCacheSize: wholeFrom(1),
  hashFunction: rule('a hash that node:crypto knows, such as "sha256"', isHash),
  lambdaContext: rule('a Lambda context', isObject),
  responseHook: method,
  inProgress: (value: unknown) =>
    value === 'throw' ? undefined : isObject(value) ? inProgressRule(value) : '"throw" or { waitMs }',
  lease: nested('`lease`', {
    seconds: rule('a number of seconds above 0', (value) => Number.isFinite(value) && (value as number) > 0),
    clockSkewMs: wholeFrom(0),
  }),
  whenStoreFails: rule('"throw" or "run"', (value) => value === 'throw' || value === 'run'),
  codec: rule('a codec with encode() and decode()', (value) => hasMethods(value, 'encode', 'decode')),
} satisfies Record<keyof IdempotencyConfigOptions, Rule>;

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
    (value) => typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= MAX_PREFIX_BYTES,
  ),
};

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

/** Checks the options of a config, as far as they can be known without calls. */
export const checkConfig = (config: IdempotencyConfigOptions<never>): void => {
  // An instance carries methods and fields of its class; its constructor has checked the names.
  const options: Record<string, unknown> = {};
  const isInstance =
    typeof (config as { registerLambdaContext?: unknown }).registerLambdaContext === 'function';
  for (const [name, value] of Object.entries(config)) {
    if (!isInstance || Object.hasOwn(configRules, name)) options[name] = value;
  }
  checkOptions('`config`', configRules, options);
  if (config.eventKey && config.eventKeyJmesPath) {
    throw new IdempotencyConfigError('`config`: give either `eventKey` or `eventKeyJmesPath`, not both.');
  }
};

/** Lambda's longest run: without a context, a run may last that long. */
const LONGEST_RUN_SECONDS = 900;
/** Hosts in one region differ by a few milliseconds; badly kept ones by hundreds. */
const CLOCK_SKEW_MS = 500;

type Defaulted =
  | 'eventKeyJmesPath'
  | 'throwOnNoIdempotencyKey'
  | 'expiresAfterSeconds'
  | 'useLocalCache'
  | 'maxLocalCacheSize'
  | 'hashFunction'
  | 'inProgress'
  | 'whenStoreFails'
  | 'codec';

type Defaults = { readonly [Name in Defaulted]-?: NonNullable<IdempotencyConfigOptions[Name]> };

const defaultConfig: Defaults = Object.freeze({
  eventKeyJmesPath: '',
  throwOnNoIdempotencyKey: false,
  expiresAfterSeconds: 3_600,
  useLocalCache: false,
  maxLocalCacheSize: 256,
  hashFunction: 'sha256',
  inProgress: 'throw',
  whenStoreFails: 'throw',
  codec: typedJson,
});

/** A config in which nothing that has a default is open. */
export type CompleteConfig<Payload> = Omit<IdempotencyConfigOptions<Payload>, Defaulted> & Defaults;

/** The options with the defaults where they say nothing, or `undefined`. */
export const withDefaults = <Payload>(config: IdempotencyConfigOptions<Payload>): CompleteConfig<Payload> => {
  const given = Object.entries(config).filter(([, value]) => value !== undefined);
  return { ...defaultConfig, ...Object.fromEntries(given) } as CompleteConfig<Payload>;
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
  checkConfig(given);
  const config = withDefaults(given);
  const { eventKey, eventKeyJmesPath, payloadValidationJmesPath, jmesPathOptions, inProgress, lease } =
    config;
  const keyPath = eventKeyJmesPath && compiled('eventKeyJmesPath', eventKeyJmesPath, jmesPathOptions);
  return Object.freeze({
    policy: Object.freeze({
      store: options.persistenceStore,
      codec: config.codec,
      windowMs: config.expiresAfterSeconds * 1_000,
      leaseMs: (lease?.seconds ?? LONGEST_RUN_SECONDS) * 1_000,
      clockSkewMs: lease?.clockSkewMs ?? CLOCK_SKEW_MS,
      waitMs: isObject(inProgress) ? inProgress.waitMs : 0,
      whenStoreFails: config.whenStoreFails,
      responseHook: given.responseHook?.bind(given),
    }),
    key: Object.freeze({
      hashFunction: config.hashFunction,
      ...(eventKey && { select: selectWith(eventKey) }),
      ...(keyPath && { select: keyPath.select }),
      ...(payloadValidationJmesPath && {
        fingerprint: compiled('payloadValidationJmesPath', payloadValidationJmesPath, jmesPathOptions),
      }),
    }),
    keyPrefix: options.keyPrefix,
    throwOnNoIdempotencyKey: config.throwOnNoIdempotencyKey,
    localCacheSize: config.useLocalCache ? config.maxLocalCacheSize : 0,
    registeredContext: () => given.lambdaContext,
  });
};
