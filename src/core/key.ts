import { createHash } from 'node:crypto';
import { canonicalText, KeyMaterialError, loadObjectHash, NeedsObjectHash } from './canonical.js';
import { IdempotencyKeyError } from './errors.js';
import { type CompiledJmesPath, isAbsentPart } from './jmespath.js';

/** What makes two calls the same: computed once, from the input as it came. */
export interface Identity {
  /** `scope#hash`. */
  readonly key: string;
  readonly scope: string;
  readonly fingerprint?: string;
}

/** How a wrapped function finds its key and fingerprint. */
export interface KeyPlan {
  readonly hashFunction: string;
  /** Absent: the whole payload is the key. */
  readonly select?: (
    payload: unknown,
    context: unknown,
  ) => { readonly value: unknown; readonly incomplete: boolean };
  readonly fingerprint?: CompiledJmesPath;
}

/**
 * base64url digest of the value's canonical text.
 *
 * @internal
 */
export const hashValue = (value: unknown, hashFunction = 'sha256'): string =>
  createHash(hashFunction).update(canonicalText(value)).digest('base64url');

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
    return identityNow(plan, scope, payload, context);
  } catch (error) {
    if (!(error instanceof NeedsObjectHash)) throw error;
    await loadObjectHash().catch((cause: KeyMaterialError) =>
      attempt('key', scope, () => {
        throw cause;
      }),
    );
    return identityNow(plan, scope, payload, context);
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
  const { value, incomplete } = select
    ? attempt('key', scope, () => select(payload, context))
    : { value: payload, incomplete: isAbsentPart(payload) };
  if (incomplete) return undefined;
  const key = `${scope}#${attempt('key', scope, () => hashValue(value, plan.hashFunction))}`;
  if (!plan.fingerprint) return { key, scope };
  const fingerprint = attempt('fingerprint', scope, () =>
    hashValue(plan.fingerprint?.select(payload).value ?? null, plan.hashFunction),
  );
  return { key, scope, fingerprint };
};
