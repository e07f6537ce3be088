import type { Context } from 'aws-lambda';
import type { JmesPathOptions } from '../keys/selection.js';
import type { ResultCodec } from '../protocol/codec.js';
import type { ErrorClass } from '../protocol/errors.js';
import type { IdempotencyRecord } from '../protocol/record-view.js';
import type { EventSource } from '../protocol/source.js';
import type { PersistenceStore } from '../protocol/store.js';

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
  /**
   * Whether a call first looks, by an eventually consistent read, for an outcome to replay, and claims only where it
   * finds none: cheaper where most calls are duplicates, dearer elsewhere. Default: false.
   */
  readFirst?: boolean | undefined;
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
   * Whether results are stored. `false`: the key alone is; a replay resolves to `undefined`, or to the `responseHook`'s
   * answer. Default: true.
   */
  storeResult?: boolean | undefined;
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

type Defaulted =
  | 'eventKeyJmesPath'
  | 'throwOnNoIdempotencyKey'
  | 'useLocalCache'
  | 'maxLocalCacheSize'
  | 'hashFunction'
  | 'inProgress'
  | 'whenStoreFails'
  | 'storeResult'
  | 'readFirst'
  | 'codec';

type Defaults = { [Name in Defaulted]-?: NonNullable<IdempotencyConfigOptions[Name]> };

const defaultConfig: Readonly<Omit<Defaults, 'codec'>> = Object.freeze({
  eventKeyJmesPath: '',
  throwOnNoIdempotencyKey: false,
  useLocalCache: false,
  maxLocalCacheSize: 256,
  hashFunction: 'sha256',
  inProgress: 'throw',
  whenStoreFails: 'throw',
  storeResult: true,
  readFirst: false,
});

/** A config in which nothing that has a default is open. */
export type CompleteConfig<Payload> = Omit<IdempotencyConfigOptions<Payload>, Defaulted> & Defaults;

/** The options with the defaults where they say nothing, or `undefined`. */
export const withDefaults = <Payload>(
  config: IdempotencyConfigOptions<Payload>,
  codec: ResultCodec,
): CompleteConfig<Payload> => {
  const given = Object.entries(config).filter(([, value]) => value !== undefined);
  return { ...defaultConfig, codec, ...Object.fromEntries(given) } as CompleteConfig<Payload>;
};
