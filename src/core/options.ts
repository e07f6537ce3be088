import { createHash } from 'node:crypto';
import type { Context } from 'aws-lambda';
import {
  anyText,
  checkOptions,
  flag,
  hasMethods,
  isObject,
  method,
  nested,
  type Rule,
  rule,
  wholeFrom,
} from './check-options.js';
import type { ResultCodec } from './codec.js';
import { defaultCodec } from './composed.js';
import { IdempotencyConfigError } from './errors.js';
import type { ErrorClass } from './failure.js';
import type { JmesPathOptions } from './jmespath-types.js';
import type { IdempotencyRecord } from './record-view.js';
import type { EventSource } from './source.js';
import type { PersistenceStore } from './store.js';

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
  /**
   * Where the events come from: `sqs()`, `httpApi()` … of `lambda-idempotency/sources`. It brings the key, the
   * fingerprint, what keeps callers apart, and the window that covers the source's redeliveries.
   */
  source?: EventSource | undefined;
  /** What keeps tenants apart: hashed into the key, so that none can reach another's outcome by guessing a key. */
  scope?: ((payload: Payload, context: Context | undefined) => string | readonly string[]) | undefined;
  /** Whether a key may be one that changes with every attempt. Default: false, it is refused. */
  allowUnstableKey?: boolean | undefined;
  /** The window: how long an outcome is replayed, in whole seconds from the settle. Default: the source's, or 3,600. */
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
  /**
   * Whether what the function threw is final: it is stored, and every duplicate within the window gets it thrown again,
   * built anew from name, message, code, own members and `cause`. All other errors release the claim, so that a retry
   * runs. The first caller always gets the very error. Default: no error is final.
   */
  // A method, so that a predicate may name its own type.
  shouldStoreError?(error: unknown): boolean | Promise<boolean>;
  /** Classes of such errors: theirs are again `instanceof` them. Without their constructors, and without private members. */
  errorClasses?: readonly ErrorClass[] | undefined;
  /**
   * Whether a result is an outcome. If not, its caller gets it, and the claim is released, so that a retry runs: for
   * failures that are returned, such as `{ statusCode: 503 }`. Default: every result is.
   */
  shouldStoreResult?(result: unknown): boolean | Promise<boolean>;
  /**
   * How often a call may run without an outcome (it threw, or was cut off); past that nothing runs, and callers get
   * `IdempotencyAttemptsExhaustedError`, until the window is over or the record is deleted. 1 or more. Default: without
   * limit, and nothing is counted.
   */
  maxAttempts?: number | undefined;
  /**
   * How results are stored. Default: JSON, with types where JSON would lose them, compressed where that makes the item
   * at least one write unit smaller. Others are in `lambda-idempotency/results`.
   */
  codec?: ResultCodec | undefined;
}

export interface LeaseOptions {
  /** Lease of a call without a Lambda context, in seconds. Default: 900, Lambda's longest run. */
  readonly seconds?: number | undefined;
  /**
   * Whether that lease is renewed while the function runs, every third of it, so that it can be short, and the key of
   * a host that crashed is free soon. Does nothing where there is a Lambda context: a lease then ends with the
   * invocation. Default: false.
   */
  readonly renew?: boolean | undefined;
  /**
   * What becomes of a call whose run was cut off (a crash, a time-out), so that nobody knows whether its effect
   * happened. `'run'`: a duplicate takes over when the lease is over. `'refuse'`: nothing runs, and callers get
   * `IdempotencyOutcomeUnknownError`, until the window, counted from the lease's end, is over or the record is deleted.
   * Default: `'run'`.
   */
  readonly whenOver?: 'run' | 'refuse' | undefined;
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

const isErrorClass = (value: unknown): value is ErrorClass =>
  typeof value === 'function' && (value === Error || value.prototype instanceof Error) && value.name !== '';

/** They are found again by their names. */
const errorClassesProblem = (value: unknown): string | undefined => {
  if (!Array.isArray(value) || !value.every(isErrorClass)) return 'an array of classes that extend Error';
  const names = value.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : `classes of different names (\`${twice}\` is there twice)`;
};

const inProgressRule = nested('`inProgress`', { waitMs: wholeFrom(0) });

const configRules = {
  eventKeyJmesPath: anyText,
  eventKey: method,
  payloadValidationJmesPath: anyText,
  jmesPathOptions: rule('an object of functions by name', isObject),
  throwOnNoIdempotencyKey: flag,
  source: rule('a source of lambda-idempotency/sources, such as sqs()', (value) =>
    hasMethods(value, 'resolve', 'read'),
  ),
  scope: method,
  allowUnstableKey: flag,
  expiresAfterSeconds: wholeFrom(1),
  useLocalCache: flag,
  maxLocalCacheSize: wholeFrom(1),
  hashFunction: rule('a hash that node:crypto knows, such as "sha256"', isHash),
  lambdaContext: rule('a Lambda context', isObject),
  responseHook: method,
  shouldStoreError: method,
  errorClasses: (value: unknown) => errorClassesProblem(value),
  shouldStoreResult: method,
  maxAttempts: wholeFrom(1),
  inProgress: (value: unknown) =>
    value === 'throw' ? undefined : isObject(value) ? inProgressRule(value) : '"throw" or { waitMs }',
  lease: nested('`lease`', {
    seconds: rule('a number of seconds above 0', (value) => Number.isFinite(value) && (value as number) > 0),
    renew: flag,
    whenOver: rule('"run" or "refuse"', (value) => value === 'run' || value === 'refuse'),
    clockSkewMs: wholeFrom(0),
  }),
  whenStoreFails: rule('"throw" or "run"', (value) => value === 'throw' || value === 'run'),
  codec: rule('a codec with encode() and decode()', (value) => hasMethods(value, 'encode', 'decode')),
} satisfies Record<keyof IdempotencyConfigOptions, Rule>;

/** What an `IdempotencyConfig` has beside its options. */
export interface ContextRegistry {
  registerLambdaContext(context: Context): void;
}

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
  if (config.errorClasses && !config.shouldStoreError) {
    throw new IdempotencyConfigError(
      '`config`: `errorClasses` needs `shouldStoreError`, which says what errors are stored.',
    );
  }
  if (config.lease?.whenOver === 'refuse' && config.whenStoreFails === 'run') {
    throw new IdempotencyConfigError(
      "`config`: `lease.whenOver: 'refuse'` and `whenStoreFails: 'run'` contradict each other: without its store, a call would run that may have run before.",
    );
  }
};

type Defaulted =
  | 'eventKeyJmesPath'
  | 'throwOnNoIdempotencyKey'
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
  useLocalCache: false,
  maxLocalCacheSize: 256,
  hashFunction: 'sha256',
  inProgress: 'throw',
  whenStoreFails: 'throw',
  codec: defaultCodec,
});

/** A config in which nothing that has a default is open. */
export type CompleteConfig<Payload> = Omit<IdempotencyConfigOptions<Payload>, Defaulted> & Defaults;

/** The options with the defaults where they say nothing, or `undefined`. */
export const withDefaults = <Payload>(config: IdempotencyConfigOptions<Payload>): CompleteConfig<Payload> => {
  const given = Object.entries(config).filter(([, value]) => value !== undefined);
  return { ...defaultConfig, ...Object.fromEntries(given) } as CompleteConfig<Payload>;
};
