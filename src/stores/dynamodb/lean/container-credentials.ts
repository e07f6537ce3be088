import { readFile } from 'node:fs/promises';
import { sleep } from '../../../core/protocol/clock.js';
import { configError, type LeanCredentials } from './config.js';
import { makeConnection } from './connection.js';
import { type Host, isLoopback, isVisible } from './host.js';

/** Credentials of ECS and EKS, from an endpoint that only this container reaches. */

const ECS = 'http://169.254.170.2';
/** Hosts that may receive the authorization token without TLS. */
const TRUSTED = ['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]'];
const TIMEOUT_MS = 1_000;
const ATTEMPTS = 3;
const PAUSE_MS = 100;

const FULL = 'AWS_CONTAINER_CREDENTIALS_FULL_URI';
const RELATIVE = 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI';

/** @throws IdempotencyConfigError if the variable names a host that must not receive a token */
const urlOf = (name: string, value: string): URL => {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    throw configError(`\`${name}\` is not a URL.`);
  }
  const isAllowed = url.protocol === 'https:' || isLoopback(url.hostname) || TRUSTED.includes(url.hostname);
  if (!isAllowed || !['https:', 'http:'].includes(url.protocol)) {
    throw configError(
      `\`${name}\` must be a URL of https, on loopback, or one of ${TRUSTED.join(', ')} (ECS and EKS).`,
    );
  }
  return url;
};

/** Read each time, since EKS rotates the file. */
const tokenOf = async ({ env }: Host): Promise<string | undefined> => {
  const file = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  const token = file ? (await readFile(file, 'utf8')).trim() : env['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
  if (!token) return undefined;
  if (!/^[\x20-\x7e]+$/.test(token)) {
    throw configError('The authorization token of the container endpoint must not have line breaks.');
  }
  return token;
};

const parsed = (body: string): LeanCredentials => {
  const answer: Record<string, unknown> = JSON.parse(body);
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = answer;
  const texts = [AccessKeyId, SecretAccessKey, Token, Expiration];
  const expiration = new Date(String(Expiration));
  if (!texts.every((text) => typeof text === 'string') || Number.isNaN(expiration.getTime())) {
    throw new Error('the answer lacks AccessKeyId, SecretAccessKey, Token or Expiration');
  }
  const [accessKeyId = '', secretAccessKey = '', sessionToken = ''] = texts as string[];
  return { accessKeyId, secretAccessKey, sessionToken, expiration };
};

/**
 * @returns a function that asks the endpoint, or undefined if the environment names none
 * @throws IdempotencyConfigError for an endpoint that must not be asked
 */
export const containerLoader = (host: Host): (() => Promise<LeanCredentials>) | undefined => {
  const relative = host.env[RELATIVE];
  const full = host.env[FULL];
  if (!relative && !full) return undefined;
  const url = relative ? urlOf(RELATIVE, `${ECS}${relative}`) : urlOf(FULL, full ?? '');
  if (!isVisible(url.href)) throw configError(`\`${relative ? RELATIVE : FULL}\` is not a URL.`);
  const target = {
    isSecure: url.protocol === 'https:',
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? undefined : Number(url.port),
    path: `${url.pathname}${url.search}`,
  };
  const connection = makeConnection(target, TIMEOUT_MS, TIMEOUT_MS, host.clock, { keepAlive: false });
  const ask = async (): Promise<LeanCredentials> => {
    const token = await tokenOf(host);
    const headers = ['host', url.host, ...(token ? ['authorization', token] : [])];
    const { status, body } = await connection.exchange('GET', headers, '');
    if (status !== 200) throw new Error(`it answered with HTTP ${status}`);
    return parsed(body);
  };
  return async () => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask();
      } catch (error) {
        if (attempt < ATTEMPTS) await sleep(host.clock, PAUSE_MS * attempt);
        // No cause: the text that could not be parsed may contain a credential.
        else
          throw credentialsFailure(
            `The container endpoint ${url.host} gave no credentials: ${reasonOf(error)}`,
          );
      }
    }
  };
};

const reasonOf = (error: unknown): string =>
  error instanceof SyntaxError
    ? 'its answer was not JSON'
    : error instanceof Error
      ? error.message
      : 'unknown';

const credentialsFailure = (message: string): Error =>
  Object.assign(new Error(message), { name: 'ContainerCredentialsError' });
