import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect, promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LeanClient } from '../../../../src/stores/dynamodb/lean/client.js';
import type { LeanClientConfig, LeanCredentials } from '../../../../src/stores/dynamodb/lean/config.js';
import type { Environment } from '../../../../src/stores/dynamodb/lean/host.js';
import { type Asked, failing, hostWith, json, KEYS, REGION, startServer, type TestServer } from './host.js';

const ENV = { ...REGION, ...KEYS };
const BODY = '{"TableName":"t"}';
const ITEM = { id: { S: 'k' } };

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.close());

const clientWith = (
  config: LeanClientConfig = {},
  { env = ENV, now = Date.now }: { env?: Environment; now?: () => number } = {},
): LeanClient => {
  const requestHandler = { connectionTimeout: 500, requestTimeout: 150 };
  return new LeanClient({ endpoint: server.endpoint, requestHandler, ...config }, hostWith(env, now));
};
const get = (client: LeanClient) => client.send('GetItem', BODY);
const got = { isRefused: false, members: { Item: ITEM } };
const destroy = (_: ServerResponse, { socket }: Asked): void => {
  socket.destroy();
};

describe('a request', () => {
  it('is signed, and names its operation, its sender and what it is a part of', async () => {
    const env = {
      ...ENV,
      AWS_SESSION_TOKEN: 'the-token',
      AWS_LAMBDA_FUNCTION_NAME: 'shop',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
      _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1',
    };
    await get(clientWith({}, { env, now: () => Date.parse('2026-01-31T12:00:00Z') }));
    const [{ method, url, headers, body } = server.asked[0] as Asked] = server.asked;
    expect([method, url, body]).toEqual(['POST', '/', BODY]);
    expect(headers).toMatchObject({
      host: `127.0.0.1:${server.port}`,
      'content-type': 'application/x-amz-json-1.0',
      'content-length': '17',
      'x-amz-target': 'DynamoDB_20120810.GetItem',
      'x-amz-date': '20260131T120000Z',
      'x-amz-security-token': 'the-token',
      'x-amzn-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1',
      'user-agent': expect.stringMatching(
        /^lambda-idempotency\/0\.1\.0 md\/dynamodb-lite .* exec-env\/AWS_Lambda_nodejs22\.x$/,
      ),
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20260131\/eu-central-1\/dynamodb\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=[0-9a-f]{64}$/,
      ),
    });
  });

  it('names no trace outside Lambda, and none that is no header', async () => {
    await get(clientWith({}, { env: { ...ENV, _X_AMZN_TRACE_ID: 'Root=1' } }));
    await get(
      clientWith({}, { env: { ...ENV, AWS_LAMBDA_FUNCTION_NAME: 'shop', _X_AMZN_TRACE_ID: 'a\r\nb: c' } }),
    );
    expect(server.asked.map(({ headers }) => headers['x-amzn-trace-id'])).toEqual([undefined, undefined]);
  });

  it('uses the connection of the one before', async () => {
    const client = clientWith();
    await get(client);
    // Past the time-out of the first, which must not reach what comes after it.
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (let i = 0; i < 2; i++) await get(client);
    expect(new Set(server.asked.map(({ socket }) => socket)).size).toBe(1);
  });

  it('leaves no timer behind', async () => {
    const host = hostWith(ENV);
    let running = 0;
    const after = (ms: number, callback: () => void): (() => void) => {
      running++;
      const stop = host.clock.after(ms, callback);
      return () => {
        running--;
        stop();
      };
    };
    const client = new LeanClient(
      { endpoint: server.endpoint },
      { ...host, clock: { ...host.clock, after } },
    );
    await get(client);
    await get(client);
    // A timer may be stopped twice, never less than once.
    expect(running).toBeLessThanOrEqual(0);
  });

  it('with connectAtStart, uses the connection that was opened then', async () => {
    const client = clientWith();
    await client.connect();
    await get(client);
    expect(server.asked.map(({ method }) => method)).toEqual(['GET', 'POST']);
    expect(server.asked[0]?.headers.authorization).toBeUndefined();
    expect(server.asked[0]?.socket).toBe(server.asked[1]?.socket);
  });

  it('to an endpoint that cannot be reached at the start fails later, not then', async () => {
    await clientWith({ endpoint: 'http://127.0.0.1:1' }).connect();
  });
});

describe('an answer', () => {
  it.each<[string, (response: ServerResponse) => void]>([
    [
      'in chunks of a byte',
      (response) => {
        for (const byte of Buffer.from(JSON.stringify({ Item: { id: { S: 'ü€😀' } } })))
          response.write(Buffer.from([byte]));
        response.end();
      },
    ],
    [
      'late, but in time',
      (response) => {
        setTimeout(() => json({ Item: { id: { S: 'ü€😀' } } })(response), 60);
      },
    ],
  ])('%s is read', async (_name, answer) => {
    server.answer(answer);
    expect(await get(clientWith())).toEqual({ isRefused: false, members: { Item: { id: { S: 'ü€😀' } } } });
    expect(server.asked).toHaveLength(1);
  });

  it('that came while the process was frozen is read, although its time is over', async () => {
    server.answer((response) => {
      response.on('finish', () => {
        const end = Date.now() + 300;
        while (Date.now() < end);
      });
      json({ Item: ITEM })(response);
    });
    expect(await get(clientWith({ maxAttempts: 1 }))).toEqual(got);
  });

  it('that refuses the condition is no error', async () => {
    const type = 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException';
    server.answer(json({ __type: type, message: 'The conditional request failed', Item: ITEM }, 400));
    expect(await get(clientWith())).toEqual({
      isRefused: true,
      members: expect.objectContaining({ Item: ITEM }),
    });
    expect(server.asked).toHaveLength(1);
  });

  const hang = (): void => {};
  it.each<[string, Parameters<TestServer['answer']>[0], string]>([
    ['a cut connection', destroy, 'ECONNRESET'],
    [
      'half of an answer',
      (response, { socket }) => {
        response.writeHead(200, { 'content-length': 100 }).write('{"Item":');
        setTimeout(() => socket.resetAndDestroy(), 5);
      },
      'ECONNRESET',
    ],
    ['silence', hang, 'TimeoutError'],
    [
      'an answer that never ends',
      (response) => {
        response.writeHead(200).write('{');
      },
      'TimeoutError',
    ],
    ['an answer of something else', json('<html>ok</html>'), 'UnexpectedAnswer'],
    ['no JSON object', json('[]'), 'UnexpectedAnswer'],
    ['no HTTP at all', (_, { socket }) => socket.end('SSH-2.0-OpenSSH\r\n'), 'HPE_INVALID_CONSTANT'],
    ['a bad gateway', json('<html>bad</html>', 502), 'HTTP 502'],
    ['an error of the server', failing('InternalServerError', 500), 'InternalServerError'],
    [
      'a throttle',
      failing('ProvisionedThroughputExceededException'),
      'ProvisionedThroughputExceededException',
    ],
    ['a throttle of another name', failing('ThrottlingException'), 'ThrottlingException'],
  ])('%s: is asked for again, three times in all', async (_name, answer, name) => {
    server.answer(answer, answer, json({ Item: ITEM }));
    expect(await get(clientWith())).toEqual(got);
    expect(server.asked).toHaveLength(3);

    server.asked.length = 0;
    server.answer(answer);
    await expect(get(clientWith())).rejects.toMatchObject({ name });
    expect(server.asked).toHaveLength(3);
  });

  it.each<[string, Parameters<TestServer['answer']>[0], string]>([
    ['no permission', failing('AccessDeniedException'), 'AccessDeniedException'],
    ['no table', failing('ResourceNotFoundException'), 'ResourceNotFoundException'],
    ['a wrong request', failing('ValidationException'), 'ValidationException'],
    ['a redirect', json('', 301, { location: 'https://example.com' }), 'HTTP 301'],
    ['a refusal of a proxy', json('<html>no</html>', 403), 'HTTP 403'],
  ])('that there is %s, is final', async (_name, answer, name) => {
    server.answer(answer);
    await expect(get(clientWith())).rejects.toMatchObject({ name });
    expect(server.asked).toHaveLength(1);
  });

  it('is waited for as often as `maxAttempts` says', async () => {
    server.answer(failing('InternalServerError', 500));
    await expect(get(clientWith({ maxAttempts: 1 }))).rejects.toMatchObject({ name: 'InternalServerError' });
    expect(server.asked).toHaveLength(1);
  });
});

describe('a connection that slept', () => {
  it('and was closed meanwhile: the request after it is sent again at once, and counts no attempt', async () => {
    const client = clientWith({ maxAttempts: 1 });
    const all = Array.from({ length: 5 }, () => get(client));
    await Promise.all(all);
    const slept = new Set(server.asked.map(({ socket }) => socket));
    expect(slept.size).toBe(5);
    // A reset without a FIN before, as a host sees it that was frozen: it learns of it by writing.
    server.answer((response, asked) =>
      slept.has(asked.socket) ? destroy(response, asked) : json({ Item: ITEM })(response),
    );
    server.asked.length = 0;
    expect(await get(client)).toEqual(got);
    expect(server.asked).toHaveLength(2);
    expect(slept.has(server.asked[1]?.socket as never)).toBe(false);
  });

  it('leaves the request all of its attempts', async () => {
    const client = clientWith({ maxAttempts: 2 });
    await get(client);
    server.asked.length = 0;
    server.answer(destroy, failing('InternalServerError', 500), json({ Item: ITEM }));
    expect(await get(client)).toEqual(got);
    expect(server.asked).toHaveLength(3);
  });

  it('is not what a new connection is that breaks', async () => {
    server.answer(destroy);
    await expect(get(clientWith({ maxAttempts: 1 }))).rejects.toMatchObject({
      name: 'ECONNRESET',
      isStale: false,
    });
    expect(server.asked).toHaveLength(1);
  });

  it('that the server closes when idle: the first request after does not fail', async () => {
    const client = clientWith({ maxAttempts: 1 });
    server.answer((response, { socket }) => {
      json({ Item: ITEM })(response);
      response.on('finish', () => socket.end());
    });
    for (let i = 0; i < 5; i++) {
      expect(await get(client)).toEqual(got);
      await new Promise((resolve) => setTimeout(resolve, i * 3));
    }
  });
});

describe('the clock', () => {
  it.each([
    ['slow', -900_000],
    ['fast', 900_000],
  ])(
    'that is %s by a quarter of an hour is corrected by the date of the refusal, and stays corrected',
    async (_name, off) => {
      const skewed = failing('InvalidSignatureException', 400, { date: new Date().toUTCString() });
      server.answer(skewed, json({ Item: ITEM }));
      const client = clientWith({}, { now: () => Date.now() + off });
      expect(await get(client)).toEqual(got);
      expect(await get(client)).toEqual(got);
      const times = server.asked.map(({ headers }) => String(headers['x-amz-date']));
      const seconds = times.map(
        (time) =>
          Math.abs(Date.parse(time.replace(/(....)(..)(..)T(..)(..)/, '$1-$2-$3T$4:$5:')) - Date.now()) /
          1_000,
      );
      expect(seconds.map((value) => value < 10)).toEqual([false, true, true]);
    },
  );

  it('that is right is no reason to ask again', async () => {
    server.answer(failing('InvalidSignatureException', 400, { date: new Date().toUTCString() }));
    await expect(get(clientWith())).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    expect(server.asked).toHaveLength(1);
  });
});

describe('credentials that DynamoDB finds ended', () => {
  it('are replaced where they were loaded', async () => {
    let given = 0;
    const credentials = async (): Promise<LeanCredentials> => ({
      accessKeyId: `key-${++given}`,
      secretAccessKey: 's',
    });
    server.answer(failing('ExpiredTokenException'), json({ Item: ITEM }));
    expect(await get(clientWith({ credentials }))).toEqual(got);
    const used = server.asked.map(
      ({ headers }) => /Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1],
    );
    expect(used).toEqual(['key-1', 'key-2']);
  });

  it('are final where there are no others', async () => {
    server.answer(failing('ExpiredTokenException'));
    await expect(get(clientWith())).rejects.toMatchObject({ name: 'ExpiredTokenException' });
    expect(server.asked).toHaveLength(1);
  });
});

describe('no secret', () => {
  const SECRETS = ['AKIDEXAMPLE', 'the-secret', 'the-token'];
  const env = { ...ENV, AWS_SESSION_TOKEN: 'the-token' };
  const message =
    'The request signature we calculated does not match. The key AKIDEXAMPLE is wrong. The Canonical String for this request ' +
    "should have been 'POST\n/\n\nx-amz-security-token:the-token\n'";

  it.each<[string, Parameters<TestServer['answer']>[0]]>([
    ['a signature that is refused', failing('InvalidSignatureException', 400, {}, message)],
    ['a page of another server', json('the-token AKIDEXAMPLE the-secret', 403)],
    ['a cut connection', destroy],
    ['silence', () => {}],
  ])('is in the error of %s, however it is looked at', async (_name, answer) => {
    server.answer(answer);
    const failure = await get(clientWith({ maxAttempts: 1 }, { env })).catch((error: unknown) => error);
    const shown =
      inspect(failure, { depth: 20, showHidden: true }) + JSON.stringify(failure) + String(failure);
    for (const secret of SECRETS) expect(shown).not.toContain(secret);
    expect(shown).toMatch(/does not match|not from DynamoDB|ECONNRESET|TimeoutError/);
  });

  it('is in what the client shows of itself', async () => {
    const credentials = {
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'the-secret',
      sessionToken: 'the-token',
    };
    for (const client of [clientWith({}, { env }), clientWith({ credentials })]) {
      await get(client);
      const shown = inspect(client, { depth: 20, showHidden: true }) + JSON.stringify(client);
      for (const secret of SECRETS) expect(shown).not.toContain(secret);
    }
  });
});

describe('TLS', () => {
  /** Another process, since Node reads these variables when it starts. */
  const send = async (endpoint: string, variables: Record<string, string>): Promise<string> => {
    const worker = fileURLToPath(new URL('tls-worker.ts', import.meta.url));
    const env = { ...process.env, ...ENV, ...variables };
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', worker, endpoint], {
      env,
    });
    return stdout.trim();
  };

  it('is verified, whatever NODE_TLS_REJECT_UNAUTHORIZED says; NODE_EXTRA_CA_CERTS names an authority', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lean-tls-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const of = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    await promisify(execFile)('openssl', ['req', '-x509', ...curve, ...of, '-keyout', key, '-out', cert]);
    let asked = 0;
    const secure = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
      asked++;
      response.end(JSON.stringify({ Item: ITEM }));
    });
    await new Promise<void>((resolve) => secure.listen(0, resolve));
    const { port } = secure.address() as AddressInfo;
    const variables = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_EXTRA_CA_CERTS: '' };
    expect(await send(`https://localhost:${port}`, variables)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(asked).toBe(0);
    const trusted = { NODE_EXTRA_CA_CERTS: cert };
    expect(await send(`https://localhost:${port}`, trusted)).toBe('{"Item":{"id":{"S":"k"}}}');
    expect(await send(`https://127.0.0.1:${port}`, trusted)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(asked).toBe(1);
    secure.close();
    rmSync(folder, { recursive: true });
  });
});
