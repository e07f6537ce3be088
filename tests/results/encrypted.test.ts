import { createDecipheriv } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { CodecContext, EncodedResult, ResultCodec } from '../../src/core/protocol/codec.js';
import { identify, makeIdempotent } from '../../src/index.js';
import { compressed, type DataKey, encrypted, type KeyOwner, typedJson } from '../../src/results/index.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { createIdempotency, ManualClock } from '../../src/testing/index.js';
import { makeGate } from '../support/gates.js';
import { claimOf, KEY, OTHER_KEY } from './codecs.js';

const decode = async (codec: ResultCodec, encoded: EncodedResult, context: CodecContext) =>
  codec.decode(encoded, context);
const bytesOf = ({ data }: EncodedResult): Buffer => Buffer.from(data as Uint8Array);
const withByte = (encoded: EncodedResult, at: number): EncodedResult => {
  const data = bytesOf(encoded);
  const index = at < 0 ? data.length + at : at;
  data[index] = (data[index] ?? 0) ^ 1;
  return { ...encoded, data };
};

const DOES_NOT_DECRYPT = {
  name: 'IdempotencyResultError',
  message: expect.stringMatching(/^the stored result cannot be decrypted/),
};

describe('an encrypted result', () => {
  it('is AES-256-GCM: a nonce of 96 bits, what was sealed, and a tag of 128; bound to the record and the codec', async () => {
    const claim = claimOf({ key: 'shop#hash' });
    const encoded = await encrypted({ key: KEY }).encode({ card: '4242' }, claim);
    expect(encoded.codec).toMatch(/^json\+aes-256-gcm:[\w-]{8}$/);
    const data = bytesOf(encoded);
    expect(data.length).toBe(12 + '{"card":"4242"}'.length + 16);
    const decipher = createDecipheriv('aes-256-gcm', KEY, data.subarray(0, 12));
    decipher.setAAD(
      Buffer.from(JSON.stringify(['shop#hash', claim.fence, 'value', 'json', encoded.codec.split('+')[1]])),
    );
    decipher.setAuthTag(data.subarray(-16));
    const plain = Buffer.concat([decipher.update(data.subarray(12, -16)), decipher.final()]);
    expect(plain.toString()).toBe('{"card":"4242"}');
  });

  it('has a nonce of its own', async () => {
    const codec = encrypted({ key: KEY });
    const claim = claimOf();
    const nonces = await Promise.all(
      Array.from({ length: 100 }, async () => bytesOf(await codec.encode(1, claim)).toString('hex', 0, 12)),
    );
    expect(new Set(nonces).size).toBe(100);
  });

  it('shows nothing of `undefined` but that', async () => {
    const claim = claimOf();
    const codec = encrypted({ key: KEY });
    const encoded = await codec.encode(undefined, claim);
    expect(encoded.codec).toMatch(/^json\+none\+aes-256-gcm:/);
    expect(await decode(codec, encoded, claim)).toBeUndefined();
    await expect(decode(codec, withByte(encoded, -1), claim)).rejects.toMatchObject(DOES_NOT_DECRYPT);
  });

  it('that was changed is refused, wherever', async () => {
    const codec = encrypted({ key: KEY });
    const claim = claimOf();
    const encoded = await codec.encode({ secret: 1 }, claim);
    for (let at = 0; at < bytesOf(encoded).length; at++) {
      await expect(decode(codec, withByte(encoded, at), claim)).rejects.toMatchObject(DOES_NOT_DECRYPT);
    }
  });

  it('that was cut is refused, wherever', async () => {
    const codec = encrypted({ key: KEY });
    const claim = claimOf();
    const encoded = await codec.encode('', claim);
    for (let length = 0; length < bytesOf(encoded).length; length++) {
      const cut = { ...encoded, data: bytesOf(encoded).subarray(0, length) };
      await expect(decode(codec, cut, claim)).rejects.toMatchObject(DOES_NOT_DECRYPT);
    }
  });

  it("that was copied to another record, or given another codec's name, is refused", async () => {
    const codec = encrypted({ key: KEY });
    const claim = claimOf();
    const encoded = await codec.encode({ secret: 1 }, claim);
    await expect(decode(codec, encoded, { ...claim, key: `${claim.key}x` })).rejects.toMatchObject(
      DOES_NOT_DECRYPT,
    );
    const renamed = { ...encoded, codec: encoded.codec.replace('json', 'typed') };
    await expect(decode(codec, renamed, claim)).rejects.toMatchObject(DOES_NOT_DECRYPT);
  });

  it('of a failure, moved to where values stand, does not replay as a success', async () => {
    const codec = encrypted({ key: KEY });
    const failure = claimOf({ kind: 'failure' });
    const encoded = await codec.encode({ name: 'Error', message: 'declined' }, failure);
    expect(await decode(codec, encoded, failure)).toEqual({ name: 'Error', message: 'declined' });
    await expect(decode(codec, encoded, { ...failure, kind: 'value' })).rejects.toMatchObject(
      DOES_NOT_DECRYPT,
    );
  });

  it('of an earlier window does not open under the fence of a later one', async () => {
    const codec = encrypted({ key: KEY });
    const earlier = claimOf();
    const encoded = await codec.encode('paid', earlier);
    await expect(decode(codec, encoded, { ...earlier, fence: 'later' })).rejects.toMatchObject(
      DOES_NOT_DECRYPT,
    );
  });

  it('of a failure can be discarded: its S3 object goes when another claim won', async () => {
    const discarded: unknown[] = [];
    const base: ResultCodec = {
      encode: (value) => ({ codec: 'mine', data: JSON.stringify(value) }),
      decode: ({ data }) => JSON.parse(String(data)),
      discard: ({ data }) => void discarded.push(JSON.parse(String(data))),
    };
    const codec = encrypted({ key: KEY }, base);
    const failure = claimOf({ kind: 'failure' });
    await codec.discard?.(await codec.encode('failed', failure), failure);
    expect(discarded).toEqual(['failed']);
  });

  it("of a failure whose run lost its claim takes along what the user's codec stored elsewhere", async () => {
    const discarded: unknown[] = [];
    const base: ResultCodec = {
      encode: (value) => ({ codec: 'mine', data: JSON.stringify(value) }),
      decode: ({ data }) => JSON.parse(String(data)),
      discard: ({ data }) => void discarded.push(JSON.parse(String(data)).message),
    };
    const clock = new ManualClock();
    const gate = makeGate();
    let runs = 0;
    const slow = createIdempotency({ clock }).makeIdempotent(
      async () => {
        if (++runs > 1) return 'paid';
        await gate.promise;
        throw new Error('declined');
      },
      {
        persistenceStore: new MemoryPersistenceLayer(),
        keyPrefix: 'slow',
        config: {
          codec: encrypted({ key: KEY }, base),
          eventKey: () => 1,
          lease: { seconds: 10 },
          shouldStoreError: () => true,
        },
      },
    );
    const first = slow().catch((error: Error) => error.message);
    await clock.advance(10_500);
    expect(await slow()).toBe('paid');
    gate.open();
    expect(await first).toBe('declined');
    expect(discarded).toEqual(['declined']);
  });

  it('is compressed before it is encrypted', async () => {
    const encoded = await compressed(encrypted({ key: KEY })).encode('cake '.repeat(1_000), claimOf());
    expect(bytesOf(encoded).length).toBeLessThan(100);
  });
});

describe('a result that was stored without encryption', () => {
  const plain = { codec: 'json', data: '{"cake":1}' };

  it('is refused', async () => {
    for (const encoded of [plain, { codec: 'json' }, await typedJson.encode(new Date(1), claimOf())]) {
      await expect(decode(encrypted({ key: KEY }), encoded, claimOf())).rejects.toMatchObject({
        name: 'IdempotencyResultError',
        message: expect.stringContaining('stored without encryption'),
      });
    }
  });

  it('is read with `readsPlain`', async () => {
    expect(await decode(encrypted({ key: KEY, readsPlain: true }), plain, claimOf())).toEqual({ cake: 1 });
  });
});

describe('keys', () => {
  const claim = claimOf();

  it('are rotated: the first encrypts, all decrypt', async () => {
    const old = await encrypted({ key: OTHER_KEY }).encode('old', claim);
    const rotated = encrypted({ key: [KEY, OTHER_KEY] });
    const fresh = await rotated.encode('fresh', claim);
    expect(await decode(rotated, old, claim)).toBe('old');
    expect(await decode(rotated, fresh, claim)).toBe('fresh');
    expect(await decode(encrypted({ key: KEY }), fresh, claim)).toBe('fresh');
    await expect(decode(encrypted({ key: KEY }), old, claim)).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: expect.stringMatching(/^its encryption key `[\w-]{8}` is unknown$/),
    });
  });

  it('are copied: changing the bytes later changes nothing', async () => {
    const key = Uint8Array.from(KEY);
    const codec = encrypted({ key });
    const before = await codec.encode(1, claim);
    key.fill(9);
    expect(await decode(codec, before, claim)).toBe(1);
  });

  it('come from a function: without an id the one in use, with one that one', async () => {
    const asked: (string | undefined)[] = [];
    const key = async (id: string | undefined = 'arn:aws:kms:eu-west-1:1:key/a+b'): Promise<DataKey> => {
      asked.push(id);
      return { id, bytes: KEY };
    };
    const codec = encrypted({ key });
    const encoded = await codec.encode({ cake: 1 }, claim);
    expect(await decode(codec, encoded, claim)).toEqual({ cake: 1 });
    expect(asked).toEqual(['arn:aws:kms:eu-west-1:1:key/a+b', 'arn:aws:kms:eu-west-1:1:key/a+b']);
    expect(encoded.codec).toBe('json+aes-256-gcm:arn%3Aaws%3Akms%3Aeu-west-1%3A1%3Akey%2Fa%2Bb');
  });

  it('of each tenant: a function gets the scope and tenant of the call', async () => {
    const keys: Record<string, DataKey> = {
      'orders/a': { id: 'a', bytes: KEY },
      'orders/b': { id: 'b', bytes: OTHER_KEY },
    };
    const owners: KeyOwner[] = [];
    const codec = encrypted({
      key: (id, owner) => {
        owners.push(owner);
        const found = keys[[owner.scope, ...owner.tenant].join('/')];
        return id === undefined || found?.id === id ? found : undefined;
      },
    });
    const store = new MemoryPersistenceLayer();
    const order = makeIdempotent(async (request: { id: number; tenant: string }) => request.tenant, {
      persistenceStore: store,
      keyPrefix: 'orders',
      config: { codec, eventKey: ({ id }) => id, scope: ({ tenant }: { tenant: string }) => tenant },
    });
    for (const tenant of ['a', 'b', 'a']) expect(await order({ id: 1, tenant })).toBe(tenant);
    expect(owners).toEqual([
      { scope: 'orders', tenant: ['a'] },
      { scope: 'orders', tenant: ['b'] },
      { scope: 'orders', tenant: ['a'] },
    ]);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('secret')), 'the function `key` threw'],
    ['gives none', () => undefined, 'the function `key` returned no key to encrypt with'],
    [
      'gives a short one',
      () => ({ id: 'a', bytes: KEY.slice(1) }),
      'the function `key` did not return an id and 32 bytes',
    ],
    [
      'gives a view of other items',
      () => ({ id: 'a', bytes: new Uint32Array(8) as never }),
      'the function `key` did not return an id and 32 bytes',
    ],
    ['gives no id', () => ({ id: '', bytes: KEY }), 'the function `key` did not return an id and 32 bytes'],
  ])('P6: where the function %s, the result is not stored, and never in plain', async (_, key, message) => {
    const failing = encrypted({ key: key as () => Promise<DataKey> });
    await expect((async () => failing.encode('secret', claim))()).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message,
    });
  });

  it('that cannot be fetched now are a retryable error, and ones that are not known a final one', async () => {
    const encoded = await encrypted({ key: () => ({ id: 'a', bytes: KEY }) }).encode(1, claim);
    const down = encrypted({ key: () => Promise.reject(new Error('KMS is down')) });
    await expect(decode(down, encoded, claim)).rejects.toMatchObject({
      name: 'IdempotencyPersistenceLayerError',
      retryable: true,
      message: expect.not.stringContaining('KMS is down'),
      cause: expect.objectContaining({ message: 'KMS is down' }),
    });
    await expect(decode(encrypted({ key: () => undefined }), encoded, claim)).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: 'its encryption key `a` is unknown',
    });
  });

  it('are not fetched for what is only shown', async () => {
    let asked = 0;
    const key = (): DataKey => {
      asked++;
      return { id: 'a', bytes: KEY };
    };
    const encoded = await encrypted({ key }).encode(1, claim);
    await expect(decode(encrypted({ key }), encoded, { ...claim, timeoutMs: 0 })).rejects.toThrow();
    expect(asked).toBe(1);
    const atHand = encrypted({ key: KEY });
    const mine = await atHand.encode(1, claim);
    expect(await decode(atHand, mine, { ...claim, timeoutMs: 0 })).toBe(1);
  });
});

describe('fingerprints', () => {
  const fingerprintWith = async (codec: ResultCodec): Promise<string | undefined> => {
    const config = { codec, eventKeyJmesPath: 'id', payloadValidationJmesPath: 'note' };
    return (await identify({ id: 1, note: 'a' }, { config, keyPrefix: 'shop' })).fingerprint;
  };
  const bytes = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

  it('are HMACs, the same in every process and for every key of a rotation', async () => {
    const plain = await fingerprintWith(typedJson);
    const keyed = await fingerprintWith(encrypted({ key: KEY }));
    expect(keyed).toMatch(/^[\w-]{43}$/);
    expect(keyed).not.toBe(plain);
    expect(await fingerprintWith(encrypted({ key: Uint8Array.from(KEY) }))).toBe(keyed);
    expect(await fingerprintWith(encrypted({ key: OTHER_KEY }))).not.toBe(keyed);
    const rotated = encrypted({ key: [OTHER_KEY, KEY], fingerprintKey: KEY });
    expect(await fingerprintWith(rotated)).toBe(keyed);
    const fromFunction = encrypted({ key: () => undefined, fingerprintKey: async () => KEY });
    expect(await fingerprintWith(compressed(fromFunction))).toBe(keyed);
  });

  it('are of the bytes that were given, also where the caller wipes them', async () => {
    const key = Uint8Array.from(KEY);
    const codec = encrypted({ key });
    key.fill(0);
    expect(await fingerprintWith(codec)).toBe(await fingerprintWith(encrypted({ key: KEY })));
  });

  it('of records that were not encrypted are no HMACs: `readsPlain` reads those, and refuses their repeats', async () => {
    const persistenceStore = new MemoryPersistenceLayer();
    const listWith = (codec: ResultCodec, changes = {}) =>
      makeIdempotent(async (_: { id: number; note: string }) => 'cake', {
        persistenceStore,
        keyPrefix: 'shop',
        config: { codec, eventKeyJmesPath: 'id', ...changes },
      });
    const order = { id: 1, note: 'a' };
    const validated = { payloadValidationJmesPath: 'note' };
    await listWith(typedJson, validated)(order);
    const codec = encrypted({ key: KEY, readsPlain: true });
    expect(await listWith(codec)(order)).toBe('cake');
    await expect(listWith(codec, validated)(order)).rejects.toMatchObject({
      name: 'IdempotencyValidationError',
    });
    const keepsPlain = { ...codec, fingerprint: (digest: string) => digest };
    expect(await listWith(keepsPlain, validated)(order)).toBe('cake');
    await expect(listWith(keepsPlain, validated)({ id: 1, note: 'b' })).rejects.toMatchObject({
      name: 'IdempotencyValidationError',
    });
  });

  it('are what the record has and what a repeat is compared with', async () => {
    const store = new MemoryPersistenceLayer();
    const list = makeIdempotent(async (_: { id: number; note: string }) => 'cake', {
      persistenceStore: store,
      keyPrefix: 'shop',
      config: { codec: encrypted({ key: KEY }), eventKeyJmesPath: 'id', payloadValidationJmesPath: 'note' },
    });
    await list({ id: 1, note: 'a' });
    expect(await list({ id: 1, note: 'a' })).toBe('cake');
    await expect(list({ id: 1, note: 'b' })).rejects.toMatchObject({
      name: 'IdempotencyValidationError',
      existingRecord: { payloadHash: await fingerprintWith(encrypted({ key: KEY })), responseData: 'cake' },
    });
  });

  it('ask a function for their key once, and again where it failed', async () => {
    let asked = 0;
    const fingerprintKey = async (): Promise<Uint8Array> => {
      asked++;
      if (asked === 1) throw new Error('secret');
      return bytes(3);
    };
    const codec = encrypted({ key: KEY, fingerprintKey });
    await expect(fingerprintWith(codec)).rejects.toMatchObject({
      name: 'IdempotencyKeyError',
      message: 'The fingerprint of a call to shop cannot be computed: its codec threw. Nothing ran.',
    });
    const [first, second] = await Promise.all([fingerprintWith(codec), fingerprintWith(codec)]);
    expect(first).toBe(second);
    expect(first).toBe(await fingerprintWith(encrypted({ key: KEY, fingerprintKey: bytes(3) })));
    expect(asked).toBe(2);
  });

  it('without a key that stays are refused, and nothing runs', async () => {
    for (const key of [() => undefined, [KEY, OTHER_KEY]]) {
      await expect(fingerprintWith(encrypted({ key }))).rejects.toMatchObject({
        name: 'IdempotencyConfigError',
        message: expect.stringContaining('`fingerprintKey`'),
      });
    }
    const short = encrypted({ key: KEY, fingerprintKey: () => bytes(1).slice(1) });
    await expect(fingerprintWith(short)).rejects.toThrow(/did not return 32 bytes or more/);
  });
});

describe('the options of encrypted', () => {
  it.each([
    [{}, /`key` is missing/],
    [{ key: KEY.slice(1) }, /`key` must be 32 bytes/],
    [{ key: 'a'.repeat(32) }, /`key` must be 32 bytes/],
    [{ key: new Uint32Array(8) }, /`key` must be 32 bytes/],
    [{ key: [KEY, new DataView(new ArrayBuffer(32))] }, /`key` must be 32 bytes/],
    [{ key: KEY, fingerprintKey: new Uint32Array(8) }, /`fingerprintKey` must be 32 bytes or more/],
    [{ key: [] }, /`key` must be 32 bytes/],
    [{ key: [KEY, new Uint8Array(16)] }, /`key` must be 32 bytes/],
    [{ key: KEY, fingerprintKey: new Uint8Array(31) }, /`fingerprintKey` must be 32 bytes or more/],
    [{ key: KEY, readsPlain: 1 }, /`readsPlain` must be/],
    [{ key: KEY, keyId: 'a' }, /unknown option `keyId`/],
  ])('%j is refused, without its bytes', (options, message) => {
    expect(() => encrypted(options as never)).toThrow(message);
    expect(() => encrypted(options as never)).toThrow(expect.not.stringContaining('1,1'));
  });
});
