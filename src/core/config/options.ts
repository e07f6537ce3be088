import type { Context } from 'aws-lambda';
import type { JmesPathOptions } from '../keys/selection.js';
import type { ResultCodec } from '../protocol/codec.js';
import type { ErrorClass } from '../protocol/errors.js';
import type { IdempotencyRecord } from '../protocol/record-view.js';
import type { EventSource } from '../protocol/source.js';
import type { PersistenceStore } from '../protocol/store.js';

/** How calls are keyed, protected, kept and replayed. Names and defaults are those of Powertools where it has the option. */
export interface IdempotencyConfigOptions<Payload = unknown, Result = unknown> {
  /** JMESPath of the part of the payload that is the key. Default: `''`, the whole payload. */
  eventKeyJmesPath?: string | undefined;
  /** A function that returns the key, instead of `eventKeyJmesPath`. An array is a composite key, missing if a part is. */
  eventKey?: ((payload: Payload, context: Context | undefined) => unknown) | undefined;
  /** JMESPath of the part that must be equal when a key is used again. Default: nothing is compared. */
  payloadValidationJmesPath?: string | undefined;
  /** Functions for the expressions, in addition to `powertools_json`, `powertools_base64` and `powertools_base64_gzip`. */
  jmesPathOptions?: JmesPathOptions | undefined;
  /** Whether a missing key is an `IdempotencyKeyError`. Default: false; the function then runs unprotected. */
  throwOnNoIdempotencyKey?: boolean | undefined;
  /**
   * Where the events come from: `sqs()`, `httpApi()` … of `lambda-idempotency/sources`. It sets the key, the
   * fingerprint, the principals that keep callers apart, and a window that covers the source's redeliveries.
   */
  source?: EventSource | undefined;
  /** Keeps tenants apart: hashed into the key, so that no tenant can get another's outcome by guessing a key. */
  scope?: ((payload: Payload, context: Context | undefined) => string | readonly string[]) | undefined;
  /** Whether the key may be a field that changes with every attempt. Default: false; such a key is refused. */
  allowUnstableKey?: boolean | undefined;
  /** The window: how long an outcome is replayed after it was stored, in whole seconds. Default: the source's, or 3,600. */
  expiresAfterSeconds?: number | undefined;
  /** Whether outcomes are also kept in this process, so that their replays cost no request. Default: false. */
  useLocalCache?: boolean | undefined;
  /** The largest number of outcomes kept in this process. Default: 256. */
  maxLocalCacheSize?: number | undefined;
  /** The hash of keys and fingerprints: any hash of `node:crypto`. Default: `'sha256'`. */
  hashFunction?: string | undefined;
  /** The invocation's context, for functions that are not called with it; see `registerLambdaContext`. */
  lambdaContext?: Context | undefined;
  /**
   * Called on replay; what it returns, or resolves to, is the answer. Not called after a first run. The response is
   * undefined if no result was stored (`record.isResultStored`).
   */
  // A method, so that a hook can declare the type of its response.
  responseHook?(response: Result | undefined, record: IdempotencyRecord): unknown;
  /** What a duplicate does while the first run is in progress: throw at once (default), or wait for the outcome. */
  inProgress?: 'throw' | { readonly waitMs: number } | undefined;
  /** How long a run is protected against duplicates. */
  lease?: LeaseOptions | undefined;
  /**
   * Whether a call first looks for an outcome with an eventually consistent read, and claims only if there is none. That is
   * cheaper if most calls are duplicates, and more expensive otherwise. Default: false.
   */
  readFirst?: boolean | undefined;
  /** What happens when the store fails: `'throw'` (default), or `'run'` the function unprotected. */
  whenStoreFails?: 'throw' | 'run' | undefined;
  /**
   * Whether an error of the function is final. A final error is stored and thrown again for every duplicate within the
   * window, rebuilt from its name, message, code, own members and `cause`. Any other error releases the claim, so that a
   * retry runs. The first caller always gets the original error. Default: no error is final.
   */
  // A method, so that a predicate can declare the type of its argument.
  shouldStoreError?(error: unknown): boolean | Promise<boolean>;
  /** Classes that replayed errors are instances of again. Constructors are not called, and private members are not restored. */
  errorClasses?: readonly ErrorClass[] | undefined;
  /**
   * Whether a result is an outcome. If not, the caller gets it, and the claim is released, so that a retry runs: for
   * failures that are returned, such as `{ statusCode: 503 }`. Default: every result is an outcome.
   */
  // A method, so that a predicate may name its own type.
  shouldStoreResult?(result: Result): boolean | Promise<boolean>;
  /**
   * Whether results are stored. If `false`, only the key is: a replay resolves to `undefined`, or to what `responseHook`
   * returns. Default: true.
   */
  storeResult?: boolean | undefined;
  /**
   * How often a call may run without an outcome, because it threw or was interrupted; 1 or more. After that nothing runs, and
   * callers get `IdempotencyAttemptsExhaustedError`, until the window ends or the record is deleted. Default: no limit, and
   * runs are not counted.
   */
  maxAttempts?: number | undefined;
  /**
   * How results are stored. Default: JSON, with type information where JSON would lose it, compressed if that saves at least
   * one write unit. `lambda-idempotency/results` has others.
   */
  codec?: ResultCodec | undefined;
}

export interface LeaseOptions {
  /**
   * Lease of a call without a Lambda context, in seconds. Default: 900, Lambda's longest run; on Lambda Managed Instances,
   * whose runs may take 5,400 s, pass the context, or set this to the function's timeout. In Lambda, a function that
   * is called without a context and has no `lease.seconds` is reported once (`IDEMPOTENCY_NO_CONTEXT`).
   */
  readonly seconds?: number | undefined;
  /**
   * Whether that lease is renewed while the function runs, after every third of it. The lease can then be short, so that the
   * key of a crashed host is free soon. No effect with a Lambda context: the lease then ends with the invocation. Default:
   * false.
   */
  readonly renew?: boolean | undefined;
  /**
   * What happens after a run was interrupted (by a crash or a timeout), so that it is unknown whether its effect happened.
   * `'run'`: a duplicate takes over when the lease has expired. `'refuse'`: nothing runs, and callers get
   * `IdempotencyOutcomeUnknownError`, until the window, counted from the lease's end, is over or the record is deleted.
   * Default: `'run'`.
   */
  readonly whenOver?: 'run' | 'refuse' | undefined;
  /** Milliseconds added to another host's lease before it counts as expired, because clocks differ. Default: 500. */
  readonly clockSkewMs?: number | undefined;
}

/** Options of every front. */
export interface IdempotencyOptions<Payload = unknown, Result = unknown> {
  /** Where records are kept. */
  persistenceStore: PersistenceStore;
  config?: IdempotencyConfigOptions<Payload, Result> | undefined;
  /**
   * Scope of the keys, instead of the Lambda's name and the function's own. It stays the same if a function is renamed.
   * Space around it is removed; a blank one sets none.
   */
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

/** A config in which every option that has a default is set. */
export type CompleteConfig<Payload> = Omit<IdempotencyConfigOptions<Payload>, Defaulted> & Defaults;

/** The options, with defaults where they are missing or `undefined`. */
export const withDefaults = <Payload>(
  config: IdempotencyConfigOptions<Payload>,
  codec: ResultCodec,
): CompleteConfig<Payload> => {
  const given = Object.entries(config).filter(([, value]) => value !== undefined);
  return { ...defaultConfig, codec, ...Object.fromEntries(given) } as CompleteConfig<Payload>;
};
