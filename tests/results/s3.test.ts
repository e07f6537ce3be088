import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Context } from 'aws-lambda';
import type { EncodedResult, ResultCodec } from '../../src/core/protocol/codec.js';
import { IdempotencyResultError, IdempotencyValidationError } from '../../src/index.js';
import { type S3ResultsOptions, s3Results } from '../../src/results/index.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';
import { createIdempotency, ManualClock } from '../../src/testing/index.js';
import { contextWith } from '../support/contexts.js';
import { makeGate } from '../support/gates.js';
import { startBucket, type TestBucket } from '../support/s3.js';
import { claimOf } from './codecs.js';

/** Always the stand-in: MiniStack takes no faults. */
let bucket: TestBucket;
beforeAll(async () => {
  bucket = await startBucket({ standIn: true });
});
afterEach(() => {
  bucket.heal();
});
afterAll(() => bucket.close());

const codecWith = (options: Partial<S3ResultsOptions> = {}): ResultCodec =>
  s3Results({
    bucket: bucket.bucket,
    awsSdkV3Client: bucket.client({ maxAttempts: 2 }),
    aboveBytes: 10,
    ...options,
  });

const LARGE = 'a large result';
const pointerOf = ({ data }: EncodedResult) => JSON.parse(String(data));

/** A call on a clock of its own. */
const setUp = (codec = codecWith()) => {
  const clock = new ManualClock();
  const { makeIdempotent } = createIdempotency({ clock });
  const store = new MemoryPersistenceLayer();
  let runs = 0;
  const list = makeIdempotent(
    async (request: { id: number; note?: string }, _context?: Context): Promise<string> =>
      `${LARGE} ${request.id} ${++runs}`,
    {
      persistenceStore: store,
      keyPrefix: 'list',
      config: { codec, eventKeyJmesPath: 'id', payloadValidationJmesPath: 'note' },
    },
  );
  return { clock, store, list, runs: () => runs, makeIdempotent };
};

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => ({ fulfilled: value }),
    (error: unknown) => error,
  );

describe('the object', () => {
  it("lies under the record's hash and the claim's fence; the item keeps a pointer to it", async () => {
    const claim = claimOf({ key: 'shop#a-hash_1', fence: 'fence-1' });
    const encoded = await codecWith().encode(LARGE, claim);
    expect({ ...encoded, data: pointerOf(encoded) }).toEqual({
      codec: 'json+s3',
      data: {
        bucket: bucket.bucket,
        key: 'idempotency/a-hash_1/fence-1',
        sha256: 'I7NtZY9FxM6DZRroatGc21jhi2E9LU8lxt3DcECjWOg=',
        bytes: 16,
      },
    });
    expect(await bucket.keys()).toContain('idempotency/a-hash_1/fence-1');
  });

  it('lies under a prefix of your own', async () => {
    const encoded = await codecWith({ prefix: 'orders/' }).encode(LARGE, claimOf({ key: 's#h', fence: 'f' }));
    expect(pointerOf(encoded).key).toBe('orders/h/f');
  });

  it('is made past the limit, and not at it', async () => {
    const codec = codecWith({ aboveBytes: 16 });
    expect((await codec.encode('x'.repeat(14), claimOf())).codec).toBe('json');
    expect((await codec.encode('x'.repeat(15), claimOf())).codec).toBe('json+s3');
  });

  it('is never written over: one under its key that is another is not taken for it', async () => {
    const claim = claimOf();
    const first = await codecWith().encode(LARGE, claim);
    await expect(codecWith().encode('another large result', claim)).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: 'it could not be written to S3: its key is taken by another object',
    });
    expect(await codecWith().decode(first, claim)).toBe(LARGE);
  });

  it('counts as written when the answer was lost and the SDK sent it again', async () => {
    const claim = claimOf();
    bucket.inject({ method: 'PUT', kind: 'lose answer' });
    const encoded = await codecWith().encode(LARGE, claim);
    expect(bucket.requests.map((request) => request.split(' ')[0])).toEqual(['PUT', 'PUT', 'GET']);
    expect(await codecWith().decode(encoded, claim)).toBe(LARGE);
  });
});

describe('a conflict with an earlier sending of the object', () => {
  const methods = () => bucket.requests.map((request) => request.split(' ')[0]);

  it('409: it is sent again, and the result is kept', async () => {
    const claim = claimOf();
    bucket.inject({ method: 'PUT', kind: 'conflict', times: 2 });
    const encoded = await codecWith().encode(LARGE, claim);
    expect(methods()).toEqual(['PUT', 'PUT', 'PUT']);
    expect(await codecWith().decode(encoded, claim)).toBe(LARGE);
  });

  it('409, then 412: what is there is compared by its digest, and the result is kept', async () => {
    const claim = claimOf();
    await codecWith().encode(LARGE, claim);
    bucket.heal();
    bucket.inject({ method: 'PUT', kind: 'conflict' });
    const encoded = await codecWith().encode(LARGE, claim);
    expect(methods()).toEqual(['PUT', 'PUT', 'GET']);
    expect(await codecWith().decode(encoded, claim)).toBe(LARGE);
  });

  it('that does not end: the result is not stored, after six sendings or when the time is over', async () => {
    bucket.inject({ method: 'PUT', kind: 'conflict', times: 99 });
    const reason = `it could not be written to S3 (ConditionalRequestConflict; s3:PutObject, bucket ${bucket.bucket})`;
    await expect(codecWith().encode(LARGE, claimOf({ timeoutMs: 200 }))).rejects.toThrow(reason);
    expect(methods().length).toBeLessThan(5);
    bucket.heal();
    bucket.inject({ method: 'PUT', kind: 'conflict', times: 99 });
    await expect(codecWith().encode(LARGE, claimOf())).rejects.toThrow(reason);
    expect(methods()).toHaveLength(6);
  });

  it('412 of an object that cannot be read now is not called another object', async () => {
    const claim = claimOf();
    await codecWith().encode(LARGE, claim);
    bucket.inject({ method: 'GET', kind: 'unavailable', times: 2 });
    await expect(codecWith().encode(LARGE, claim)).rejects.toThrow(
      'it could not be written to S3: an object is there already, and could not be compared',
    );
  });
});

describe('P14: S3 is bounded in time', () => {
  it.each(['PUT', 'GET', 'DELETE'] as const)(
    '%s that hangs ends with the time that there is',
    async (method) => {
      const claim = claimOf();
      const encoded = await codecWith().encode(LARGE, claim);
      bucket.inject({ method, kind: 'hang', times: 9 });
      const short = { ...claim, timeoutMs: 50 };
      const codec = codecWith();
      const hanging = {
        PUT: async () => codec.encode(LARGE, short),
        GET: async () => codec.decode(encoded, short),
        DELETE: async () => codec.discard?.(encoded, short),
      };
      await expect(hanging[method]()).rejects.not.toThrow('in another place');
    },
  );

  it('without time, nothing is sent', async () => {
    const claim = claimOf();
    const encoded = await codecWith().encode(LARGE, claim);
    bucket.heal();
    await expect((async () => codecWith().decode(encoded, { ...claim, timeoutMs: 0 }))()).rejects.toThrow(
      'there is no time left for a request to S3',
    );
    expect(bucket.requests).toEqual([]);
  });
});

describe('P6: a result that cannot be written to S3', () => {
  it.each([
    ['denied', 'AccessDenied', 1],
    ['unavailable', 'SlowDown', 2],
  ] as const)(
    '%s: the first caller gets it, its record is settled, and nothing runs again',
    async (kind, name, times) => {
      const { list, runs } = setUp();
      bucket.inject({ method: 'PUT', kind, times });
      expect(await list({ id: 1 })).toBe(`${LARGE} 1 1`);
      const failure = await failureOf(list({ id: 1 }));
      expect(failure).toBeInstanceOf(IdempotencyResultError);
      expect(String(failure)).toContain(
        `it could not be written to S3 (${name}; s3:PutObject, bucket ${bucket.bucket})`,
      );
      expect(runs()).toBe(1);
    },
  );
});

describe('a replay', () => {
  const tamper = async (act: (key: string) => unknown) => {
    const call = setUp();
    await call.list({ id: 1 });
    const key = (await bucket.keys()).at(-1) ?? '';
    await bucket.client().send(act(key) as DeleteObjectCommand);
    return call;
  };

  it('of an object that is missing: IdempotencyResultError with the reason, and no run', async () => {
    const { list, runs } = await tamper((Key) => new DeleteObjectCommand({ Bucket: bucket.bucket, Key }));
    const failure = await failureOf(list({ id: 1 }));
    expect(failure).toBeInstanceOf(IdempotencyResultError);
    expect(String(failure)).toContain('its object is missing in S3');
    expect(runs()).toBe(1);
  });

  it.each([
    ['changed', `"${LARGE} 1 2"`],
    ['cut', `"${LARGE}`],
    ['replaced by a space', ' '],
  ])('of an object that was %s: IdempotencyResultError with the reason, and no run', async (_, Body) => {
    const { list, runs } = await tamper((Key) => new PutObjectCommand({ Bucket: bucket.bucket, Key, Body }));
    const failure = await failureOf(list({ id: 1 }));
    expect(failure).toBeInstanceOf(IdempotencyResultError);
    expect(String(failure)).toContain('its object in S3 is damaged: its size or checksum does not match');
    expect(runs()).toBe(1);
  });

  it('that S3 refuses: IdempotencyResultError names the permission', async () => {
    const { list } = setUp();
    await list({ id: 1 });
    bucket.inject({ method: 'GET', kind: 'denied' });
    expect(await failureOf(list({ id: 1 }))).toMatchObject({
      name: 'IdempotencyResultError',
      message: expect.stringContaining('grant s3:GetObject, or the object is missing'),
      cause: { name: 'AccessDenied' },
    });
  });

  it('while S3 is down: a retryable error, no run, and the outcome later', async () => {
    const { list, runs } = setUp();
    const first = await list({ id: 1 });
    bucket.inject({ method: 'GET', kind: 'unavailable', times: 2 });
    expect(await failureOf(list({ id: 1 }))).toMatchObject({
      name: 'IdempotencyPersistenceLayerError',
      retryable: true,
      hasRun: false,
    });
    expect(await list({ id: 1 })).toBe(first);
    expect(runs()).toBe(1);
  });

  it("P14: ends before the invocation's end", async () => {
    const { list } = setUp();
    await list({ id: 1 });
    bucket.inject({ method: 'GET', kind: 'hang', times: 9 });
    expect(await failureOf(list({ id: 1 }, contextWith(200)))).toMatchObject({
      name: 'IdempotencyPersistenceLayerError',
      retryable: true,
    });
  });

  it('a conflict asks nothing of S3', async () => {
    const { list } = setUp();
    await list({ id: 1, note: 'a' });
    bucket.heal();
    const failure = await failureOf(list({ id: 1, note: 'b' }));
    expect(failure).toBeInstanceOf(IdempotencyValidationError);
    expect((failure as IdempotencyValidationError).existingRecord?.responseData).toBeUndefined();
    expect(bucket.requests).toEqual([]);
  });
});

describe('a run that lost its claim', () => {
  const takenOver = async (before: () => void) => {
    const { clock, store, makeIdempotent } = setUp();
    const prefix = `${crypto.randomUUID()}/`;
    const gate = makeGate();
    let runs = 0;
    const slow = makeIdempotent(
      async () => {
        const run = ++runs;
        if (run === 1) await gate.promise;
        return `large result ${run}`;
      },
      {
        persistenceStore: store,
        keyPrefix: 'slow',
        config: { codec: codecWith({ prefix }), eventKey: () => 1, lease: { seconds: 10 } },
      },
    );
    const first = slow();
    await clock.advance(10_500);
    const second = await slow();
    before();
    gate.open();
    const outcomes = [await first, second, await slow()];
    return { outcomes, keys: (await bucket.keys()).filter((key) => key.startsWith(prefix)) };
  };
  const OTHER = ['large result 2', 'large result 2', 'large result 2'];

  it('returns the other outcome, and deletes its own object and no other', async () => {
    const { outcomes, keys } = await takenOver(() => {});
    expect(outcomes).toEqual(OTHER);
    expect(keys).toHaveLength(1);
  });

  it('returns the other outcome when it may not delete', async () => {
    const { outcomes, keys } = await takenOver(() => bucket.inject({ method: 'DELETE', kind: 'denied' }));
    expect(outcomes).toEqual(OTHER);
    expect(keys).toHaveLength(2);
  });
});

describe('a pointer', () => {
  it.each([
    ['bucket', { bucket: 'attackers-bucket' }],
    ['prefix', { key: 'payroll/secret' }],
    ['object under the same prefix', { key: 'idempotency/another-hash/another-fence' }],
  ])('to another %s is refused, and nothing is asked of S3', async (_, change) => {
    const claim = claimOf();
    const encoded = await codecWith().encode(LARGE, claim);
    bucket.heal();
    const data = JSON.stringify({ ...pointerOf(encoded), ...change });
    const refusal = {
      name: 'IdempotencyResultError',
      message: expect.stringContaining('in another place in S3'),
    };
    await expect((async () => codecWith().decode({ ...encoded, data }, claim))()).rejects.toMatchObject(
      refusal,
    );
    await expect((async () => codecWith().discard?.({ ...encoded, data }, claim))()).rejects.toMatchObject(
      refusal,
    );
    expect(bucket.requests).toEqual([]);
  });

  it('to an object of another length: its body is not read', async () => {
    const claim = claimOf();
    const encoded = await codecWith().encode(LARGE, claim);
    const pointer = pointerOf(encoded);
    const Body = Buffer.alloc(64 * 2 ** 20);
    await bucket.client().send(new PutObjectCommand({ Bucket: pointer.bucket, Key: pointer.key, Body }));
    const client = bucket.client();
    let read = 0;
    client.middlewareStack.add(
      (next) => async (given) => {
        const done = await next(given);
        const { Body: body } = done.output as unknown as {
          Body?: { transformToByteArray(): Promise<Uint8Array> };
        };
        const original = body?.transformToByteArray.bind(body);
        if (body && original) {
          body.transformToByteArray = async () => {
            read++;
            return original();
          };
        }
        return done;
      },
      { step: 'initialize' },
    );
    await expect(
      (async () => codecWith({ awsSdkV3Client: client }).decode(encoded, claim))(),
    ).rejects.toThrow('its object in S3 is damaged');
    expect(read).toBe(0);
  });

  it.each([
    ['no JSON', 'secret'],
    ['another object', '{"secret":1}'],
    ['without a checksum', '{"bucket":"b","key":"k","bytes":1}'],
    ['bytes', new Uint8Array([1])],
  ])('that is %s is refused, and not quoted', async (_, data) => {
    const decoding = (async () => codecWith().decode({ codec: 'json+s3', data }, claimOf()))();
    await expect(decoding).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: 'the stored result is not a pointer to S3',
    });
  });
});

describe('the options of s3Results', () => {
  it.each([
    [{}, /`bucket` is missing/],
    [{ bucket: '' }, /`bucket` must be/],
    [{ bucket: 'b', prefix: 1 }, /`prefix` must be/],
    [{ bucket: 'b', aboveBytes: -1 }, /`aboveBytes` must be/],
    [{ bucket: 'b', awsSdkV3Client: {} }, /`awsSdkV3Client` must be an S3Client/],
    [{ bucket: 'b', clientConfig: 1 }, /`clientConfig` must be/],
    [{ bucket: 'b', expectedBucketOwner: 123456789012 }, /`expectedBucketOwner` must be an AWS account id/],
    [{ bucket: 'b', size: 1 }, /unknown option `size`/],
  ])('%j is refused', (options, message) => {
    expect(() => s3Results(options as never)).toThrow(message);
  });

  it('both a client and settings for one are refused', () => {
    const options = { bucket: 'b', clientConfig: {}, awsSdkV3Client: bucket.client() };
    expect(() => s3Results(options)).toThrow(/not both/);
  });

  it('expectedBucketOwner goes with every request', async () => {
    const codec = codecWith({ expectedBucketOwner: '123456789012' });
    const claim = claimOf();
    const encoded = await codec.encode(LARGE, claim);
    await codec.decode(encoded, claim);
    await codec.discard?.(encoded, claim);
    expect(bucket.owners).toEqual(['123456789012', '123456789012', '123456789012']);
  });

  it('a client is made of clientConfig, and tells its name', async () => {
    const clientConfig = { endpoint: bucket.endpoint, forcePathStyle: true, region: 'us-east-1' };
    const codec = s3Results({ bucket: bucket.bucket, clientConfig, aboveBytes: 10 });
    const claim = claimOf();
    expect(await codec.decode(await codec.encode(LARGE, claim), claim)).toBe(LARGE);
    expect(bucket.agents.at(-1)).toContain('lambda-idempotency/0.1.0');
  });
});
