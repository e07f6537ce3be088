import { createHash } from 'node:crypto';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { IdempotencyPersistenceLayerError, IdempotencyResultError } from '../core/protocol/errors.js';
import { version } from '../version.js';

/** Where an object lies, and what it must be. */
export interface Pointer {
  readonly bucket: string;
  readonly key: string;
  /** base64, as S3 has it. */
  readonly sha256: string;
  readonly bytes: number;
}

/** As the DynamoDB store's, but for the time of an answer: 6 MB take a while where the network is slow. */
const DEFAULT_CLIENT: S3ClientConfig = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  customUserAgent: [['lambda-idempotency', version]],
};

/** Loaded when first needed: a bundle of the other codecs holds no AWS client. */
const load = async (): Promise<typeof import('@aws-sdk/client-s3')> => {
  try {
    return await import('@aws-sdk/client-s3');
  } catch (cause) {
    throw new IdempotencyResultError('@aws-sdk/client-s3 cannot be loaded: install it', { cause });
  }
};

// Not `instanceof Error`: in Jest and node:vm, network errors come from another realm.
const nameOf = (error: unknown): string => String((error as Partial<Error> | undefined)?.name);
const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;

const nothingThere = new Set(['NoSuchKey', 'NoSuchBucket', 'NotFound']);

const optionsFor = (timeoutMs: number): { readonly abortSignal?: AbortSignal } => {
  if (timeoutMs <= 0) throw new IdempotencyResultError('it lies in S3');
  return Number.isFinite(timeoutMs) ? { abortSignal: AbortSignal.timeout(Math.ceil(timeoutMs)) } : {};
};

/** S3, as far as results need it. Failures hold no value and say what to do. */
export class S3Objects {
  readonly #config: S3ClientConfig;
  #client: S3Client | undefined;

  constructor(client: unknown, config: object | undefined) {
    this.#client = client as S3Client | undefined;
    this.#config = { ...DEFAULT_CLIENT, ...config };
  }

  /** @throws IdempotencyResultError where it could not be written */
  async put(pointer: Pointer, body: Uint8Array, timeoutMs: number): Promise<void> {
    const { PutObjectCommand } = await load();
    const command = new PutObjectCommand({
      Bucket: pointer.bucket,
      Key: pointer.key,
      Body: body,
      IfNoneMatch: '*',
      ChecksumSHA256: pointer.sha256,
    });
    try {
      await (await this.#open()).send(command, optionsFor(timeoutMs));
    } catch (error) {
      // It is there: this very object, if an answer was lost and the SDK sent it again.
      if ([409, 412].includes(statusOf(error) ?? 0)) return this.#verify(pointer, timeoutMs);
      throw new IdempotencyResultError(
        `it could not be written to S3 (${nameOf(error)}; s3:PutObject, bucket ${pointer.bucket})`,
        { cause: error },
      );
    }
  }

  /**
   * @throws IdempotencyResultError where it is missing or is not what was written
   * @throws IdempotencyPersistenceLayerError where a retry may read it
   */
  async get(pointer: Pointer, timeoutMs: number): Promise<Uint8Array> {
    const { bucket, key, sha256, bytes } = pointer;
    const options = optionsFor(timeoutMs);
    const { GetObjectCommand } = await load();
    let body: Uint8Array | undefined;
    try {
      const client = await this.#open();
      const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), options);
      body = await answer.Body?.transformToByteArray();
    } catch (error) {
      throw this.#unreadable(error, pointer);
    }
    const digest = body && createHash('sha256').update(body).digest('base64');
    if (!body || body.byteLength !== bytes || digest !== sha256) {
      throw new IdempotencyResultError('its object in S3 is damaged: it does not have its checksum');
    }
    return body;
  }

  async delete({ bucket, key }: Pointer, timeoutMs: number): Promise<void> {
    const { DeleteObjectCommand } = await load();
    const command = new DeleteObjectCommand({ Bucket: bucket, Key: key });
    await (await this.#open()).send(command, optionsFor(timeoutMs));
  }

  async #open(): Promise<S3Client> {
    const { S3Client } = await load();
    this.#client ??= new S3Client(this.#config);
    return this.#client;
  }

  async #verify(pointer: Pointer, timeoutMs: number): Promise<void> {
    await this.get(pointer, timeoutMs).catch((cause: unknown) => {
      throw new IdempotencyResultError('it could not be written to S3: its key is taken, and not by it', {
        cause,
      });
    });
  }

  #unreadable(error: unknown, { bucket }: Pointer): Error {
    if (nothingThere.has(nameOf(error)) || statusOf(error) === 404) {
      return new IdempotencyResultError(
        `its object is missing in S3 (bucket ${bucket}): does a lifecycle rule end it before its window?`,
        { cause: error },
      );
    }
    // Without s3:ListBucket, S3 says the same of an object that is not there.
    if (statusOf(error) === 403) {
      return new IdempotencyResultError(
        `S3 refuses to read its object (bucket ${bucket}): s3:GetObject is not granted, or the object is gone`,
        { cause: error },
      );
    }
    return new IdempotencyPersistenceLayerError(
      `A result in S3 (bucket ${bucket}) could not be read: ${nameOf(error)}. Its call is finished, and a retry replays it.`,
      { cause: error },
    );
  }
}
