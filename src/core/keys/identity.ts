import type { Context } from 'aws-lambda';
import type { ResultCodec } from '../protocol/codec.js';
import { IdempotencyConfigError, IdempotencyKeyError } from '../protocol/errors.js';
import { KeyMaterialError } from '../protocol/key-material-error.js';
import type { EventSource, SourceReading } from '../protocol/source.js';
import type { UnstableFields } from '../protocol/unstable-fields.js';
import { hasLoneSurrogate } from '../protocol/values.js';
import { hashValue } from './hash.js';
import {
  type CompiledExpression,
  type Select,
  type Selection,
  selectComposite,
  selectPayload,
} from './selection.js';
import { unstablePayload, unstableValue } from './unstable-fields.js';

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
  /** What the user's function `scope` returned, for keys per tenant. */
  readonly tenant?: readonly string[] | undefined;
}

/** A call without a key. */
export interface MissingKey {
  readonly key: undefined;
  /** What was looked for, and which part was absent; never a value. */
  readonly missing: string;
  readonly source: EventSource | undefined;
}

/** How a wrapped function finds its key and fingerprint. */
export interface IdentityRules {
  readonly hashFunction: string;
  /** Absent: the key is the source's, or the whole payload. */
  readonly select?: Select;
  readonly fingerprint?: CompiledExpression;
  readonly source?: EventSource;
  /** The user's function that keeps tenants apart. */
  readonly scope?: (payload: never, context: never) => unknown;
  /** Fields that no key may contain; absent: any key is accepted. */
  readonly unstableFields?: UnstableFields | undefined;
  /** Absent: the source's, or an hour. */
  readonly windowSeconds?: number;
  /** The codec's function that replaces the digest of a fingerprint. */
  readonly maskFingerprint?: NonNullable<ResultCodec['fingerprint']>;
}

/** Powertools' default. */
export const DEFAULT_WINDOW_SECONDS = 3_600;

/** An error of a user's function becomes the `cause`. Its message is not quoted, since it may contain the payload. */
const compute = <T>(what: string, scope: string, work: () => T): T => {
  try {
    return work();
  } catch (error) {
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
 * The call's identity. Without an await before it, so that a caller may change the payload after the call.
 *
 * @returns a promise only if the codec masks fingerprints
 * @throws IdempotencyKeyError if the key or the fingerprint cannot be computed
 * @throws IdempotencyConfigError for a key that changes with every attempt
 */
export const identityOf = (
  rules: IdentityRules,
  scope: string,
  payload: unknown,
  context: unknown,
): Identity | MissingKey | Promise<Identity> => {
  const identity = identityNow(rules, scope, payload, context);
  const { maskFingerprint } = rules;
  return maskFingerprint && identity.key !== undefined && identity.fingerprint !== undefined
    ? withMask(maskFingerprint, identity, identity.fingerprint)
    : identity;
};

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
 * The identity before its fingerprint is masked.
 *
 * @internal
 */
export const identityNow = (
  rules: IdentityRules,
  scope: string,
  payload: unknown,
  context: unknown,
): Identity | MissingKey => {
  const { select } = rules;
  const source =
    rules.source &&
    compute('source', scope, () => rules.source?.resolve(payload, context as Context | undefined));
  const reading = source && compute('key', scope, () => source.read(payload, context as Context | undefined));
  const { value, incomplete, missing } = select
    ? compute('key', scope, () => select(payload, context))
    : compute('key', scope, () => readValue(source, reading, payload));
  if (incomplete) return { key: undefined, missing: missing ?? 'a part of it is absent', source };
  const windowSeconds = rules.windowSeconds ?? source?.windowSeconds ?? DEFAULT_WINDOW_SECONDS;
  if (rules.unstableFields) refuseUnstable(rules, scope, payload, value, reading, windowSeconds);
  const own = ownScope(rules, scope, payload, context, reading);
  const parts = reading || own.length > 0 ? partsOf(scope, own, reading, select !== undefined) : [];
  const key = `${scope}#${compute('key', scope, () => hashValue(value, rules.hashFunction, parts))}`;
  const fingerprint = fingerprintOf(rules, scope, payload, reading);
  const tenant = own.length > 0 ? own : undefined;
  return { key, scope, windowSeconds, fingerprint, source, tenant };
};

const readValue = (
  source: EventSource | undefined,
  reading: SourceReading | undefined,
  payload: unknown,
): Selection => {
  if (!source || !reading) return selectPayload(payload);
  const selection = selectComposite(reading.key, `the key of \`source\` (${source.name})`);
  const { lookedFor } = reading;
  return selection.incomplete && lookedFor !== undefined ? { ...selection, missing: lookedFor } : selection;
};

/**
 * What keeps equal keys apart: the user's parts, who made the key, and the source's parts. The leading count keeps the
 * user's parts apart from the others.
 */
const partsOf = (
  scope: string,
  own: readonly string[],
  reading: SourceReading | undefined,
  isSelected: boolean,
): readonly string[] => {
  const madeBy = isSelected ? 'config' : reading?.madeBy;
  const parts = [`${own.length}`, ...own, ...(reading && madeBy ? [madeBy, ...reading.scope] : [])];
  if (!parts.some(hasLoneSurrogate)) return parts;
  throw new IdempotencyKeyError(
    `The key of a call to ${scope} cannot be computed: a part of its scope contains half a surrogate pair, which has no bytes in UTF-8. Nothing ran.`,
  );
};

/** @throws IdempotencyConfigError if the key changes with every attempt, or the window is longer than the key is valid */
const refuseUnstable = (
  { select, unstableFields }: IdentityRules,
  scope: string,
  payload: unknown,
  value: unknown,
  reading: SourceReading | undefined,
  windowSeconds: number,
): void => {
  const reason =
    unstableFields &&
    (select
      ? unstableValue(unstableFields, payload, value)
      : reading
        ? undefined
        : unstablePayload(unstableFields, payload));
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

const ownScope = (
  rules: IdentityRules,
  scope: string,
  payload: unknown,
  context: unknown,
  reading: SourceReading | undefined,
): readonly string[] => {
  if (!rules.scope) {
    if (reading?.unknownCaller === undefined) return [];
    throw new IdempotencyKeyError(
      `The key of a call to ${scope} would be shared by all callers: ${reading.unknownCaller}, or set \`scope\`. Nothing ran.`,
    );
  }
  const answer = compute('scope', scope, () => rules.scope?.(payload as never, context as never));
  const parts = Array.isArray(answer) ? answer : [answer];
  if (parts.length > 0 && parts.every((part) => typeof part === 'string' && part !== '')) return parts;
  // Otherwise all callers without a tenant would share their keys.
  throw new IdempotencyKeyError(
    `The function \`scope\` of a call to ${scope} must return a non-empty string, or an array of them. Nothing ran.`,
  );
};

const fingerprintOf = (
  { fingerprint, hashFunction, select }: IdentityRules,
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
