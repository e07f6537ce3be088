import { version } from '../../../aws-client.js';
import { sleep } from '../../../core/protocol/clock.js';
import { markRefused, type Operation } from '../errors.js';
import type { LeanClientConfig, LeanCredentials } from './config.js';
import { type Answer, type Connection, ConnectionFault, type Headers, makeConnection } from './connection.js';
import { type CredentialSource, credentialSourceOf } from './credentials.js';
import { type Endpoint, endpointOf } from './endpoint.js';
import { haveEnded, isThrottle, isTransient, maySkew, type Reply, replyOf, statusOf } from './failures.js';
import { type Host, isVisible } from './host.js';
import { amzDate, canonicalPath, makeSigner } from './signature.js';

/** Signs an operation, sends it to DynamoDB, and sends it again where that may help. */

const CONTENT_TYPE = 'application/x-amz-json-1.0';
const MAX_ATTEMPTS = 3;
const CONNECT_MS = 1_000;
const ANSWER_MS = 2_000;
const FIRST_PAUSE_MS = 50;
const FIRST_PAUSE_OF_THROTTLE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** Signatures are valid for five minutes; the AWS SDK corrects a clock that is off by four. */
const SKEW_MS = 240_000;

/** DynamoDB answered, and did nothing. */
const isRefusal = (error: unknown): boolean => {
  const status = statusOf(error) ?? 0;
  return status >= 400 && status < 500;
};

/** The error, plus what is known of its request, in the form of the AWS SDK's errors. */
const traced = (error: unknown, attempts: number, mayBeApplied: boolean): unknown => {
  if (typeof error !== 'object' || error === null) return error;
  if (!mayBeApplied) markRefused(error);
  return Object.assign(error, { $metadata: { attempts, httpStatusCode: statusOf(error) } });
};

/** A text that contains only whole seconds need be written only once per second. */
const oncePerSecond = (write: (epochMs: number) => string): ((epochMs: number) => string) => {
  let second = Number.NaN;
  let written = '';
  return (epochMs) => {
    if (second !== Math.floor(epochMs / 1_000)) {
      second = Math.floor(epochMs / 1_000);
      written = write(epochMs);
    }
    return written;
  };
};

/** Signed headers of a request. The parts that are the same for all requests are written once. */
export const headersOf = ({
  host,
  path,
  region,
}: Endpoint): ((
  operation: Operation,
  body: string,
  credentials: LeanCredentials,
  now: number,
) => Headers) => {
  const signer = makeSigner(region, 'dynamodb');
  const dateOf = oncePerSecond(amzDate);
  const signedPath = canonicalPath(path);
  const head = `content-type:${CONTENT_TYPE}\nhost:${host}\nx-amz-date:`;
  return (operation, body, credentials, now) => {
    const date = dateOf(now);
    const target = `DynamoDB_20120810.${operation}`;
    const { sessionToken } = credentials;
    const token = sessionToken === undefined ? '' : `x-amz-security-token:${sessionToken}\n`;
    const canonical = {
      method: 'POST',
      path: signedPath,
      query: '',
      headers: `${head}${date}\n${token}x-amz-target:${target}\n`,
      signed: `content-type;host;x-amz-date;${token && 'x-amz-security-token;'}x-amz-target`,
      body,
    };
    const headers = [
      'host',
      host,
      'content-type',
      CONTENT_TYPE,
      'content-length',
      String(Buffer.byteLength(body)),
      'x-amz-date',
      date,
      'x-amz-target',
      target,
      'authorization',
      signer.sign(canonical, credentials, date),
    ];
    if (sessionToken !== undefined) headers.push('x-amz-security-token', sessionToken);
    return headers;
  };
};

/** On some hosts, Lambda runs several invocations at once. Then `awslambda` says which one is asking. */
const traceOf = ({ env }: Host): string | undefined => {
  if (!env['AWS_LAMBDA_FUNCTION_NAME']) return undefined;
  const { awslambda } = globalThis as { awslambda?: { InvokeStore?: { getXRayTraceId?(): unknown } } };
  const trace = awslambda?.InvokeStore?.getXRayTraceId?.() ?? env['_X_AMZN_TRACE_ID'];
  return typeof trace === 'string' && isVisible(trace) ? trace : undefined;
};

const userAgentOf = ({ env }: Host): string => {
  const execution = env['AWS_EXECUTION_ENV'] ?? '';
  const host = isVisible(execution) ? ` exec-env/${execution}` : '';
  return `lambda-idempotency/${version} md/dynamodb-lite lang/js md/nodejs#${process.versions.node}${host}`;
};

export class LeanClient {
  readonly #host: Host;
  readonly #credentials: CredentialSource;
  readonly #connection: Connection;
  readonly #headersOf: ReturnType<typeof headersOf>;
  readonly #hostName: string;
  readonly #userAgent: string;
  readonly #maxAttempts: number;
  /** DynamoDB's clock minus this host's. */
  #skewMs = 0;

  /** @throws IdempotencyConfigError if neither settings nor environment have a region, endpoint or credentials */
  constructor(config: LeanClientConfig, host: Host) {
    const endpoint = endpointOf(config, host.env);
    const { connectionTimeout = CONNECT_MS, requestTimeout = ANSWER_MS } = config.requestHandler ?? {};
    this.#host = host;
    this.#hostName = endpoint.host;
    this.#credentials = credentialSourceOf(config, host);
    this.#connection = makeConnection(endpoint, connectionTimeout, requestTimeout, host.clock, {
      keepAlive: true,
    });
    this.#headersOf = headersOf(endpoint);
    this.#userAgent = userAgentOf(host);
    this.#maxAttempts = config.maxAttempts ?? MAX_ATTEMPTS;
  }

  /** Opens a connection, and loads credentials if necessary. Failures surface at the first request. */
  async connect(): Promise<void> {
    // DynamoDB's health check, which it answers without a signature.
    const headers = ['host', this.#hostName, 'user-agent', this.#userAgent];
    const open = this.#connection.exchange('GET', headers, '');
    await Promise.allSettled([open, this.#credentials.get()]);
  }

  /** @throws ServiceError, ConnectionFault, IdempotencyConfigError if there are no credentials any more */
  async send(operation: Operation, body: string): Promise<Reply> {
    let wasStale = false;
    let mayBeApplied = false;
    let sendings = 0;
    for (let attempt = 1; ; attempt++) {
      // Not awaited if they are at hand, as they mostly are.
      const found = this.#credentials.get();
      const credentials = found instanceof Promise ? await found : found;
      let answer: Answer | undefined;
      sendings++;
      try {
        answer = await this.#exchange(operation, body, credentials);
        return replyOf(answer, credentials);
      } catch (error) {
        if (error instanceof ConnectionFault && error.isStale && !wasStale) {
          mayBeApplied = true;
          // Not counted as an attempt: a connection that died during a freeze says nothing about DynamoDB.
          wasStale = true;
          attempt--;
          this.#connection.dropIdle();
          continue;
        }
        mayBeApplied ||= !isRefusal(error);
        if (attempt >= this.#maxAttempts) throw traced(error, sendings, mayBeApplied);
        if (answer && (this.#correctsClock(error, answer) || (await this.#replaces(credentials, error))))
          continue;
        if (!isTransient(error)) throw traced(error, sendings, mayBeApplied);
        await this.#pause(attempt, isThrottle(error));
      }
    }
  }

  #exchange(operation: Operation, body: string, credentials: LeanCredentials): Promise<Answer> {
    const now = this.#host.clock.now() + this.#skewMs;
    const headers = this.#headersOf(operation, body, credentials, now);
    headers.push('user-agent', this.#userAgent);
    const trace = traceOf(this.#host);
    if (trace !== undefined) headers.push('x-amzn-trace-id', trace);
    return this.#connection.exchange('POST', headers, body);
  }

  /** Whether the signature was refused because its time differs from DynamoDB's. */
  #correctsClock(error: unknown, { headers }: Answer): boolean {
    if (!maySkew(error) || headers['age'] !== undefined) return false;
    const serverTime = Date.parse(headers.date ?? '');
    const now = this.#host.clock.now();
    if (Number.isNaN(serverTime) || Math.abs(serverTime - now - this.#skewMs) < SKEW_MS) return false;
    this.#skewMs = serverTime - now;
    return true;
  }

  /** Whether other credentials have replaced the expired ones. */
  async #replaces(ended: LeanCredentials, error: unknown): Promise<boolean> {
    if (!haveEnded(error)) return false;
    this.#credentials.forget(ended);
    const { accessKeyId, sessionToken } = await this.#credentials.get();
    return accessKeyId !== ended.accessKeyId || sessionToken !== ended.sessionToken;
  }

  /** Full jitter: hosts that were throttled together do not retry together. */
  #pause(attempt: number, isOfThrottle: boolean): Promise<void> {
    const first = isOfThrottle ? FIRST_PAUSE_OF_THROTTLE_MS : FIRST_PAUSE_MS;
    const { clock, random } = this.#host;
    return sleep(clock, Math.min(first * 2 ** attempt, LONGEST_PAUSE_MS) * random());
  }
}
