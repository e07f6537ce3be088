import { DecryptCommand, GenerateDataKeyCommand, GenerateMacCommand, KMSClient } from '@aws-sdk/client-kms';
import type { Context } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { DynamoDBPersistenceLayer } from 'lambda-idempotency/dynamodb';
import { compressed, type DataKey, encrypted } from 'lambda-idempotency/results';
import { bake, type Order } from './bakery.js';

const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env['TABLE_NAME'] ?? '' });

// #region kms
const kms = new KMSClient({
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
});
const EncryptionContext = { purpose: 'idempotency results' };
const NEW_KEY_EVERY_MS = 60 * 60 * 1_000;

/** KMS returns a key twice: in plain text, to use, and encrypted, as the id that results keep. */
const generate = async (): Promise<DataKey> => {
  const { KMS_KEY_ID: KeyId } = process.env;
  const command = new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext });
  const { CiphertextBlob = new Uint8Array(), Plaintext: bytes = new Uint8Array() } = await kms.send(command);
  return { id: Buffer.from(CiphertextBlob).toString('base64url'), bytes };
};

const decrypt = async (id: string): Promise<DataKey> => {
  const command = new DecryptCommand({ CiphertextBlob: Buffer.from(id, 'base64url'), EncryptionContext });
  const { Plaintext: bytes = new Uint8Array() } = await kms.send(command);
  return { id, bytes };
};

/** One key per process and hour, plus the keys of other processes whose results were read. */
const keys = new Map<string, Promise<DataKey>>();

const cached = (name: string, get: () => Promise<DataKey>): Promise<DataKey> => {
  const known = keys.get(name);
  if (known !== undefined) return known;
  const got = get().catch((error: unknown) => {
    keys.delete(name);
    throw error;
  });
  keys.set(name, got);
  return got;
};

const key = (id?: string): Promise<DataKey> =>
  id === undefined
    ? cached(`of hour ${Math.floor(Date.now() / NEW_KEY_EVERY_MS)}`, generate)
    : cached(id, () => decrypt(id));

/** The HMAC key never leaves KMS. Its MAC of a fixed text is the same in every process. */
const fingerprintKey = async (): Promise<Uint8Array> => {
  const { KMS_HMAC_KEY_ID: KeyId } = process.env;
  const Message = Buffer.from('idempotency fingerprints');
  const { Mac = new Uint8Array() } = await kms.send(
    new GenerateMacCommand({ KeyId, MacAlgorithm: 'HMAC_SHA_256', Message }),
  );
  return Mac;
};

const codec = compressed(encrypted({ key, fingerprintKey }));
// #endregion kms

export const handler = makeIdempotent(async (order: Order, _context: Context) => bake(order), {
  persistenceStore,
  config: { eventKeyJmesPath: 'orderId', payloadValidationJmesPath: '[cake, amount]', codec },
});
