import { isUtf8 } from 'node:buffer';
import { fromBase64 } from '../core/protocol/base64.js';
import type { EventSource } from '../core/protocol/source.js';
import { type Declaration, declareSource, type KeyField } from './declare.js';
import {
  anyCase,
  contentOf,
  member,
  namedField,
  onlyKey,
  textOf,
  tryJson,
  wellKnownField,
} from './fields.js';
import { providers } from './providers.js';

export interface HttpSourceOptions {
  /** Header that holds the key, in any letter case. Default: the well-known headers, then well-known fields of a JSON body. */
  readonly header?: string;
  /** Field of the JSON body that holds the key, such as `'payment.token'`. Default: none. */
  readonly bodyField?: string;
  /** How long clients may retry, in seconds. Default: 86,400 (24 hours, as long as Stripe stores keys). */
  readonly windowSeconds?: number;
}

/** In order of preference: IETF and Stripe, PayPal, the common older form, Twilio. */
const WELL_KNOWN_HEADERS = [
  'Idempotency-Key',
  'PayPal-Request-Id',
  'X-Idempotency-Key',
  'I-Twilio-Idempotency-Token',
];

/** Splits a list: gateways join a repeated header with commas. A comma inside quotes does not separate. */
const membersOf = (value: string): string[] => {
  const members: string[] = [];
  let [start, isQuoted] = [0, false];
  for (let index = 0; index < value.length; index++) {
    const character = value[index];
    if (character === '\\' && isQuoted) index++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === ',' && !isQuoted) {
      members.push(value.slice(start, index));
      start = index + 1;
    }
  }
  members.push(value.slice(start));
  return members;
};

/** A quoted string (RFC 8941) and the same text without quotes are the same key. */
const unquoted = (value: string): string =>
  /^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(["\\])/g, '$1') : value;

/** @throws KeyMaterialError if the header occurs more than once with different values */
const headerOf = (event: unknown, name: string): unknown => {
  const values = [
    ...anyCase(member(event, 'multiValueHeaders'), name),
    ...anyCase(member(event, 'headers'), name),
  ]
    .flat()
    .filter((value): value is string => typeof value === 'string')
    .flatMap((value) => (value.includes(',') ? membersOf(value) : value))
    .map((value) => unquoted(value.trim()));
  return onlyKey(values, `the header ${name}`);
};

const bytesOf = (event: unknown): Buffer | undefined => {
  const body = textOf(event, 'body');
  if (body === undefined) return undefined;
  return member(event, 'isBase64Encoded') === true ? fromBase64(body, 'the body') : Buffer.from(body);
};

const bodyOf = (event: unknown): string | undefined => bytesOf(event)?.toString('utf8');

/** Whether a gateway encodes a body in base64 depends on its settings, so text is compared decoded, other data as bytes. */
const bodyFingerprint = (event: unknown): unknown => {
  const bytes = bytesOf(event);
  if (bytes === undefined) return null;
  return isUtf8(bytes) ? contentOf(bytes.toString('utf8')) : { base64: bytes.toString('base64') };
};

const keysOf = ({ header, bodyField }: HttpSourceOptions): KeyField<unknown>[] => {
  const inHeaders = (
    header === undefined && bodyField === undefined ? WELL_KNOWN_HEADERS : header ? [header] : []
  ).map((name): KeyField<unknown> => ({ madeBy: 'client', read: (event) => headerOf(event, name) }));
  const inBody: KeyField<unknown>[] = [];
  if (bodyField !== undefined) {
    inBody.push({ madeBy: 'client', read: (event) => namedField(bodyOf(event), bodyField, 'the body') });
  } else if (header === undefined) {
    inBody.push({ madeBy: 'client', read: (event) => wellKnownField(tryJson(bodyOf(event)), 'the body') });
  }
  return [...inHeaders, ...inBody];
};

/**
 * Labelled, so that a subject and an API key with the same text are two principals. Claims that change when a token is
 * refreshed are left out.
 */
const labelled = (parts: Readonly<Record<string, unknown>>): string[] => {
  const texts: string[] = [];
  for (const label of Object.keys(parts)) {
    const value = parts[label];
    if ((typeof value === 'string' && value !== '') || typeof value === 'number')
      texts.push(`${label}:${value}`);
  }
  return texts;
};

const sortedQuery = (event: unknown): unknown => {
  const raw = textOf(event, 'rawQueryString');
  if (raw !== undefined) return [...new URLSearchParams(raw)].map((pair) => JSON.stringify(pair)).sort();
  return member(event, 'multiValueQueryStringParameters') ?? member(event, 'queryStringParameters') ?? null;
};

const httpSource = (
  name: 'apiGatewayRest' | 'httpApi' | 'alb',
  options: HttpSourceOptions,
  own: Pick<Declaration<unknown>, 'scope'> & { readonly method: (event: unknown) => string | undefined },
): EventSource =>
  declareSource({
    name,
    windowSeconds: options.windowSeconds ?? providers.stripe.window,
    keys: keysOf(options),
    scope: (event) => [own.method(event) ?? '', ...(own.scope?.(event) ?? [])],
    fingerprint: (event) => ({
      method: own.method(event) ?? null,
      path: textOf(event, 'rawPath') ?? textOf(event, 'path') ?? null,
      query: sortedQuery(event),
      body: bodyFingerprint(event),
    }),
  });

/**
 * A REST API of API Gateway. Callers are kept apart by authorizer principal, JWT subject, IAM ARN and API key.
 *
 * @example
 * ```ts
 * import { apiGatewayRest } from 'lambda-idempotency/sources';
 *
 * const config = { source: apiGatewayRest({ header: 'Idempotency-Key' }), throwOnNoIdempotencyKey: true };
 * ```
 */
export const apiGatewayRest = (options: HttpSourceOptions = {}): EventSource =>
  httpSource('apiGatewayRest', options, {
    method: (event) => textOf(event, 'httpMethod'),
    scope: (event) => {
      const context = member(event, 'requestContext');
      return [
        textOf(event, 'resource') ?? textOf(event, 'path') ?? '',
        ...labelled({
          principal: member(context, 'authorizer', 'principalId'),
          issuer: member(context, 'authorizer', 'claims', 'iss'),
          subject: member(context, 'authorizer', 'claims', 'sub'),
          arn: member(context, 'identity', 'userArn'),
          cognito: member(context, 'identity', 'cognitoIdentityId'),
          apiKey: member(context, 'identity', 'apiKeyId'),
        }),
      ];
    },
  });

/**
 * An HTTP API of API Gateway (payload format 2.0), or a function URL. Callers are kept apart by JWT subject and client,
 * IAM ARN, Cognito identity and Lambda authorizer principal.
 *
 * @example
 * ```ts
 * import { httpApi } from 'lambda-idempotency/sources';
 *
 * const config = { source: httpApi({ bodyField: 'payment.token' }), throwOnNoIdempotencyKey: true };
 * ```
 */
export const httpApi = (options: HttpSourceOptions = {}): EventSource =>
  httpSource('httpApi', options, {
    method: (event) => textOf(event, 'requestContext', 'http', 'method'),
    scope: (event) => {
      const authorizer = member(event, 'requestContext', 'authorizer');
      const route = textOf(event, 'routeKey');
      return [
        route === undefined || route === '$default' ? (textOf(event, 'rawPath') ?? '') : route,
        ...labelled({
          issuer: member(authorizer, 'jwt', 'claims', 'iss'),
          subject: member(authorizer, 'jwt', 'claims', 'sub'),
          client: member(authorizer, 'jwt', 'claims', 'client_id'),
          arn: member(authorizer, 'iam', 'userArn'),
          cognito: member(authorizer, 'iam', 'cognitoIdentity', 'identityId'),
          principal: member(authorizer, 'lambda', 'principalId') ?? member(authorizer, 'lambda', 'sub'),
        }),
      ];
    },
  });

/**
 * A target group of an Application Load Balancer. The event does not name the caller: set `scope` unless keys are
 * secret.
 *
 * @example
 * ```ts
 * import type { ALBEvent } from 'aws-lambda';
 * import { alb } from 'lambda-idempotency/sources';
 *
 * const config = { source: alb(), scope: (event: ALBEvent) => event.headers?.['x-tenant-id'] ?? 'public' };
 * ```
 */
export const alb = (options: HttpSourceOptions = {}): EventSource =>
  httpSource('alb', options, {
    method: (event) => textOf(event, 'httpMethod'),
    scope: (event) => [textOf(event, 'path') ?? ''],
  });
