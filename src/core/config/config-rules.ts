import { createHash } from 'node:crypto';
import type { Context } from 'aws-lambda';
import { fingerprintRefusal } from '../protocol/codec.js';
import type { ErrorClass } from '../protocol/errors.js';
import { IdempotencyConfigError } from '../protocol/errors.js';
import { isObject } from '../protocol/values.js';
import type { IdempotencyConfigOptions } from './options.js';
import {
  aFunction,
  anyString,
  checkOptions,
  hasMethods,
  nested,
  type Rule,
  rule,
  trueOrFalse,
  wholeBetween,
  wholeFrom,
} from './rules.js';

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

/** A replay finds the class by its name. */
const errorClassesProblem = (value: unknown): string | undefined => {
  if (!Array.isArray(value) || !value.every(isErrorClass)) return 'an array of classes that extend Error';
  const names = value.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? undefined : `classes with different names (two are named \`${twice}\`)`;
};

/** 7 days. A longer lease is a mistake, such as milliseconds, and would block its key that long after a crash. */
const LONGEST_LEASE_SECONDS = 604_800;

/** A hundred years. A longer window is a mistake, such as milliseconds, and no Date can represent its end. */
const LONGEST_WINDOW_SECONDS = 3_155_760_000;

const waitRule = nested('`inProgress`', { waitMs: wholeFrom(0) });

const inProgressRule: Rule = (value) => {
  const expected = '"throw" or { waitMs }';
  if (value === 'throw') return undefined;
  if (!isObject(value)) return expected;
  return waitRule(value) ?? ((value as { waitMs?: unknown }).waitMs === undefined ? expected : undefined);
};

const configRules = {
  eventKeyJmesPath: anyString,
  eventKey: aFunction,
  payloadValidationJmesPath: anyString,
  jmesPathOptions: rule('an object of functions by name', isObject),
  throwOnNoIdempotencyKey: trueOrFalse,
  source: rule('a source of lambda-idempotency/sources, such as sqs()', (value) =>
    hasMethods(value, 'resolve', 'read'),
  ),
  scope: aFunction,
  allowUnstableKey: trueOrFalse,
  expiresAfterSeconds: wholeBetween(1, LONGEST_WINDOW_SECONDS, '100 years'),
  useLocalCache: trueOrFalse,
  maxLocalCacheSize: wholeFrom(1),
  hashFunction: rule('a hash that node:crypto knows, such as "sha256"', isHash),
  lambdaContext: rule('a Lambda context', isObject),
  responseHook: aFunction,
  shouldStoreError: aFunction,
  errorClasses: (value: unknown) => errorClassesProblem(value),
  shouldStoreResult: aFunction,
  storeResult: trueOrFalse,
  maxAttempts: wholeFrom(1),
  inProgress: inProgressRule,
  lease: nested('`lease`', {
    seconds: rule(
      'a number of seconds from 1 to 604800 (7 days)',
      (value) => typeof value === 'number' && value >= 1 && value <= LONGEST_LEASE_SECONDS,
    ),
    renew: trueOrFalse,
    whenOver: rule('"run" or "refuse"', (value) => value === 'run' || value === 'refuse'),
    clockSkewMs: wholeFrom(0),
  }),
  readFirst: trueOrFalse,
  whenStoreFails: rule('"throw" or "run"', (value) => value === 'throw' || value === 'run'),
  codec: rule('a codec with encode() and decode()', (value) => hasMethods(value, 'encode', 'decode')),
} satisfies Record<keyof IdempotencyConfigOptions, Rule>;

/** What an `IdempotencyConfig` has in addition to its options. */
export interface ContextRegistry {
  registerLambdaContext(context: Context): void;
}

/** Checks the options of a config, as far as possible without a call. */
export const checkConfig = (config: IdempotencyConfigOptions<never>): void => {
  // An instance carries methods and fields of its class; its constructor has already checked the names.
  const options: Record<string, unknown> = {};
  const isInstance =
    typeof (config as { registerLambdaContext?: unknown }).registerLambdaContext === 'function';
  for (const [name, value] of Object.entries(config)) {
    if (!isInstance || Object.hasOwn(configRules, name)) options[name] = value;
  }
  checkOptions('`config`', configRules, options);
  if (config.eventKey && config.eventKeyJmesPath) {
    throw new IdempotencyConfigError('`config`: set either `eventKey` or `eventKeyJmesPath`, not both.');
  }
  if (config.errorClasses && !config.shouldStoreError) {
    throw new IdempotencyConfigError(
      '`config`: `errorClasses` needs `shouldStoreError`, which decides which errors are stored.',
    );
  }
  const refusal =
    config.codec && config.payloadValidationJmesPath ? fingerprintRefusal(config.codec) : undefined;
  if (refusal) throw new IdempotencyConfigError(`\`config\`: \`payloadValidationJmesPath\`: ${refusal}`);
  if (config.lease?.whenOver === 'refuse' && config.whenStoreFails === 'run') {
    throw new IdempotencyConfigError(
      "`config`: `lease.whenOver: 'refuse'` and `whenStoreFails: 'run'` contradict each other: while the store is down, a call could run again.",
    );
  }
};
