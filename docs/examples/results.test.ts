import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startBucket, type TestBucket } from '../../tests/support/s3.js';
import { scan } from '../../tests/support/tables.js';
import { cakes } from './bakery.js';
import { type LocalAws, lambdaContext, order, startLocalAws } from './local-aws.js';

/** The part of KMS that the example calls. */
const startKms = async (): Promise<{ endpoint: string; asked: string[]; close(): void }> => {
  const secret = randomBytes(32);
  const keys = new Map<string, string>();
  const asked: string[] = [];
  const server: Server = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    asked.push(operation);
    const { CiphertextBlob, Message } = (await json(request)) as Record<string, string>;
    const blob = randomBytes(184).toString('base64');
    const answers: Record<string, () => object> = {
      GenerateDataKey: () => {
        keys.set(blob, randomBytes(32).toString('base64'));
        return { CiphertextBlob: blob, Plaintext: keys.get(blob) };
      },
      Decrypt: () => ({ Plaintext: keys.get(CiphertextBlob ?? '') }),
      GenerateMac: () => ({
        Mac: createHmac('sha256', secret)
          .update(Message ?? '')
          .digest('base64'),
      }),
    };
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end(JSON.stringify(answers[operation]?.()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

describe('docs/results.md', () => {
  let aws: LocalAws;
  let bucket: TestBucket;
  let tableName: string;
  let kms: Awaited<ReturnType<typeof startKms>>;

  beforeAll(async () => {
    [aws, bucket, kms] = await Promise.all([startLocalAws(), startBucket({ standIn: true }), startKms()]);
    tableName = await aws.openTable();
    Object.assign(process.env, {
      AWS_ENDPOINT_URL_S3: bucket.endpoint,
      AWS_ENDPOINT_URL_KMS: kms.endpoint,
      RESULTS_BUCKET: bucket.bucket,
      RESULT_KEY: randomBytes(32).toString('base64'),
      NEW_RESULT_KEY: randomBytes(32).toString('base64'),
      KMS_KEY_ID: 'alias/results',
      KMS_HMAC_KEY_ID: 'alias/fingerprints',
    });
  });
  afterAll(async () => {
    kms.close();
    await Promise.all([aws.close(), bucket.close()]);
  });

  const itemOf = async (scope: string) =>
    (await scan(aws.client, tableName)).find(({ id, status }) => status && id?.S?.startsWith(`${scope}#`));

  it('large-results.ts: compresses, and puts what is still large into S3', async () => {
    const { handler } = await import('./large-results.js');
    const before = cakes.length;
    for (const [name, amount, codec] of [
      ['icons', 3, 'json+br'],
      ['photos', 300, 'json+br+s3'],
    ] as const) {
      const first = await handler(order('1', { amount }), lambdaContext(name));
      expect(await handler(order('1', { amount }), lambdaContext(name))).toBe(first);
      expect((await itemOf(name))?.['codec']).toEqual({ S: codec });
    }
    expect(cakes.length - before).toBe(2);
    expect(await bucket.keys()).toHaveLength(1);
  });

  it('encryption.ts: what is in the table cannot be read, and old keys still decrypt', async () => {
    const { handler, rotated } = await import('./encryption.js');
    const first = await handler(order('1'), lambdaContext('sealed'));
    expect(await handler(order('1'), lambdaContext('sealed'))).toEqual(first);
    const { id, fence, codec, data } = (await itemOf('sealed')) ?? {};
    expect(codec?.S).toMatch(/^json\+aes-256-gcm:/);
    expect(Buffer.from(data?.B ?? []).toString('latin1')).not.toContain('forest');
    const context = {
      key: id?.S ?? '',
      scope: 'sealed',
      tenant: [],
      fence: fence?.S ?? '',
      kind: 'value',
      recordBytes: 0,
      timeoutMs: 1_000,
    } as const;
    expect(await rotated.decode({ codec: codec?.S ?? '', data: data?.B ?? '' }, context)).toEqual(first);
    await expect(handler(order('1', { cake: 'another' }), lambdaContext('sealed'))).rejects.toMatchObject({
      name: 'IdempotencyValidationError',
    });
  });

  it('tenant-keys.ts: a key of one tenant opens no result of another', async () => {
    const { codec: tenantCodec, handler } = await import('./tenant-keys.js');
    const ofTenantA = () => handler({ ...order('1'), tenant: 'a' }, lambdaContext('tenants'));
    const first = await ofTenantA();
    expect(await ofTenantA()).toEqual(first);
    const { id, fence, codec, data } = (await itemOf('tenants')) ?? {};
    const decodeFor = async (tenant: string) =>
      tenantCodec.decode(
        { codec: codec?.S ?? '', data: data?.B ?? '' },
        {
          key: id?.S ?? '',
          scope: 'tenants',
          tenant: [tenant],
          fence: fence?.S ?? '',
          kind: 'value',
          recordBytes: 0,
          timeoutMs: 1_000,
        },
      );
    expect(await decodeFor('a')).toEqual(first);
    await expect(decodeFor('b')).rejects.toMatchObject({
      name: 'IdempotencyResultError',
      message: expect.stringMatching(/^the stored result cannot be decrypted/),
    });
  });

  it('kms-data-keys.ts: asks KMS once for each key, and once for fingerprints', async () => {
    const { handler } = await import('./kms-data-keys.js');
    const outcomes = [];
    for (const id of ['1', '2', '1']) outcomes.push(await handler(order(id), lambdaContext('kms')));
    expect(outcomes[2]).toEqual(outcomes[0]);
    expect(kms.asked.sort()).toEqual(['Decrypt', 'GenerateDataKey', 'GenerateMac']);
  });

  it('models.ts: replays an instance', async () => {
    const { handler, Receipt } = await import('./models.js');
    const first = await handler(order('1'), lambdaContext('receipts'));
    const replay = await handler(order('1'), lambdaContext('receipts'));
    expect(replay).toBeInstanceOf(Receipt);
    expect(replay).not.toBe(first);
    expect(replay.text).toBe(first.text);
  });
});
