import { createHash } from 'node:crypto';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { IdempotencyPersistenceLayerError, IdempotencyResultError } from '../core/protocol/errors.js';
import { version } from '../version.js';

/** Where an object is stored, and what it must contain. */
export interface Pointer {
  readonly bucket: string;
  readonly key: string;
  /** In base64, as in S3. */
  readonly sha256: string;
  readonly bytes: number;
}

/** As in the DynamoDB store, with more time to answer: 6 MB take a while on a slow network. */
const DEFAULT_CLIENT: S3ClientConfig = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  customUserAgent: [['lambda-idempotency', version]],
};

/** Loaded on first use, so that a bundle with the other codecs contains no AWS client. */
const loadS3 = async (): Promise<typeof import('@aws-sdk/client-s3')> => {
  try {
    return await import('@aws-sdk/client-s3');
  } catch (cause) {
    throw new IdempotencyResultError('@aws-sdk/client-s3 cannot be loaded: install the package', { cause });
  }
};

// No `instanceof Error`: in Jest and node:vm, network errors come from another realm.
const nameOf = (error: unknown): string => String((error as Partial<Error> | undefined)?.name);
const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;

const notFoundNames = new Set(['NoSuchKey', 'NoSuchBucket', 'NotFound']);

const optionsFor = (timeoutMs: number): { readonly abortSignal?: AbortSignal } => {
  if (timeoutMs <= 0) throw new IdempotencyResultError('there is no time left for a request to S3');
  return Number.isFinite(timeoutMs) ? { abortSignal: AbortSignal.timeout(Math.ceil(timeoutMs)) } : {};
};

/** The S3 requests that results need. Errors contain no values and say what to do. */
export class S3Objects {
  readonly #config: S3ClientConfig;
  #client: S3Client | undefined;

  constructor(client: unknown, config: object | undefined) {
    this.#client = client as S3Client | undefined;
    this.#config = { ...DEFAULT_CLIENT, ...config };
  }

  /** @throws IdempotencyResultError if the object could not be written */
  async put(pointer: Pointer, body: Uint8Array, timeoutMs: number): Promise<void> {
    const { PutObjectCommand } = await loadS3();
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
      // The object exists. If an answer was lost and the SDK sent the request again, it is this one.
      if ([409, 412].includes(statusOf(error) ?? 0)) return this.#verify(pointer, timeoutMs);
      throw new IdempotencyResultError(
        `it could not be written to S3 (${nameOf(error)}; s3:PutObject, bucket ${pointer.bucket})`,
        { cause: error },
      );
    }
  }

  /**
   * @throws IdempotencyResultError if the object is missing or damaged
   * @throws IdempotencyPersistenceLayerError if a retry may be able to read it
   */
  async get(pointer: Pointer, timeoutMs: number): Promise<Uint8Array> {
    const { bucket, key, sha256, bytes } = pointer;
    const options = optionsFor(timeoutMs);
    const { GetObjectCommand } = await loadS3();
    let body: Uint8Array | undefined;
    try {
      const client = await this.#open();
      const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }), options);
      body = await answer.Body?.transformToByteArray();
    } catch (error) {
      throw this.#readError(error, pointer);
    }
    const digest = body && createHash('sha256').update(body).digest('base64');
    if (!body || body.byteLength !== bytes || digest !== sha256) {
      throw new IdempotencyResultError('its object in S3 is damaged: its checksum does not match');
    }
    return body;
  }

  async delete({ bucket, key }: Pointer, timeoutMs: number): Promise<void> {
    const { DeleteObjectCommand } = await loadS3();
    const command = new DeleteObjectCommand({ Bucket: bucket, Key: key });
    await (await this.#open()).send(command, optionsFor(timeoutMs));
  }

  async #open(): Promise<S3Client> {
    const { S3Client } = await loadS3();
    this.#client ??= new S3Client(this.#config);
    return this.#client;
  }

  async #verify(pointer: Pointer, timeoutMs: number): Promise<void> {
    await this.get(pointer, timeoutMs).catch((cause: unknown) => {
      throw new IdempotencyResultError('it could not be written to S3: its key is taken by another object', {
        cause,
      });
    });
  }

  #readError(error: unknown, { bucket }: Pointer): Error {
    if (notFoundNames.has(nameOf(error)) || statusOf(error) === 404) {
      return new IdempotencyResultError(
        `its object is missing in S3 (bucket ${bucket}): check that no lifecycle rule deletes objects before their window ends`,
        { cause: error },
      );
    }
    // Without s3:ListBucket, S3 gives the same answer for a missing object.
    if (statusOf(error) === 403) {
      return new IdempotencyResultError(
        `S3 denied access to its object (bucket ${bucket}): grant s3:GetObject, or the object is missing`,
        { cause: error },
      );
    }
    return new IdempotencyPersistenceLayerError(
      `A result in S3 (bucket ${bucket}) could not be read: ${nameOf(error)}. The call is finished: retry to get its outcome.`,
      { cause: error },
    );
  }
}
