import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { types } from 'node:util';
import { typedJson, withStage } from '../core/codecs/pipeline.js';
import type { Stage, StageContext } from '../core/codecs/stage.js';
import { flag, rule } from '../core/config/rules.js';
import type { CodecContext, RefusingFingerprint, ResultCodec } from '../core/protocol/codec.js';
import {
  IdempotencyConfigError,
  IdempotencyPersistenceLayerError,
  IdempotencyResultError,
} from '../core/protocol/errors.js';
import { checkCodec } from './check-codec.js';

export interface DataKey {
  /** Kept with every result; names the key when the result is read. Not secret. */
  readonly id: string;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

/**
 * Without an id: the key to encrypt with. With one: that key, or undefined where it is not known. Asked for every
 * result, so it keeps what is dear to get.
 */
export type KeyFunction = (id?: string) => DataKey | undefined | Promise<DataKey | undefined>;

export interface EncryptionOptions {
  /** 32 bytes; or several such keys, of which the first encrypts and all decrypt; or where to get them. */
  readonly key: Uint8Array | readonly Uint8Array[] | KeyFunction;
  /**
   * Turns fingerprints (payload validation) into HMACs: 32 bytes or more, or a function that is asked once. It must
   * stay the same while `key` is rotated. Default: `key`, where that is one key.
   */
  readonly fingerprintKey?: Uint8Array | (() => Uint8Array | Promise<Uint8Array>) | undefined;
  /**
   * Whether results that were stored without encryption are read. Their fingerprints are no HMACs: where payloads are
   * validated, repeats of such calls are refused as another payload until the window is over. Default: false.
   */
  readonly readsPlain?: boolean | undefined;
}

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Not just any view: of other items, a copy would not have the same bytes. */
const isKey = (value: unknown): value is Uint8Array =>
  types.isUint8Array(value) && value.byteLength === KEY_BYTES;

const isFingerprintKey = (value: unknown): value is Uint8Array =>
  types.isUint8Array(value) && value.byteLength >= KEY_BYTES;

const isKeys = (value: unknown): boolean =>
  isKey(value) || (Array.isArray(value) && value.length > 0 && value.every(isKey));

const rules = {
  key: rule(
    '32 bytes, several such keys, or a function that gives { id, bytes }',
    (value) => typeof value === 'function' || isKeys(value),
  ),
  fingerprintKey: rule(
    '32 bytes or more, or a function that gives them',
    (value) => typeof value === 'function' || isFingerprintKey(value),
  ),
  readsPlain: flag,
} satisfies Record<keyof EncryptionOptions, unknown>;

/** Names a key without telling of it. */
const idOf = (bytes: Uint8Array): string =>
  createHmac('sha256', bytes).update('lambda-idempotency key id').digest('base64url').slice(0, 8);

/** Keys that are at hand, as a function. */
const keyRing = (keys: readonly Uint8Array[]): KeyFunction => {
  const known = keys.map((bytes) => ({ id: idOf(bytes), bytes: Uint8Array.from(bytes) }));
  return (id) => (id === undefined ? known[0] : known.find((key) => key.id === id));
};

/** What must be the same when the result is read: an item that was copied to another key does not decrypt. */
const boundTo = ({ key, codec }: StageContext, name: string): Buffer =>
  Buffer.from(JSON.stringify([key, codec, name]));

const encryption = (key: KeyFunction, takesRequests: boolean, readsPlain: boolean): Stage => {
  const keyFor = async ({ timeoutMs }: CodecContext, id?: string): Promise<DataKey | undefined> => {
    if (takesRequests && timeoutMs === 0) throw new IdempotencyResultError('its key is not at hand');
    const found = await key(id);
    if (found !== undefined && !(isKey(found.bytes) && typeof found.id === 'string' && found.id !== '')) {
      throw new IdempotencyResultError('the function `key` did not give an id and 32 bytes');
    }
    return found;
  };

  return {
    names: [CIPHER],
    ...(!readsPlain && {
      refusal:
        'it was stored without encryption, and the codec in use reads encrypted results alone (`readsPlain`)',
    }),

    async encode(data, context) {
      const found = await keyFor(context).catch((cause: unknown) => {
        if (cause instanceof IdempotencyResultError) throw cause;
        throw new IdempotencyResultError('the function `key` threw', { cause });
      });
      if (!found) throw new IdempotencyResultError('the function `key` gave no key to encrypt with');
      const name = `${CIPHER}:${encodeURIComponent(found.id)}`;
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, found.bytes, nonce).setAAD(boundTo(context, name));
      const sealed = [cipher.update(data as string, 'utf8'), cipher.final()];
      return { name, data: Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]) };
    },

    async decode({ name, data }, context) {
      const id = decodeURIComponent(name.slice(CIPHER.length + 1));
      const found = await keyFor(context, id).catch((cause: unknown) => {
        if (cause instanceof IdempotencyResultError) throw cause;
        // A key service that is down now is not down for ever.
        throw new IdempotencyPersistenceLayerError(
          `${context.key} is finished, but the key of its result could not be fetched: the function \`key\` threw. A retry replays it.`,
          { cause },
        );
      });
      if (!found) throw new IdempotencyResultError(`its key \`${id.slice(0, 60)}\` is not known`);
      const bytes = Buffer.from(data as Uint8Array);
      try {
        const decipher = createDecipheriv(CIPHER, found.bytes, bytes.subarray(0, NONCE_BYTES), {
          // Without it, Node takes tags that are cut short.
          authTagLength: TAG_BYTES,
        })
          .setAAD(boundTo(context, name))
          .setAuthTag(bytes.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
      } catch {
        throw new IdempotencyResultError(
          "the stored result does not decrypt: it was changed, it is another record's, or its key is another one",
        );
      }
    },
  };
};

const fingerprinting = (
  fingerprintKey: NonNullable<EncryptionOptions['fingerprintKey']>,
): NonNullable<ResultCodec['fingerprint']> => {
  // A copy: the caller may wipe the bytes.
  const given = typeof fingerprintKey === 'function' ? fingerprintKey : Uint8Array.from(fingerprintKey);
  let derived: Promise<Uint8Array> | undefined;
  const derive = async (): Promise<Uint8Array> => {
    const bytes = typeof given === 'function' ? await given() : given;
    if (!isFingerprintKey(bytes)) {
      throw new IdempotencyConfigError(
        'The options of encrypted(): the function `fingerprintKey` did not give 32 bytes or more. Nothing ran.',
      );
    }
    // Not the key itself, which encrypts as well.
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
  'The options of encrypted(): payload validation needs `fingerprintKey`, which stays the same while `key` is rotated.';

const withoutFingerprintKey: RefusingFingerprint = Object.assign(
  (): never => {
    throw new IdempotencyConfigError(`${NEEDS_FINGERPRINT_KEY} Nothing ran.`);
  },
  { refusal: NEEDS_FINGERPRINT_KEY },
);

/**
 * Results are encrypted with AES-256-GCM. Each is bound to its record's key. Fingerprints become HMACs. Results that
 * were stored without encryption are refused, unless `readsPlain`.
 *
 * @param codec what else is done with a result; the order in which codecs go around each other does not matter
 * @throws IdempotencyConfigError for options that cannot work
 * @example docs/examples/encryption.ts
 */
export const encrypted = (options: EncryptionOptions, codec: ResultCodec = typedJson): ResultCodec => {
  checkCodec('encrypted', rules, options, codec, ['key']);
  const { key, readsPlain = false } = options;
  const isFunction = typeof key === 'function';
  const keys = isFunction ? [] : isKey(key) ? [key] : (key as readonly Uint8Array[]);
  const fingerprintKey = options.fingerprintKey ?? (keys.length === 1 ? keys[0] : undefined);
  const stage = encryption(isFunction ? key : keyRing(keys), isFunction, readsPlain);
  const fingerprint = fingerprintKey ? fingerprinting(fingerprintKey) : withoutFingerprintKey;
  return withStage({ ...stage, fingerprint }, 'encrypted', codec);
};
