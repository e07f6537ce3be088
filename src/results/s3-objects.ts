import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { clientDefaults, nameOf } from '../aws-client.js';
import { IdempotencyPersistenceLayerError, IdempotencyResultError } from '../core/protocol/errors.js';

/** Where an object is stored, and what it must contain. */
export interface Pointer {
  readonly bucket: string;
  readonly key: string;
  /** In base64, as in S3. */
  readonly sha256: string;
  readonly bytes: number;
}

/** As in the DynamoDB store, with more time to answer: 6 MB take a while on a slow network. */
const DEFAULT_CLIENT: S3ClientConfig = clientDefaults(5_000);

/** Loaded on first use, so that a bundle with the other codecs contains no AWS client. */
const loadS3 = async (): Promise<typeof import('@aws-sdk/client-s3')> => {
  try {
    return await import('@aws-sdk/client-s3');
  } catch (cause) {
    throw new IdempotencyResultError('@aws-sdk/client-s3 cannot be loaded: install the package', { cause });
  }
};

const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;

const notFoundNames = new Set(['NoSuchKey', 'NoSuchBucket', 'NotFound']);

/** The pauses between attempts to write an object after S3 answered with a conflict. */
const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 800;

interface RequestOptions {
  readonly abortSignal?: AbortSignal;
}

interface Address {
  readonly Bucket: string;
  readonly Key: string;
  readonly ExpectedBucketOwner?: string;
}

/** Returns false when the time ended first. */
const pause = (ms: number, { abortSignal: signal }: RequestOptions): Promise<boolean> =>
  sleep(ms, undefined, signal && { signal }).then(
    () => true,
    () => false,
  );

const optionsFor = (timeoutMs: number): RequestOptions => {
  if (timeoutMs <= 0) throw new IdempotencyResultError('there is no time left for a request to S3');
  return Number.isFinite(timeoutMs) ? { abortSignal: AbortSignal.timeout(Math.ceil(timeoutMs)) } : {};
};

interface S3ObjectsOptions {
  readonly awsSdkV3Client?: object | undefined;
  readonly clientConfig?: object | undefined;
  readonly expectedBucketOwner?: string | undefined;
}

/** The S3 requests that results need. Errors contain no values and say what to do. */
export class S3Objects {
  readonly #config: S3ClientConfig;
  readonly #bucketOwner: string | undefined;
  #client: S3Client | undefined;

  constructor({ awsSdkV3Client, clientConfig, expectedBucketOwner }: S3ObjectsOptions) {
    this.#client = awsSdkV3Client as S3Client | undefined;
    this.#config = { ...DEFAULT_CLIENT, ...clientConfig };
    this.#bucketOwner = expectedBucketOwner;
  }

  /** @throws IdempotencyResultError if the object could not be written */
  async put(pointer: Pointer, body: Uint8Array, timeoutMs: number): Promise<void> {
    const { PutObjectCommand } = await loadS3();
    const options = optionsFor(timeoutMs);
    const command = new PutObjectCommand({
      ...this.#addressOf(pointer),
      Body: body,
      IfNoneMatch: '*',
      ChecksumSHA256: pointer.sha256,
    });
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
      try {
        await (await this.#open()).send(command, options);
        return;
      } catch (error) {
        const status = statusOf(error);
        // The object exists. If an answer was lost and the request was sent again, it is this one.
        if (status === 412) return this.#verify(pointer, options);
        // An earlier request is still being written, or failed meanwhile: S3 asks to send it again.
        if (status === 409 && pauseMs <= LAST_PAUSE_MS && (await pause(pauseMs, options))) continue;
        throw new IdempotencyResultError(
          `it could not be written to S3 (${nameOf(error)}; s3:PutObject, bucket ${pointer.bucket})`,
          { cause: error },
        );
      }
    }
  }

  /**
   * @throws IdempotencyResultError if the object is missing or damaged
   * @throws IdempotencyPersistenceLayerError if a retry may be able to read it
   */
  get(pointer: Pointer, timeoutMs: number): Promise<Uint8Array> {
    return this.#read(pointer, optionsFor(timeoutMs));
  }

  async #read(pointer: Pointer, options: RequestOptions): Promise<Uint8Array> {
    const { sha256, bytes } = pointer;
    const { GetObjectCommand } = await loadS3();
    let body: Uint8Array | undefined;
    try {
      const client = await this.#open();
      const answer = await client.send(new GetObjectCommand(this.#addressOf(pointer)), options);
      // Before the body is read: it takes as much memory as somebody has stored there.
      if (answer.ContentLength === bytes) body = await answer.Body?.transformToByteArray();
      else (answer.Body as Partial<Readable> | undefined)?.destroy?.();
    } catch (error) {
      throw this.#readError(error, pointer);
    }
    const digest = body && createHash('sha256').update(body).digest('base64');
    if (!body || body.byteLength !== bytes || digest !== sha256) {
      throw new IdempotencyResultError('its object in S3 is damaged: its size or checksum does not match');
    }
    return body;
  }

  async delete(pointer: Pointer, timeoutMs: number): Promise<void> {
    const { DeleteObjectCommand } = await loadS3();
    const command = new DeleteObjectCommand(this.#addressOf(pointer));
    await (await this.#open()).send(command, optionsFor(timeoutMs));
  }

  #addressOf({ bucket, key }: Pointer): Address {
    const owner = this.#bucketOwner;
    return { Bucket: bucket, Key: key, ...(owner !== undefined && { ExpectedBucketOwner: owner }) };
  }

  async #open(): Promise<S3Client> {
    const { S3Client } = await loadS3();
    this.#client ??= new S3Client(this.#config);
    return this.#client;
  }

  /** Compares the existing object by its digest. */
  async #verify(pointer: Pointer, options: RequestOptions): Promise<void> {
    await this.#read(pointer, options).catch((cause: unknown) => {
      const reason =
        cause instanceof IdempotencyPersistenceLayerError
          ? 'an object is there already, and could not be compared'
          : 'its key is taken by another object';
      throw new IdempotencyResultError(`it could not be written to S3: ${reason}`, { cause });
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
