import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { types } from 'node:util';
import { typedJson, withTransform } from '../core/codecs/pipeline.js';
import type { Transform, TransformContext } from '../core/codecs/transform.js';
import { required, rule, trueOrFalse } from '../core/config/rules.js';
import type { CodecContext, RefusingFingerprint, ResultCodec } from '../core/protocol/codec.js';
import {
  IdempotencyConfigError,
  IdempotencyPersistenceLayerError,
  IdempotencyResultError,
} from '../core/protocol/errors.js';
import { quoted } from '../core/protocol/values.js';
import { checkCodec } from './check-codec.js';

/** A key that encrypts results. */
export interface DataKey {
  /** Stored with every result, to find the key again when the result is read. Not secret. */
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

/**
 * Returns the key to encrypt with when called without an id, and otherwise the key of that id, or undefined if it is
 * unknown. Called for every result: cache keys that are expensive to get. It also gets whose result it is, for keys per
 * function or tenant: when a result is read, return only keys of that scope and tenant.
 *
 * @example
 * ```ts
 * import { randomBytes } from 'node:crypto';
 * import type { DataKey, KeyFunction } from 'lambda-idempotency/results';
 *
 * const keys = new Map<string, DataKey>([['2026-11', { id: '2026-11', bytes: randomBytes(32) }]]);
 * const key: KeyFunction = (id = '2026-11') => keys.get(id);
 * ```
 */
export type KeyFunction = (
  id: string | undefined,
  owner: KeyOwner,
) => DataKey | undefined | Promise<DataKey | undefined>;

/** Whose result a key encrypts. */
export interface KeyOwner {
  /** The call's scope: the Lambda's name, with the function's name for an inner function, or `keyPrefix`. */
  readonly scope: string;
  /** What the option `scope` returned for the call, such as its tenant; empty without that option. */
  readonly tenant: readonly string[];
}

/** Options of `encrypted`. */
export interface EncryptionOptions {
  /** 32 bytes; or several such keys: the first encrypts, all decrypt; or a function that returns keys. */
  readonly key: Uint8Array | readonly Uint8Array[] | KeyFunction;
  /**
   * Key that turns fingerprints (payload validation) into HMACs: 32 bytes or more, or a function that returns them and
   * is called once. It must stay the same while `key` is rotated. Default: `key`, if that is a single key.
   */
  readonly fingerprintKey?: Uint8Array | (() => Uint8Array | Promise<Uint8Array>) | undefined;
  /**
   * Whether results stored without encryption can be read. Their fingerprints are not HMACs: with payload validation,
   * duplicates of such calls are rejected with `IdempotencyValidationError` until the window ends. Default: `false`.
   */
  readonly readsPlain?: boolean | undefined;
}

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A Uint8Array only: copying another typed array would change its bytes. */
const isKey = (value: unknown): value is Uint8Array =>
  types.isUint8Array(value) && value.byteLength === KEY_BYTES;

const isFingerprintKey = (value: unknown): value is Uint8Array =>
  types.isUint8Array(value) && value.byteLength >= KEY_BYTES;

const isKeys = (value: unknown): boolean =>
  isKey(value) || (Array.isArray(value) && value.length > 0 && value.every(isKey));

const rules = {
  key: required(
    rule(
      '32 bytes, an array of such keys, or a function that returns { id, bytes }',
      (value) => typeof value === 'function' || isKeys(value),
    ),
  ),
  fingerprintKey: rule(
    '32 bytes or more, or a function that returns them',
    (value) => typeof value === 'function' || isFingerprintKey(value),
  ),
  readsPlain: trueOrFalse,
} satisfies Record<keyof EncryptionOptions, unknown>;

/** Identifies a key without revealing it. */
const idOf = (bytes: Uint8Array): string =>
  createHmac('sha256', bytes).update('lambda-idempotency key id').digest('base64url').slice(0, 8);

/** A key function over keys held in memory. */
const keyRing = (keys: readonly Uint8Array[]): KeyFunction => {
  const known = keys.map((bytes) => ({ id: idOf(bytes), bytes: Uint8Array.from(bytes) }));
  return (id) => (id === undefined ? known[0] : known.find((key) => key.id === id));
};

/**
 * Authenticated with the result, so that data does not decrypt in another record, in a later window of its own record
 * (another fence), or as an outcome of another kind.
 */
const additionalData = ({ key, fence, kind, codec }: TransformContext, name: string): Buffer =>
  Buffer.from(JSON.stringify([key, fence, kind, codec, name]));

/** @throws IdempotencyResultError for a name that no codec wrote */
const idFrom = (name: string): string => {
  try {
    return decodeURIComponent(name.slice(CIPHER.length + 1));
  } catch {
    throw new IdempotencyResultError('the id of its encryption key is damaged');
  }
};

const encryption = (key: KeyFunction, isRemote: boolean, readsPlain: boolean): Transform => {
  const keyFor = async (
    { timeoutMs, scope, tenant }: CodecContext,
    id?: string,
  ): Promise<DataKey | undefined> => {
    if (isRemote && timeoutMs === 0) {
      throw new IdempotencyResultError('there is no time left to fetch its encryption key');
    }
    const found = await key(id, { scope, tenant });
    if (found !== undefined && !(isKey(found.bytes) && typeof found.id === 'string' && found.id !== '')) {
      throw new IdempotencyResultError('the function `key` did not return an id and 32 bytes');
    }
    return found;
  };

  return {
    names: [CIPHER],
    ...(!readsPlain && {
      refusal:
        'it was stored without encryption, and the current codec reads only encrypted results (`readsPlain`)',
    }),

    async encode(data, context) {
      const found = await keyFor(context).catch((cause: unknown) => {
        if (cause instanceof IdempotencyResultError) throw cause;
        throw new IdempotencyResultError('the function `key` threw', { cause });
      });
      if (!found) throw new IdempotencyResultError('the function `key` returned no key to encrypt with');
      const name = `${CIPHER}:${encodeURIComponent(found.id)}`;
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, found.bytes, nonce).setAAD(additionalData(context, name));
      const sealed = [cipher.update(data as string, 'utf8'), cipher.final()];
      return { name, data: Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]) };
    },

    async decode({ name, data }, context) {
      const id = idFrom(name);
      const found = await keyFor(context, id).catch((cause: unknown) => {
        if (cause instanceof IdempotencyResultError) throw cause;
        // A key service that is down now may answer later.
        throw new IdempotencyPersistenceLayerError(
          `${context.key} is finished, but the encryption key of its result could not be fetched: the function \`key\` threw. Retry to get its outcome.`,
          { cause },
        );
      });
      if (!found) throw new IdempotencyResultError(`its encryption key \`${quoted(id)}\` is unknown`);
      const bytes = Buffer.from(data as Uint8Array);
      try {
        const decipher = createDecipheriv(CIPHER, found.bytes, bytes.subarray(0, NONCE_BYTES), {
          // Without it, Node accepts truncated tags.
          authTagLength: TAG_BYTES,
        })
          .setAAD(additionalData(context, name))
          .setAuthTag(bytes.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
      } catch {
        throw new IdempotencyResultError(
          'the stored result cannot be decrypted: it was changed, belongs to another record, claim or kind of outcome, or needs another key',
        );
      }
    },
  };
};

const fingerprinting = (
  fingerprintKey: NonNullable<EncryptionOptions['fingerprintKey']>,
): NonNullable<ResultCodec['fingerprint']> => {
  // A copy, since the caller may wipe the bytes.
  const given = typeof fingerprintKey === 'function' ? fingerprintKey : Uint8Array.from(fingerprintKey);
  let derived: Promise<Uint8Array> | undefined;
  const derive = async (): Promise<Uint8Array> => {
    const bytes = typeof given === 'function' ? await given() : given;
    if (!isFingerprintKey(bytes)) {
      throw new IdempotencyConfigError(
        'The options of encrypted(): the function `fingerprintKey` did not return 32 bytes or more. Nothing ran.',
      );
    }
    // Derived, since the key itself may also encrypt.
    return new Uint8Array(hkdfSync('sha256', bytes, '', 'lambda-idempotency fingerprint', KEY_BYTES));
  };
  return async (digest) => {
    derived ??= derive().catch((error: unknown) => {
      derived = undefined;
      throw error;
    });
    return createHmac('sha256', await derived)
      .update(digest)
      .digest('base64url');
  };
};

const NEEDS_FINGERPRINT_KEY =
  'The options of encrypted(): payload validation needs `fingerprintKey`, which must stay the same while `key` is rotated.';

const withoutFingerprintKey: RefusingFingerprint = Object.assign(
  (): never => {
    throw new IdempotencyConfigError(`${NEEDS_FINGERPRINT_KEY} Nothing ran.`);
  },
  { refusal: NEEDS_FINGERPRINT_KEY },
);

/**
 * A codec that encrypts results with AES-256-GCM and binds each to its record. Fingerprints become HMACs. Results stored
 * without encryption are rejected unless `readsPlain` is set.
 *
 * @param codec the codec to extend; the order in which codecs are nested does not matter. Default: `typedJson`
 * @throws IdempotencyConfigError for invalid options
 * @example
 * ```ts
 * import { encrypted } from 'lambda-idempotency/results';
 *
 * const key = Buffer.from(process.env['RESULTS_KEY'] ?? '', 'base64');
 * const config = { codec: encrypted({ key }) };
 * ```
 */
export const encrypted = (options: EncryptionOptions, codec: ResultCodec = typedJson): ResultCodec => {
  checkCodec('encrypted', rules, options, codec);
  const { key, readsPlain = false } = options;
  const isFunction = typeof key === 'function';
  const keys = isFunction ? [] : isKey(key) ? [key] : (key as readonly Uint8Array[]);
  const fingerprintKey = options.fingerprintKey ?? (keys.length === 1 ? keys[0] : undefined);
  const transform = encryption(isFunction ? key : keyRing(keys), isFunction, readsPlain);
  const fingerprint = fingerprintKey ? fingerprinting(fingerprintKey) : withoutFingerprintKey;
  return withTransform({ ...transform, fingerprint }, 'encrypted', codec);
};
