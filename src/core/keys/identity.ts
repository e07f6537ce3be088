import crypto from 'node:crypto';
import type { Context } from 'aws-lambda';
import { type CompiledJmesPath, isAbsentPart } from '../jmespath/compile.js';
import type { ResultCodec } from '../protocol/codec.js';
import { IdempotencyConfigError, IdempotencyKeyError } from '../protocol/errors.js';
import { KeyMaterialError } from '../protocol/key-material-error.js';
import type { EventSource, SourceReading } from '../protocol/source.js';
import { canonicalBytes, loadObjectHash, NeedsObjectHash } from './canonical.js';
import { unstableValue } from './unstable-fields.js';

/** What makes two calls the same: computed once, from the input as it came. */
export interface Identity {
  /** `scope#hash`. */
  readonly key: string;
  readonly scope: string;
  readonly fingerprint: string | undefined;
  /** How long the outcome is replayed. */
  readonly windowSeconds: number;
  /** The source that the event is of, where one was given. */
  readonly source: EventSource | undefined;
}

/** How a wrapped function finds its key and fingerprint. */
export interface KeyPlan {
  readonly hashFunction: string;
  /** Absent: the source's key, or the whole payload. */
  readonly select?: (
    payload: unknown,
    context: unknown,
  ) => { readonly value: unknown; readonly incomplete: boolean };
  readonly fingerprint?: CompiledJmesPath;
  readonly source?: EventSource;
  /** What keeps tenants apart, as the user says. */
  readonly scope?: (payload: never, context: never) => unknown;
  readonly allowUnstableKey?: boolean;
  /** Absent: the source's, or an hour. */
  readonly windowSeconds?: number;
  /** The codec's: replaces the digest of a fingerprint. */
  readonly maskFingerprint?: NonNullable<ResultCodec['fingerprint']>;
}

/** Powertools' default. */
export const DEFAULT_WINDOW_SECONDS = 3_600;

/**
 * base64url digest of the value's canonical text, behind the parts of its scope.
 *
 * @internal
 */
export const hashValue = (value: unknown, hashFunction = 'sha256', parts: readonly string[] = []): string => {
  // With its length before it, no part can pass for two, or for a piece of the key; no JSON text starts like one.
  let prefix = '';
  for (const part of parts) prefix += `${Buffer.byteLength(part)}:${part}`;
  const material = canonicalBytes(value);
  // Node 20.12 and later: a third of the time for short texts.
  if (crypto.hash && (prefix === '' || typeof material === 'string')) {
    return crypto.hash(hashFunction, prefix === '' ? material : `${prefix}${material}`, 'base64url');
  }
  return crypto.createHash(hashFunction).update(prefix).update(material).digest('base64url');
};

/** The key function's answer: an array is a composite key; an object's `undefined` members are absent parts, its nulls are data. */
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

/** Errors of the user's own functions are kept as `cause` and not quoted: they may quote the payload. */
const attempt = <T>(what: string, scope: string, compute: () => T): T => {
  try {
    return compute();
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
 * The call's identity, or undefined when its key is missing: only `undefined` and `null` are missing, and a composite
 * key of which any part is.
 *
 * @throws IdempotencyKeyError when the key or the fingerprint cannot be computed
 */
export const identityOf = async (
  plan: KeyPlan,
  scope: string,
  payload: unknown,
  context: unknown,
): Promise<Identity | undefined> => {
  try {
    // Before any await: a caller that changes the payload right after its call changes nothing.
    return masked(plan, identityNow(plan, scope, payload, context));
  } catch (error) {
    if (!(error instanceof NeedsObjectHash)) throw error;
    await loadObjectHash().catch((cause: KeyMaterialError) =>
      attempt('key', scope, () => {
        throw cause;
      }),
    );
    return masked(plan, identityNow(plan, scope, payload, context));
  }
};

const masked = (
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
 * `identityOf` at once.
 *
 * @throws NeedsObjectHash until `loadObjectHash` was called, for values that JSON cannot hold
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
    attempt('source', scope, () => plan.source?.resolve(payload, context as Context | undefined));
  const reading = source && attempt('key', scope, () => source.read(payload, context as Context | undefined));
  const { value, incomplete } = select
    ? attempt('key', scope, () => select(payload, context))
    : readValue(reading, payload);
  if (incomplete) return undefined;
  const windowSeconds = plan.windowSeconds ?? source?.windowSeconds ?? DEFAULT_WINDOW_SECONDS;
  if (!plan.allowUnstableKey) refuseUnstable(plan, scope, payload, value, reading, windowSeconds);
  const own = ownScope(plan, scope, payload, context);
  // The number in front keeps what the source says apart from what the user's function says.
  const parts = reading || own.length > 0 ? [`${own.length}`, ...own, ...(reading?.scope ?? [])] : [];
  const key = `${scope}#${attempt('key', scope, () => hashValue(value, plan.hashFunction, parts))}`;
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

/** @throws IdempotencyConfigError for a key that is new on every attempt, or that means another call after a while */
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
      `The key of a call to ${scope} holds for ${valid.seconds} s, and the window is ${windowSeconds} s: ${valid.reason}, set \`expiresAfterSeconds\` to ${valid.seconds}, or \`allowUnstableKey: true\`. Nothing ran.`,
    );
  }
};

const ownScope = (plan: KeyPlan, scope: string, payload: unknown, context: unknown): readonly string[] => {
  if (!plan.scope) return [];
  const answer = attempt('scope', scope, () => plan.scope?.(payload as never, context as never));
  const parts = Array.isArray(answer) ? answer : [answer];
  if (parts.length > 0 && parts.every((part) => typeof part === 'string' && part !== '')) return parts;
  // Without its tenant, a caller would share the keys of all others without one.
  throw new IdempotencyKeyError(
    `The function \`scope\` of a call to ${scope} did not return a text, or texts, that are not empty. Nothing ran.`,
  );
};

const fingerprintOf = (
  { fingerprint, hashFunction, select }: KeyPlan,
  scope: string,
  payload: unknown,
  reading: SourceReading | undefined,
): string | undefined => {
  const hashOf = (read: () => unknown): string =>
    attempt('fingerprint', scope, () => hashValue(read() ?? null, hashFunction));
  if (fingerprint) return hashOf(() => fingerprint.select(payload).value);
  // What a service made names one delivery of one payload.
  const isClients = select !== undefined || reading?.madeBy === 'client';
  return isClients && reading?.fingerprint ? hashOf(reading.fingerprint) : undefined;
};
