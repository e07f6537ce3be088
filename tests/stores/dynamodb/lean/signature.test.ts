import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import type { SourceData } from '@smithy/types';
import fc from 'fast-check';
import { headersOf } from '../../../../src/stores/dynamodb/lean/client.js';
import { endpointOf } from '../../../../src/stores/dynamodb/lean/endpoint.js';
import { canonicalPath, makeSigner } from '../../../../src/stores/dynamodb/lean/signature.js';

/** AWS's published test vectors for Signature Version 4: requests of 2015-08-30 to a service that does not exist. */
describe('the published test vectors', () => {
  const DATE = '20150830T123600Z';
  const credentials = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  };
  const TOKEN =
    'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';
  const at = { host: 'host:example.amazonaws.com\n', date: `x-amz-date:${DATE}\n` };
  const plain = { headers: at.host + at.date, signed: 'host;x-amz-date' };
  const vectors = [
    [
      'get-vanilla',
      { method: 'GET', ...plain },
      '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    ],
    [
      'post-vanilla',
      { method: 'POST', ...plain },
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    ],
    [
      'get-vanilla-query-order-key-case',
      { method: 'GET', query: 'Param1=value1&Param2=value2', ...plain },
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'post-x-www-form-urlencoded',
      {
        method: 'POST',
        headers: `content-type:application/x-www-form-urlencoded\n${at.host}${at.date}`,
        signed: 'content-type;host;x-amz-date',
        body: 'Param1=value1',
      },
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
    [
      'post-sts-header-before',
      {
        method: 'POST',
        headers: `${at.host}${at.date}x-amz-security-token:${TOKEN}\n`,
        signed: 'host;x-amz-date;x-amz-security-token',
      },
      '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
    ],
  ] as const;

  it.each(vectors)('%s', (_name, request, signature) => {
    const signer = makeSigner('us-east-1', 'service');
    const whole = { path: '/', query: '', body: '', ...request };
    expect(signer.sign(whole, credentials, DATE)).toBe(
      `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${request.signed}, Signature=${signature}`,
    );
  });

  it("the example of AWS's documentation: ListUsers of IAM", () => {
    const signed = 'content-type;host;x-amz-date';
    const headers = `content-type:application/x-www-form-urlencoded; charset=utf-8\nhost:iam.amazonaws.com\n${at.date}`;
    const query = 'Action=ListUsers&Version=2010-05-08';
    const request = { method: 'GET', path: '/', query, headers, signed, body: '' };
    expect(makeSigner('us-east-1', 'iam').sign(request, credentials, DATE)).toContain(
      'Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    );
  });

  it('a path with spaces and signs is encoded once more than it is sent', () => {
    expect(canonicalPath("/a%20b/(c)'!*/")).toBe('/a%2520b/%28c%29%27%21%2A/');
  });
});

class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;
  constructor(secret?: SourceData) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as Uint8Array);
  }
  update(data: SourceData): void {
    this.#hash.update(data as Uint8Array);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

describe('the signature of a request', () => {
  const visible = (maxLength: number) =>
    fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength,
    });
  const requests = fc.record({
    region: fc.constantFrom('us-east-1', 'cn-north-1', 'eusc-de-east-1', 'us-gov-west-1', 'ap-southeast-7'),
    endpoint: fc.oneof(
      fc.constant(undefined),
      fc
        .tuple(
          fc.constantFrom('https://vpce-1.example.com', 'http://localhost:8000', 'http://[::1]:4566'),
          fc.webPath(),
        )
        .map(([origin, path]) => origin + path),
    ),
    operation: fc.constantFrom('PutItem', 'UpdateItem', 'DeleteItem', 'GetItem'),
    body: fc.oneof(fc.json(), fc.string({ unit: 'binary', maxLength: 200 })),
    accessKeyId: visible(40),
    secretAccessKey: visible(60),
    sessionToken: fc.option(visible(400), { nil: undefined }),
    now: fc.integer({ min: 0, max: 4_102_444_800_000 }),
  } as const);

  it('equals that of @smithy/signature-v4, 10,000 times', async () => {
    let signed = 0;
    await fc.assert(
      fc.asyncProperty(requests, async ({ region, endpoint, operation, body, now, ...credentials }) => {
        const to = endpointOf({ region, endpoint }, {});
        const flat = headersOf(to)(operation, body, credentials, now);
        const ours = Object.fromEntries(
          Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index], flat[2 * index + 1] ?? '']),
        );
        const { 'content-length': _, 'x-amz-date': date, authorization, ...headers } = ours;
        delete headers['x-amz-security-token'];
        const oracle = new SignatureV4({
          region,
          service: 'dynamodb',
          credentials: { ...credentials, sessionToken: credentials.sessionToken as string },
          sha256: Sha256,
          applyChecksum: false,
        });
        const { path, hostname } = to;
        const request = new HttpRequest({
          method: 'POST',
          protocol: 'https:',
          hostname,
          path,
          headers,
          body,
        });
        const theirs = (await oracle.sign(request, { signingDate: new Date(now) })).headers;
        expect(authorization).toBe(theirs['authorization']);
        expect(date).toBe(theirs['x-amz-date']);
        expect(ours['x-amz-security-token']).toBe(theirs['x-amz-security-token']);
        signed++;
      }),
      { numRuns: 10_000 },
    );
    expect(signed).toBe(10_000);
  }, 60_000);

  it('is of the new day after midnight, and of new credentials at once', () => {
    const write = headersOf(endpointOf({ region: 'us-east-1' }, {}));
    const keys = { accessKeyId: 'a', secretAccessKey: 'b' };
    const authorization = (now: string, credentials = keys): string =>
      write('GetItem', '{}', credentials, Date.parse(now)).find((text) => text.startsWith('AWS4')) ?? '';
    const before = authorization('2026-01-31T23:59:59Z');
    expect(before).toContain('Credential=a/20260131/us-east-1/dynamodb/aws4_request');
    expect(authorization('2026-02-01T00:00:00Z')).toContain(
      'Credential=a/20260201/us-east-1/dynamodb/aws4_request',
    );
    expect(authorization('2026-01-31T23:59:59Z')).toBe(before);
    expect(authorization('2026-01-31T23:59:59Z', { ...keys, secretAccessKey: 'c' })).not.toBe(before);
  });
});
