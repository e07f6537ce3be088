import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { LeanCredentials } from '../../../../src/stores/dynamodb/lean/config.js';
import { credentialSourceOf } from '../../../../src/stores/dynamodb/lean/credentials.js';
import type { Environment } from '../../../../src/stores/dynamodb/lean/host.js';
import { hostWith, json, KEYS, startServer, type TestServer } from './host.js';

const NOW = Date.parse('2026-01-31T12:00:00Z');
const inMinutes = (minutes: number): Date => new Date(NOW + minutes * 60_000);

describe('credentials of the environment', () => {
  it('are read anew for each request, and are the same object until they change', () => {
    const env: Record<string, string> = { ...KEYS, AWS_SESSION_TOKEN: 'token-1' };
    const source = credentialSourceOf({}, hostWith(env));
    const first = source.get();
    expect(first).toEqual({
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: 'the-secret',
      sessionToken: 'token-1',
    });
    expect(source.get()).toBe(first);
    env['AWS_SESSION_TOKEN'] = 'token-2';
    expect(source.get()).toMatchObject({ sessionToken: 'token-2' });
    delete env['AWS_SESSION_TOKEN'];
    expect(source.get()).toMatchObject({ sessionToken: undefined });
  });

  it.each<[string, Environment, string]>([
    ['nothing', {}, 'has no credentials: neither `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` nor'],
    ['only a profile', { AWS_PROFILE: 'dev' }, '`AWS_PROFILE` is, but profiles are read by the AWS SDK only'],
    ['only a web identity', { AWS_WEB_IDENTITY_TOKEN_FILE: '/x' }, '`AWS_WEB_IDENTITY_TOKEN_FILE` is, but'],
    [
      'a profile beside the keys',
      { ...KEYS, AWS_PROFILE: 'dev' },
      '`AWS_PROFILE` is set beside `AWS_ACCESS_KEY_ID`',
    ],
    ['half of them', { AWS_ACCESS_KEY_ID: 'a' }, '`AWS_SECRET_ACCESS_KEY` is not set'],
    ['the other half', { AWS_SECRET_ACCESS_KEY: 'the-secret' }, '`AWS_ACCESS_KEY_ID` is not set'],
    [
      'a line break',
      { ...KEYS, AWS_SECRET_ACCESS_KEY: 'the-secret\n' },
      '`secretAccessKey` must be a string without spaces',
    ],
    [
      'what has ended',
      { ...KEYS, AWS_CREDENTIAL_EXPIRATION: '2026-01-31T11:59:59Z' },
      'have expired (`AWS_CREDENTIAL_EXPIRATION`)',
    ],
    [
      'an endpoint without TLS',
      { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://example.com/x' },
      '`AWS_CONTAINER_CREDENTIALS_FULL_URI` must be a URL of https',
    ],
    [
      'no URL',
      { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'x' },
      '`AWS_CONTAINER_CREDENTIALS_FULL_URI` is not a URL',
    ],
    [
      'another host in disguise',
      { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '@example.com/x' },
      '`AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` must be',
    ],
  ])('%s is refused at the start, without the secret in the message', (_name, env, message) => {
    const make = () =>
      credentialSourceOf(
        {},
        hostWith(env, () => NOW),
      );
    expect(make).toThrow(expect.objectContaining({ name: 'IdempotencyConfigError' }));
    expect(make).toThrow(message);
    expect(make).not.toThrow(/the-secret/);
  });

  it.each([
    'http://169.254.170.2/x',
    'http://169.254.170.23/x',
    'http://[fd00:ec2::23]/x',
    'http://localhost:1/x',
    'https://example.com/x',
  ])('the endpoint %s may be asked', (uri) => {
    expect(() => credentialSourceOf({}, hostWith({ AWS_CONTAINER_CREDENTIALS_FULL_URI: uri }))).not.toThrow();
  });
});

describe('credentials of an option', () => {
  it('are taken as they were when the store was made', () => {
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const source = credentialSourceOf({ credentials }, hostWith({}));
    credentials.accessKeyId = 'changed';
    expect(source.get()).toEqual({ accessKeyId: 'a', secretAccessKey: 'b' });
  });

  it('of a function: are asked for once, then before they end, and nobody waits while the old ones work', async () => {
    let now = NOW;
    const given: LeanCredentials[] = [];
    const gate: (() => void)[] = [];
    const load = (): Promise<LeanCredentials> => {
      const credentials = {
        accessKeyId: `key-${given.length}`,
        secretAccessKey: 's',
        expiration: new Date(now + 3_600_000),
      };
      given.push(credentials);
      return new Promise((resolve) => gate.push(() => resolve(credentials)));
    };
    const source = credentialSourceOf(
      { credentials: load },
      hostWith({}, () => now),
    );
    const both = [source.get(), source.get()];
    gate[0]?.();
    expect((await Promise.all(both)).map(({ accessKeyId }) => accessKeyId)).toEqual(['key-0', 'key-0']);
    now += 3_299_000;
    expect(source.get()).toMatchObject({ accessKeyId: 'key-0' });
    expect(given).toHaveLength(1);
    now += 2_000;
    expect(source.get()).toMatchObject({ accessKeyId: 'key-0' });
    expect(given).toHaveLength(2);
    gate[1]?.();
    await new Promise(setImmediate);
    expect(source.get()).toMatchObject({ accessKeyId: 'key-1' });
    now += 3_595_000;
    const waiting = source.get();
    expect(waiting).toBeInstanceOf(Promise);
    gate[2]?.();
    expect(await waiting).toMatchObject({ accessKeyId: 'key-2' });
  });

  it('of a function that gives none: names the option', async () => {
    const source = credentialSourceOf({ credentials: async () => ({}) as LeanCredentials }, hostWith({}));
    await expect(source.get()).rejects.toThrow('`clientConfig.credentials`: `accessKeyId` must be a string');
  });
});

describe('credentials of a container', () => {
  let server: TestServer;
  let folder: string;
  beforeAll(async () => {
    server = await startServer();
    folder = mkdtempSync(join(tmpdir(), 'lean-credentials-'));
  });
  afterEach(() => {
    server.asked.length = 0;
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await server.close();
  });

  const answer = (id: string, minutes: number) => ({
    AccessKeyId: id,
    SecretAccessKey: 'the-secret',
    Token: 'the-token',
    Expiration: inMinutes(minutes).toISOString(),
  });

  it('are asked for with the token of the file as it is then, and renewed before they end', async () => {
    const file = join(folder, 'token');
    writeFileSync(file, 'token-1\n');
    let now = NOW;
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${server.endpoint}/v2/credentials?id=1`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'not this one',
    };
    server.answer(json(answer('first', 60)), json(answer('second', 120)));
    const source = credentialSourceOf(
      {},
      hostWith(env, () => now),
    );
    expect(await source.get()).toEqual({
      accessKeyId: 'first',
      secretAccessKey: 'the-secret',
      sessionToken: 'the-token',
      expiration: inMinutes(60),
    });
    writeFileSync(file, 'token-2\n');
    now = inMinutes(61).getTime();
    expect(await source.get()).toMatchObject({ accessKeyId: 'second' });
    expect(server.asked.map(({ method, url, headers }) => [method, url, headers.authorization])).toEqual([
      ['GET', '/v2/credentials?id=1', 'token-1'],
      ['GET', '/v2/credentials?id=1', 'token-2'],
    ]);
  });

  it('that fail twice are asked for a third time', async () => {
    const env = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: server.endpoint,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 't',
    };
    server.answer(json({}, 500), (_, { socket }) => socket.destroy(), json(answer('third', 60)));
    expect(
      await credentialSourceOf(
        {},
        hostWith(env, () => NOW),
      ).get(),
    ).toMatchObject({ accessKeyId: 'third' });
    expect(server.asked).toHaveLength(3);
  });

  it.each<[string, Parameters<TestServer['answer']>[0], string]>([
    ['no JSON', json('{"SecretAccessKey":"the-secret"'), 'its answer was not JSON'],
    ['half of them', json({ AccessKeyId: 'a', SecretAccessKey: 'the-secret' }), 'the answer lacks'],
    ['a refusal', json({ Message: 'the-secret' }, 403), 'it answered with HTTP 403'],
  ])(
    'an endpoint that answers %s: says so, and shows nothing of the answer',
    async (_name, given, message) => {
      server.answer(given);
      const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: server.endpoint };
      const failure = await Promise.resolve(credentialSourceOf({}, hostWith(env)).get()).catch(
        (error) => error,
      );
      expect(failure).toMatchObject({
        name: 'ContainerCredentialsError',
        message: `The container endpoint 127.0.0.1:${server.port} gave no credentials: ${
          message === 'the answer lacks'
            ? 'the answer lacks AccessKeyId, SecretAccessKey, Token or Expiration'
            : message
        }`,
      });
      expect(inspect(failure, { depth: 10 })).not.toContain('the-secret');
    },
  );
});
