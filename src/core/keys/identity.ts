import crypto from 'node:crypto';
import type { Context } from 'aws-lambda';
import { type CompiledJmesPath, isAbsentPart } from '../jmespath/compile.js';
import type { ResultCodec } from '../protocol/codec.js';
import { IdempotencyConfigError, IdempotencyKeyError } from '../protocol/errors.js';
import { KeyMaterialError } from '../protocol/key-material-error.js';
import type { EventSource, SourceReading } from '../protocol/source.js';
import { canonicalBytes, loadObjectHash, NeedsObjectHash } from './canonical.js';
import { unstableValue } from './unstable-fields.js';

/** What makes two calls the same. Computed once, from the unchanged input. */
export interface Identity {
  /** `scope#hash`. */
  readonly key: string;
  readonly scope: string;
  readonly fingerprint: string | undefined;
  /** How long the outcome is replayed, in seconds. */
  readonly windowSeconds: number;
  /** The source of the event, if `source` is set. */
  readonly source: EventSource | undefined;
}

/** How a wrapped function finds its key and fingerprint. */
export interface KeyPlan {
  readonly hashFunction: string;
  /** Absent: the key is the source's, or the whole payload. */
  readonly select?: (
    payload: unknown,
    context: unknown,
  ) => { readonly value: unknown; readonly incomplete: boolean };
  readonly fingerprint?: CompiledJmesPath;
  readonly source?: EventSource;
  /** The user's function that keeps tenants apart. */
  readonly scope?: (payload: never, context: never) => unknown;
  readonly allowUnstableKey?: boolean;
  /** Absent: the source's, or an hour. */
  readonly windowSeconds?: number;
  /** The codec's function that replaces the digest of a fingerprint. */
  readonly maskFingerprint?: NonNullable<ResultCodec['fingerprint']>;
}

/** Powertools' default. */
export const DEFAULT_WINDOW_SECONDS = 3_600;

/**
 * The base64url digest of the scope's parts and the value's canonical text.
 *
 * @internal
 */
export const hashValue = (value: unknown, hashFunction = 'sha256', parts: readonly string[] = []): string => {
  // The length prefix keeps parts apart from each other and from the key: no JSON text starts with one.
  let prefix = '';
  for (const part of parts) prefix += `${Buffer.byteLength(part)}:${part}`;
  const material = canonicalBytes(value);
  // Node 20.12 or later. For short strings it takes a third of the time.
  if (crypto.hash && (prefix === '' || typeof material === 'string')) {
    return crypto.hash(hashFunction, prefix === '' ? material : `${prefix}${material}`, 'base64url');
  }
  return crypto.createHash(hashFunction).update(prefix).update(material).digest('base64url');
};

/** For `eventKey`. An array is a composite key. In an object, an `undefined` member is an absent part, and null is data. */
export const selectWith =
  (eventKey: (payload: never, context: never) => unknown): NonNullable<KeyPlan['select']> =>
  (payload, context) => {
    const value = eventKey(payload as never, context as never);
    return { value, incomplete: isIncompleteAnswer(value) };
  };

const isIncompleteAnswer = (value: unknown): boolean => {
  if (isAbsentPart(value)) return true;
  if (Array.isArray(value)) return value.some(isIncompleteAnswer);
  return typeof value === 'object' && Object.values(value as object).includes(undefined);
};

/** An error of a user's function becomes the `cause`. Its message is not quoted, since it may contain the payload. */
const compute = <T>(what: string, scope: string, work: () => T): T => {
  try {
    return work();
  } catch (error) {
    if (error instanceof NeedsObjectHash) throw error;
    const isOurs = error instanceof KeyMaterialError;
    const reason = isOurs ? error.message : 'its function threw';
    const cause = isOurs ? error.cause : error;
    throw new IdempotencyKeyError(
      `The ${what} of a call to ${scope} cannot be computed: ${reason}. Nothing ran.`,
      cause === undefined ? {} : { cause },
    );
  }
};

/**
 * The call's identity, or undefined if its key is missing: the key is `undefined` or `null`, or so is a part of a composite
 * key.
 *
 * @throws IdempotencyKeyError if the key or the fingerprint cannot be computed
 */
export const identityOf = async (
  plan: KeyPlan,
  scope: string,
  payload: unknown,
  context: unknown,
): Promise<Identity | undefined> => {
  try {
    // Before any await, so that a caller may change the payload after the call.
    return withMaskedFingerprint(plan, identityNow(plan, scope, payload, context));
  } catch (error) {
    if (!(error instanceof NeedsObjectHash)) throw error;
    await loadObjectHash().catch((cause: KeyMaterialError) =>
      compute('key', scope, () => {
        throw cause;
      }),
    );
    return withMaskedFingerprint(plan, identityNow(plan, scope, payload, context));
  }
};

const withMaskedFingerprint = (
  { maskFingerprint }: KeyPlan,
  identity: Identity | undefined,
): Identity | undefined | Promise<Identity> =>
  maskFingerprint && identity?.fingerprint !== undefined
    ? withMask(maskFingerprint, identity, identity.fingerprint)
    : identity;

const withMask = async (
  mask: NonNullable<KeyPlan['maskFingerprint']>,
  identity: Identity,
  digest: string,
): Promise<Identity> => {
  try {
    return { ...identity, fingerprint: await mask(digest) };
  } catch (cause) {
    if (cause instanceof IdempotencyConfigError) throw cause;
    throw new IdempotencyKeyError(
      `The fingerprint of a call to ${identity.scope} cannot be computed: its codec threw. Nothing ran.`,
      { cause },
    );
  }
};

/**
 * The synchronous part of `identityOf`.
 *
 * @throws NeedsObjectHash for values that JSON cannot represent, until `loadObjectHash` was called
 * @internal
 */
export const identityNow = (
  plan: KeyPlan,
  scope: string,
  payload: unknown,
  context: unknown,
): Identity | undefined => {
  const { select } = plan;
  const source =
    plan.source &&
    compute('source', scope, () => plan.source?.resolve(payload, context as Context | undefined));
  const reading = source && compute('key', scope, () => source.read(payload, context as Context | undefined));
  const { value, incomplete } = select
    ? compute('key', scope, () => select(payload, context))
    : readValue(reading, payload);
  if (incomplete) return undefined;
  const windowSeconds = plan.windowSeconds ?? source?.windowSeconds ?? DEFAULT_WINDOW_SECONDS;
  if (!plan.allowUnstableKey) refuseUnstable(plan, scope, payload, value, reading, windowSeconds);
  const own = ownScope(plan, scope, payload, context);
  // The leading count keeps the user's parts apart from the source's.
  const parts = reading || own.length > 0 ? [`${own.length}`, ...own, ...(reading?.scope ?? [])] : [];
  const key = `${scope}#${compute('key', scope, () => hashValue(value, plan.hashFunction, parts))}`;
  const fingerprint = fingerprintOf(plan, scope, payload, reading);
  return { key, scope, windowSeconds, fingerprint, source };
};

const readValue = (
  reading: SourceReading | undefined,
  payload: unknown,
): { readonly value: unknown; readonly incomplete: boolean } => {
  const value = reading ? reading.key : payload;
  return { value, incomplete: isAbsentPart(value) };
};

/** @throws IdempotencyConfigError if the key changes with every attempt, or the window is longer than the key is valid */
const refuseUnstable = (
  { select }: KeyPlan,
  scope: string,
  payload: unknown,
  value: unknown,
  reading: SourceReading | undefined,
  windowSeconds: number,
): void => {
  const reason = select && unstableValue(payload, value);
  if (reason !== undefined) {
    throw new IdempotencyConfigError(`The key of a call to ${scope}: ${reason}. Nothing ran.`);
  }
  const valid = select ? undefined : reading?.valid;
  if (valid && valid.seconds < windowSeconds) {
    throw new IdempotencyConfigError(
      `The key of a call to ${scope} is valid for ${valid.seconds} s, but the window is ${windowSeconds} s: ${valid.reason}, or set \`expiresAfterSeconds\` to ${valid.seconds}, or \`allowUnstableKey\` to true. Nothing ran.`,
    );
  }
};

const ownScope = (plan: KeyPlan, scope: string, payload: unknown, context: unknown): readonly string[] => {
  if (!plan.scope) return [];
  const answer = compute('scope', scope, () => plan.scope?.(payload as never, context as never));
  const parts = Array.isArray(answer) ? answer : [answer];
  if (parts.length > 0 && parts.every((part) => typeof part === 'string' && part !== '')) return parts;
  // Otherwise all callers without a tenant would share their keys.
  throw new IdempotencyKeyError(
    `The function \`scope\` of a call to ${scope} must return a non-empty string, or an array of them. Nothing ran.`,
  );
};

const fingerprintOf = (
  { fingerprint, hashFunction, select }: KeyPlan,
  scope: string,
  payload: unknown,
  reading: SourceReading | undefined,
): string | undefined => {
  const hashOf = (read: () => unknown): string =>
    compute('fingerprint', scope, () => hashValue(read() ?? null, hashFunction));
  if (fingerprint) return hashOf(() => fingerprint.select(payload).value);
  // A key made by a service belongs to one payload, so there is nothing to compare.
  const isClientKey = select !== undefined || reading?.madeBy === 'client';
  return isClientKey && reading?.fingerprint ? hashOf(reading.fingerprint) : undefined;
};
