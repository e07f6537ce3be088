import { createHash } from 'node:crypto';
import { typedJson, withStage } from '../core/codecs/pipeline.js';
import type { Stage } from '../core/codecs/stage.js';
import { anyText, rule, text, wholeFrom } from '../core/config/rules.js';
import type { CodecContext, ResultCodec } from '../core/protocol/codec.js';
import { IdempotencyConfigError, IdempotencyResultError } from '../core/protocol/errors.js';
import { isObject } from '../core/protocol/values.js';
import { checkCodec } from './check-codec.js';
import { type Pointer, S3Objects } from './s3-objects.js';

/** An `S3Client`: what is used of it, so that its package need not be there for who has no use for it. */
export interface S3ResultsClient {
  readonly config: object;
  readonly middlewareStack: object;
  send(command: never, ...rest: never[]): unknown;
}

export interface S3ResultsOptions {
  readonly bucket: string;
  /** Of the objects' keys. Default: `'idempotency/'`. A lifecycle rule on it ends what no record points to any more. */
  readonly prefix?: string | undefined;
  /** What is larger goes to S3. Default: 32,768, from where on a first call costs less than a third with S3. */
  readonly aboveBytes?: number | undefined;
  /** Settings of the S3Client that is made at the first request; they win over the defaults (1 s to connect, 5 s to answer, 3 attempts). */
  readonly clientConfig?: Readonly<Record<string, unknown>> | undefined;
  /** Your own S3Client instead; its time-outs and retries are yours. */
  readonly awsSdkV3Client?: S3ResultsClient | undefined;
}

const ABOVE_BYTES = 32 * 1_024;
const PREFIX = 'idempotency/';

const rules = {
  bucket: text,
  prefix: anyText,
  aboveBytes: wholeFrom(0),
  clientConfig: rule('an object: the configuration of an S3Client', isObject),
  awsSdkV3Client: rule(
    'an S3Client of the AWS SDK v3',
    (value) => isObject(value) && 'config' in value && 'middlewareStack' in value && 'send' in value,
  ),
} satisfies Record<keyof S3ResultsOptions, unknown>;

/** The hash that ends the record's key, and the claim's fence: no other claim writes there. */
const objectKey = (prefix: string, { key, fence }: CodecContext): string =>
  `${prefix}${encodeURIComponent(key.slice(key.lastIndexOf('#') + 1))}/${encodeURIComponent(fence)}`;

const pointerFrom = (data: string | Uint8Array): Pointer => {
  try {
    const { bucket, key, sha256, bytes } = JSON.parse(data.toString());
    const isPointer =
      [bucket, key, sha256].every((each) => typeof each === 'string') && Number.isInteger(bytes);
    if (isPointer) return { bucket, key, sha256, bytes };
  } catch {
    // As below.
  }
  throw new IdempotencyResultError('the stored result is not a pointer to S3');
};

const claimCheck = (objects: S3Objects, bucket: string, prefix: string, aboveBytes: number): Stage => ({
  names: ['s3'],

  async encode(data, context) {
    if (Buffer.byteLength(data) <= aboveBytes) return undefined;
    const body = Buffer.from(data as string);
    const sha256 = createHash('sha256').update(body).digest('base64');
    const pointer = { bucket, key: objectKey(prefix, context), sha256, bytes: body.byteLength };
    await objects.put(pointer, body, context.timeoutMs);
    return { name: 's3', data: JSON.stringify(pointer) };
  },

  decode: ({ data }, { timeoutMs }) => objects.get(pointerFrom(data), timeoutMs),

  discard: ({ data }, { timeoutMs }) => objects.delete(pointerFrom(data), timeoutMs),
});

/**
 * A claim check: a result past `aboveBytes` goes to an object in S3, and the record keeps a pointer to it. Needs
 * `@aws-sdk/client-s3`, and `s3:GetObject` and `s3:PutObject` on the objects; with `s3:DeleteObject`, runs that lost
 * their claim clean up after themselves.
 *
 * @param codec what else is done with a result; the order in which codecs go around each other does not matter
 * @throws IdempotencyConfigError for options that cannot work
 * @example docs/examples/results.ts
 */
export const s3Results = (options: S3ResultsOptions, codec: ResultCodec = typedJson): ResultCodec => {
  checkCodec('s3Results', rules, options, codec, ['bucket']);
  const { bucket, prefix = PREFIX, aboveBytes = ABOVE_BYTES, clientConfig, awsSdkV3Client } = options;
  if (clientConfig && awsSdkV3Client) {
    throw new IdempotencyConfigError(
      'The options of s3Results(): give either `clientConfig` or `awsSdkV3Client`, not both.',
    );
  }
  const objects = new S3Objects(awsSdkV3Client, clientConfig);
  return withStage(claimCheck(objects, bucket, prefix, aboveBytes), 's3Results', codec);
};
