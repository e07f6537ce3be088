import { createHash } from 'node:crypto';
import { typedJson, withTransform } from '../core/codecs/pipeline.js';
import type { Transform } from '../core/codecs/transform.js';
import { anyString, nonEmptyString, required, rule, wholeFrom } from '../core/config/rules.js';
import type { CodecContext, ResultCodec } from '../core/protocol/codec.js';
import { IdempotencyConfigError, IdempotencyResultError } from '../core/protocol/errors.js';
import { isObject, quoted } from '../core/protocol/values.js';
import { checkCodec } from './check-codec.js';
import { type Pointer, S3Objects } from './s3-objects.js';

/** The parts of an `S3Client` that are used. A type of our own, so that only users of S3 need the package. */
export interface S3ResultsClient {
  readonly config: object;
  readonly middlewareStack: object;
  send(command: never, ...rest: never[]): unknown;
}

/** Options of `s3Results`. */
export interface S3ResultsOptions {
  /** Bucket for the results. Required. */
  readonly bucket: string;
  /** Prefix of the objects' keys. Default: `'idempotency/'`. Give it a lifecycle rule that outlasts the longest window. */
  readonly prefix?: string | undefined;
  /** Larger results go to S3, in bytes. Default: 32,768; above it, a first call costs less than a third with S3. */
  readonly aboveBytes?: number | undefined;
  /** Account id of the bucket's owner. S3 then refuses requests to a bucket of that name in another account. Default: any. */
  readonly expectedBucketOwner?: string | undefined;
  /** Settings of the S3Client created at the first request. They override the defaults: 1 s to connect, 5 s to answer, 3 attempts. */
  readonly clientConfig?: Readonly<Record<string, unknown>> | undefined;
  /** Your own S3Client, with your own timeouts and retries. */
  readonly awsSdkV3Client?: S3ResultsClient | undefined;
}

const ABOVE_BYTES = 32 * 1_024;
const PREFIX = 'idempotency/';

const rules = {
  bucket: required(nonEmptyString),
  prefix: anyString,
  aboveBytes: wholeFrom(0),
  expectedBucketOwner: rule(
    'an AWS account id, a string of 12 digits',
    (value) => typeof value === 'string' && /^\d{12}$/.test(value),
  ),
  clientConfig: rule('a configuration object of an S3Client', isObject),
  awsSdkV3Client: rule(
    'an S3Client of the AWS SDK v3',
    (value) => isObject(value) && 'config' in value && 'middlewareStack' in value && 'send' in value,
  ),
} satisfies Record<keyof S3ResultsOptions, unknown>;

/** The hash from the record's key and the claim's fence, so no other claim writes to this key. */
const objectKey = (prefix: string, { key, fence }: CodecContext): string =>
  `${prefix}${encodeURIComponent(key.slice(key.lastIndexOf('#') + 1))}/${encodeURIComponent(fence)}`;

/**
 * The pointer in a record. Bucket and key stand there for people who look for the object; they must be the codec's own,
 * since anyone who can write to the table could name others.
 */
const pointerFrom = (data: string | Uint8Array, bucket: string, key: string): Pointer => {
  const pointer = parsePointer(data);
  if (pointer.bucket === bucket && pointer.key === key) return pointer;
  throw new IdempotencyResultError(
    `the stored result is in another place in S3 (bucket \`${quoted(pointer.bucket)}\`, key \`${quoted(pointer.key)}\`) than \`bucket\` and \`prefix\` of the current codec say`,
  );
};

const parsePointer = (data: string | Uint8Array): Pointer => {
  try {
    const { bucket, key, sha256, bytes } = JSON.parse(data.toString());
    const isPointer =
      [bucket, key, sha256].every((each) => typeof each === 'string') && Number.isSafeInteger(bytes);
    if (isPointer) return { bucket, key, sha256, bytes };
  } catch {
    // Reported below.
  }
  throw new IdempotencyResultError('the stored result is not a pointer to S3');
};

const claimCheck = (objects: S3Objects, bucket: string, prefix: string, aboveBytes: number): Transform => ({
  names: ['s3'],

  encode(data, context) {
    if (Buffer.byteLength(data) <= aboveBytes) return undefined;
    const body = Buffer.from(data as string);
    const sha256 = createHash('sha256').update(body).digest('base64');
    const pointer = { bucket, key: objectKey(prefix, context), sha256, bytes: body.byteLength };
    return objects
      .put(pointer, body, context.timeoutMs)
      .then(() => ({ name: 's3', data: JSON.stringify(pointer) }));
  },

  decode: ({ data }, context) =>
    objects.get(pointerFrom(data, bucket, objectKey(prefix, context)), context.timeoutMs),

  discard: ({ data }, context) =>
    objects.delete(pointerFrom(data, bucket, objectKey(prefix, context)), context.timeoutMs),
});

/**
 * A codec that stores results larger than `aboveBytes` in S3, and a pointer in the record (claim check). Needs the package
 * `@aws-sdk/client-s3`, and the permissions `s3:GetObject` and `s3:PutObject` on the objects. With `s3:DeleteObject`, a
 * run that lost its claim deletes its object.
 *
 * @param codec the codec to extend; the order in which codecs are nested does not matter. Default: `typedJson`
 * @throws IdempotencyConfigError for invalid options
 * @example
 * ```ts
 * import { compressed, s3Results } from 'lambda-idempotency/results';
 *
 * const config = { codec: compressed(s3Results({ bucket: 'idempotency-results' })) };
 * ```
 */
export const s3Results = (options: S3ResultsOptions, codec: ResultCodec = typedJson): ResultCodec => {
  checkCodec('s3Results', rules, options, codec);
  const { bucket, prefix = PREFIX, aboveBytes = ABOVE_BYTES, expectedBucketOwner } = options;
  const { clientConfig, awsSdkV3Client } = options;
  if (clientConfig && awsSdkV3Client) {
    throw new IdempotencyConfigError(
      'The options of s3Results(): set either `clientConfig` or `awsSdkV3Client`, not both.',
    );
  }
  const objects = new S3Objects({ awsSdkV3Client, clientConfig, expectedBucketOwner });
  return withTransform(claimCheck(objects, bucket, prefix, aboveBytes), 's3Results', codec);
};
