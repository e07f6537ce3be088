import type { Context } from 'aws-lambda';
import type { ResultCodec } from '../protocol/codec.js';
import { IdempotencyConfigError, IdempotencyKeyError } from '../protocol/errors.js';
import { KeyMaterialError } from '../protocol/key-material-error.js';
import type { EventSource, SourceReading } from '../protocol/source.js';
import { loadObjectHash, NeedsObjectHash } from './canonical.js';
import { hashValue } from './hash.js';
import { type CompiledExpression, isAbsentPart, type Select, type Selection } from './selection.js';
import { type UnstableFields, unstableValue } from './unstable-fields.js';

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
export interface IdentityRules {
  readonly hashFunction: string;
  /** Absent: the source's key, or the whole payload. */
  readonly select?: Select;
  readonly fingerprint?: CompiledExpression;
  readonly source?: EventSource;
  /** What keeps tenants apart, as the user says. */
  readonly scope?: (payload: never, context: never) => unknown;
  /** Fields that no key may hold; absent: any key will do. */
  readonly unstableFields?: UnstableFields | undefined;
  /** Absent: the source's, or an hour. */
  readonly windowSeconds?: number;
  /** The codec's: replaces the digest of a fingerprint. */
  readonly maskFingerprint?: NonNullable<ResultCodec['fingerprint']>;
}

/** Powertools' default. */
export const DEFAULT_WINDOW_SECONDS = 3_600;

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
  rules: IdentityRules,
  scope: string,
  payload: unknown,
  context: unknown,
): Promise<Identity | undefined> => {
  try {
    // Before any await: a caller that changes the payload right after its call changes nothing.
    return masked(rules, identityNow(rules, scope, payload, context));
  } catch (error) {
    if (!(error instanceof NeedsObjectHash)) throw error;
    await loadObjectHash().catch((cause: KeyMaterialError) =>
      attempt('key', scope, () => {
        throw cause;
      }),
    );
    return masked(rules, identityNow(rules, scope, payload, context));
  }
};

const masked = (
  { maskFingerprint }: IdentityRules,
  identity: Identity | undefined,
): Identity | undefined | Promise<Identity> =>
  maskFingerprint && identity?.fingerprint !== undefined
    ? withMask(maskFingerprint, identity, identity.fingerprint)
    : identity;

const withMask = async (
  mask: NonNullable<IdentityRules['maskFingerprint']>,
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
  rules: IdentityRules,
  scope: string,
  payload: unknown,
  context: unknown,
): Identity | undefined => {
  const { select } = rules;
  const source =
    rules.source &&
    attempt('source', scope, () => rules.source?.resolve(payload, context as Context | undefined));
  const reading = source && attempt('key', scope, () => source.read(payload, context as Context | undefined));
  const { value, incomplete } = select
    ? attempt('key', scope, () => select(payload, context))
    : readValue(reading, payload);
  if (incomplete) return undefined;
  const windowSeconds = rules.windowSeconds ?? source?.windowSeconds ?? DEFAULT_WINDOW_SECONDS;
  if (rules.unstableFields) refuseUnstable(rules, scope, payload, value, reading, windowSeconds);
  const own = ownScope(rules, scope, payload, context);
  // The number in front keeps what the source says apart from what the user's function says.
  const parts = reading || own.length > 0 ? [`${own.length}`, ...own, ...(reading?.scope ?? [])] : [];
  const key = `${scope}#${attempt('key', scope, () => hashValue(value, rules.hashFunction, parts))}`;
  const fingerprint = fingerprintOf(rules, scope, payload, reading);
  return { key, scope, windowSeconds, fingerprint, source };
};

const readValue = (reading: SourceReading | undefined, payload: unknown): Selection => {
  const value = reading ? reading.key : payload;
  return { value, incomplete: isAbsentPart(value) };
};

/** @throws IdempotencyConfigError for a key that is new on every attempt, or that means another call after a while */
const refuseUnstable = (
  { select, unstableFields }: IdentityRules,
  scope: string,
  payload: unknown,
  value: unknown,
  reading: SourceReading | undefined,
  windowSeconds: number,
): void => {
  const reason = select && unstableFields && unstableValue(unstableFields, payload, value);
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

const ownScope = (
  rules: IdentityRules,
  scope: string,
  payload: unknown,
  context: unknown,
): readonly string[] => {
  if (!rules.scope) return [];
  const answer = attempt('scope', scope, () => rules.scope?.(payload as never, context as never));
  const parts = Array.isArray(answer) ? answer : [answer];
  if (parts.length > 0 && parts.every((part) => typeof part === 'string' && part !== '')) return parts;
  // Without its tenant, a caller would share the keys of all others without one.
  throw new IdempotencyKeyError(
    `The function \`scope\` of a call to ${scope} did not return a text, or texts, that are not empty. Nothing ran.`,
  );
};

const fingerprintOf = (
  { fingerprint, hashFunction, select }: IdentityRules,
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
