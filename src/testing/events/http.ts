import type {
  ALBEvent,
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  LambdaFunctionURLEvent,
} from 'aws-lambda';
import { ACCOUNT, arnOf, gatewayTime, idOf, ORDER, SENT_AT, textOfBody, traceOf } from './values.js';

/** A request as the client sends it. */
export interface HttpRequest {
  /** Default: `'POST'`. */
  readonly method?: string;
  /** Default: `'/orders'`. */
  readonly path?: string;
  /** Default: a host of API Gateway. */
  readonly host?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The header Idempotency-Key. Default: none. */
  readonly idempotencyKey?: string;
  /** A string as it is, or a value that becomes JSON. Default: `{ orderId: 'order-1' }`. */
  readonly body?: unknown;
}

/** A request that API Gateway's authorizer accepted. */
export interface AuthorizedRequest extends HttpRequest {
  /** The claim `sub` of the caller's token. Default: no authorizer. */
  readonly subject?: string;
}

/** A request to a function URL, whose only authorizer is IAM. */
export interface SignedRequest extends HttpRequest {
  /** The ARN of the caller who signed the request. Default: the function URL is public. */
  readonly userArn?: string;
}

const API_HOST = 'a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com';

/** What all gateways need, with the defaults in place. */
const partsOf = (request: HttpRequest) => {
  const { method = 'POST', path = '/orders', host = API_HOST, query, body = ORDER, idempotencyKey } = request;
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    host,
    'x-amzn-trace-id': traceOf(request),
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    ...request.headers,
  };
  const [domainPrefix = host] = host.split('.');
  return { method, path, query, body: textOfBody(body), headers, domain: { domainName: host, domainPrefix } };
};

const listsOf = (record: Readonly<Record<string, string>>): Record<string, string[]> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, [value]]));

const claimsOf = (subject: string): Record<string, string> => ({
  sub: subject,
  iss: 'https://login.example.com/',
  client_id: 'client-1',
  iat: '1700000000',
  exp: '1700003600',
});

/**
 * A request as a REST API of API Gateway passes it to Lambda.
 *
 * @example
 * ```ts
 * import { apiGatewayEvent } from 'lambda-idempotency/testing';
 *
 * const event = apiGatewayEvent({ idempotencyKey: 'key-1', body: { cake: 'black forest' }, subject: 'ada' });
 * ```
 */
export const apiGatewayEvent = (request: AuthorizedRequest = {}): APIGatewayProxyEvent => {
  const { method, path, query, body, headers, domain } = partsOf(request);
  return {
    resource: path,
    path,
    httpMethod: method,
    headers,
    multiValueHeaders: listsOf(headers),
    queryStringParameters: query ?? null,
    multiValueQueryStringParameters: query ? listsOf(query) : null,
    pathParameters: null,
    stageVariables: null,
    requestContext: {
      accountId: ACCOUNT,
      apiId: 'a1b2c3d4e5',
      authorizer: request.subject === undefined ? null : { claims: claimsOf(request.subject) },
      ...domain,
      extendedRequestId: `${idOf('extended', request).slice(0, 15)}=`,
      protocol: 'HTTP/1.1',
      httpMethod: method,
      identity: {
        accessKey: null,
        accountId: null,
        apiKey: null,
        apiKeyId: null,
        caller: null,
        clientCert: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: '198.51.100.7',
        user: null,
        userAgent: 'shop-app/1.0',
        userArn: null,
      },
      path: `/prod${path}`,
      stage: 'prod',
      requestId: idOf('request', request),
      requestTime: gatewayTime(SENT_AT),
      requestTimeEpoch: SENT_AT,
      resourceId: 'abc123',
      resourcePath: path,
    },
    body,
    isBase64Encoded: false,
  };
};

const secondFormat = (request: HttpRequest, routeKey: string): APIGatewayProxyEventV2 => {
  const { method, path, query, body, headers, domain } = partsOf(request);
  return {
    version: '2.0',
    routeKey: routeKey === '' ? `${method} ${path}` : routeKey,
    rawPath: path,
    rawQueryString: new URLSearchParams(query).toString(),
    headers,
    ...(query && { queryStringParameters: { ...query } }),
    requestContext: {
      accountId: ACCOUNT,
      apiId: 'a1b2c3d4e5',
      ...domain,
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '198.51.100.7', userAgent: 'shop-app/1.0' },
      requestId: idOf('request', request),
      routeKey: routeKey === '' ? `${method} ${path}` : routeKey,
      stage: '$default',
      time: gatewayTime(SENT_AT),
      timeEpoch: SENT_AT,
    },
    body,
    isBase64Encoded: false,
  };
};

/**
 * A request as an HTTP API of API Gateway passes it to Lambda (payload format 2.0).
 *
 * @example
 * ```ts
 * import { httpApiEvent } from 'lambda-idempotency/testing';
 *
 * const event = httpApiEvent({ idempotencyKey: 'key-1', body: { cake: 'black forest' }, subject: 'ada' });
 * ```
 */
export const httpApiEvent = (request: AuthorizedRequest = {}): APIGatewayProxyEventV2 => {
  const event = secondFormat(request, '');
  if (request.subject === undefined) return event;
  const authorizer = { jwt: { claims: claimsOf(request.subject), scopes: null } };
  const requestContext = { ...event.requestContext, authorizer };
  return { ...event, requestContext };
};

/**
 * A request as a function URL passes it to Lambda.
 *
 * @example
 * ```ts
 * import { functionUrlEvent } from 'lambda-idempotency/testing';
 *
 * const event = functionUrlEvent({ idempotencyKey: 'key-1', userArn: 'arn:aws:iam::111122223333:user/ada' });
 * ```
 */
export const functionUrlEvent = (request: SignedRequest = {}): LambdaFunctionURLEvent => {
  const event = secondFormat(request, '$default');
  if (request.userArn === undefined) return event;
  const iam = {
    accessKey: 'AKIAEXAMPLE000000000',
    accountId: ACCOUNT,
    callerId: 'AIDAEXAMPLE',
    cognitoIdentity: null,
    principalOrgId: 'o-example',
    userArn: request.userArn,
    userId: 'AIDAEXAMPLE',
  };
  const requestContext = { ...event.requestContext, authorizer: { iam } };
  return { ...event, requestContext };
};

/**
 * A request as an Application Load Balancer passes it to Lambda.
 *
 * @example
 * ```ts
 * import { albEvent } from 'lambda-idempotency/testing';
 *
 * const event = albEvent({ idempotencyKey: 'key-1', path: '/orders' });
 * ```
 */
export const albEvent = (request: HttpRequest = {}): ALBEvent => {
  const { method, path, query, body, headers } = partsOf(request);
  return {
    requestContext: {
      elb: { targetGroupArn: arnOf('elasticloadbalancing', 'targetgroup/orders/0123456789abcdef') },
    },
    httpMethod: method,
    path,
    queryStringParameters: { ...query },
    headers,
    body,
    isBase64Encoded: false,
  };
};
