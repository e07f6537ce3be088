import type { ALBEvent, APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda';
import type { EventSource } from '../core/protocol/source.js';
import { declareSource } from './declare.js';
import { textOf } from './fields.js';
import { bodyFingerprint, keyFieldsOf, sortedQuery } from './http-fields.js';
import { checkHttpOptions, type HttpSourceOptions } from './http-options.js';
import { principalsOf } from './http-principals.js';
import { providers } from './providers.js';

interface Route {
  method(event: unknown): string | undefined;
  route(event: unknown): string | undefined;
}

const httpSource = (
  name: 'apiGatewayRest' | 'httpApi' | 'alb',
  options: HttpSourceOptions<never>,
  { method, route }: Route,
): EventSource => {
  checkHttpOptions(name, options);
  return declareSource({
    name,
    windowSeconds: options.windowSeconds ?? providers.stripe.window,
    ...keyFieldsOf(options),
    scope: (event) => [method(event) ?? '', route(event) ?? ''],
    caller: (event) => principalsOf(event, options),
    fingerprint: (event) => ({
      method: method(event) ?? null,
      path: textOf(event, 'rawPath') ?? textOf(event, 'path') ?? null,
      query: sortedQuery(event),
      body: bodyFingerprint(event),
    }),
  });
};

/**
 * A REST API of API Gateway. Callers are kept apart by authorizer principal, JWT subject and client, IAM role or user,
 * client certificate and API key. An event with an authorizer in which nothing names the caller is refused: set
 * `principal`, or the config's `scope`.
 *
 * @throws IdempotencyConfigError for an option that is unknown or wrong
 * @example
 * ```ts
 * import { apiGatewayRest } from 'lambda-idempotency/sources';
 *
 * const config = { source: apiGatewayRest({ header: 'Idempotency-Key' }), throwOnNoIdempotencyKey: true };
 * ```
 */
export const apiGatewayRest = (options: HttpSourceOptions<APIGatewayProxyEvent> = {}): EventSource =>
  httpSource('apiGatewayRest', options, {
    method: (event) => textOf(event, 'httpMethod'),
    route: (event) => textOf(event, 'resource') ?? textOf(event, 'path'),
  });

/**
 * An HTTP API of API Gateway (payload format 2.0), or a function URL. Callers are kept apart by JWT subject and client,
 * IAM role or user, Cognito identity, client certificate, and `principalId` or `sub` of a Lambda authorizer. An event with
 * an authorizer in which nothing names the caller is refused: set `principal`, or the config's `scope`.
 *
 * @throws IdempotencyConfigError for an option that is unknown or wrong
 * @example
 * ```ts
 * import type { APIGatewayProxyEventV2WithLambdaAuthorizer } from 'aws-lambda';
 * import { httpApi } from 'lambda-idempotency/sources';
 *
 * type Request = APIGatewayProxyEventV2WithLambdaAuthorizer<{ tenant: string }>;
 *
 * const source = httpApi({
 *   bodyField: 'payment.token',
 *   principal: (event: Request) => event.requestContext.authorizer.lambda.tenant,
 * });
 * const config = { source, throwOnNoIdempotencyKey: true };
 * ```
 */
export const httpApi = (options: HttpSourceOptions<APIGatewayProxyEventV2> = {}): EventSource =>
  httpSource('httpApi', options, {
    method: (event) => textOf(event, 'requestContext', 'http', 'method'),
    route: (event) => {
      const route = textOf(event, 'routeKey');
      return route === undefined || route === '$default' ? textOf(event, 'rawPath') : route;
    },
  });

/**
 * A target group of an Application Load Balancer. The event does not name the caller: set `principal`, or the config's
 * `scope`, unless keys are secret.
 *
 * @throws IdempotencyConfigError for an option that is unknown or wrong
 * @example
 * ```ts
 * import { alb } from 'lambda-idempotency/sources';
 *
 * const config = { source: alb({ principal: (event) => event.headers?.['x-tenant-id'] ?? 'public' }) };
 * ```
 */
export const alb = (options: HttpSourceOptions<ALBEvent> = {}): EventSource =>
  httpSource('alb', options, {
    method: (event) => textOf(event, 'httpMethod'),
    route: (event) => textOf(event, 'path'),
  });
