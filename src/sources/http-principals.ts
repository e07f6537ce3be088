import { KeyMaterialError } from '../core/protocol/key-material-error.js';
import type { Caller } from './declare.js';
import { anyCase, member, textOf } from './fields.js';
import type { HttpSourceOptions } from './http-options.js';

/** Who sent an HTTP request, according to the gateway's event. */

type Parts = Readonly<Record<string, unknown>>;

/** Labelled, so that a subject and an API key with the same text are two principals. */
const labelled = (parts: Parts): string[] => {
  const texts: string[] = [];
  for (const label of Object.keys(parts)) {
    const value = parts[label];
    if ((typeof value === 'string' && value !== '') || typeof value === 'number')
      texts.push(`${label}:${value}`);
  }
  return texts;
};

/** The session name is chosen by whoever assumed the role: a container's is new after each restart. */
const ASSUMED_ROLE = /^(arn:[\w-]+:sts::\d*:assumed-role\/[^/]+)\/.+$/;

const iamPrincipal = (arn: unknown, { iamIdentity = 'role' }: HttpSourceOptions<never>): unknown =>
  iamIdentity === 'role' && typeof arn === 'string' ? arn.replace(ASSUMED_ROLE, '$1') : arn;

/** An authorizer of REST (`principalId`, `claims`) or of an HTTP API (`lambda`, `jwt`, `iam`). */
const ofAuthorizer = (authorizer: unknown, options: HttpSourceOptions<never>): string[] => {
  const claims = member(authorizer, 'claims') ?? member(authorizer, 'jwt', 'claims');
  // Claims that change when a token is refreshed are left out.
  return labelled({
    principal:
      member(authorizer, 'principalId') ??
      member(authorizer, 'lambda', 'principalId') ??
      member(authorizer, 'lambda', 'sub'),
    subject: member(claims, 'sub'),
    client: member(claims, 'client_id'),
    arn: iamPrincipal(member(authorizer, 'iam', 'userArn'), options),
    cognito: member(authorizer, 'iam', 'cognitoIdentity', 'identityId'),
  });
};

/** What a REST API's event names besides the authorizer. */
const ofIdentity = (identity: unknown, options: HttpSourceOptions<never>): string[] =>
  labelled({
    arn: iamPrincipal(member(identity, 'userArn'), options),
    cognito: member(identity, 'cognitoIdentityId'),
  });

/** Headers that a load balancer adds for an authenticated caller. A client may forge them, so they prove nothing. */
const LOAD_BALANCER_HEADERS = [
  'x-amzn-oidc-data',
  'x-amzn-oidc-identity',
  'x-amzn-mtls-clientcert',
  'x-amzn-mtls-clientcert-subject',
];

const loadBalancerHeader = (event: unknown): string | undefined =>
  member(event, 'requestContext', 'elb') === undefined
    ? undefined
    : LOAD_BALANCER_HEADERS.find((name) =>
        ['headers', 'multiValueHeaders'].some((where) => anyCase(member(event, where), name).length > 0),
      );

const hasMembers = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0;

const isPrincipal = (part: unknown): part is string => typeof part === 'string' && part !== '';

const namedByUser = (
  principal: NonNullable<HttpSourceOptions<never>['principal']>,
  event: unknown,
): string[] => {
  let answer: unknown;
  try {
    answer = principal(event as never);
  } catch (cause) {
    // Its message is not quoted, since it may contain the payload.
    throw Object.assign(new KeyMaterialError('the function `principal` threw'), { cause });
  }
  const parts: unknown[] = Array.isArray(answer) ? answer : [answer];
  if (parts.length > 0 && parts.every(isPrincipal)) return parts.map((part) => `own:${part}`);
  throw new KeyMaterialError('the function `principal` must return a non-empty string, or an array of them');
};

const advice = 'set `principal` of the source to a function that returns the caller';

/**
 * Who calls: what the gateway authenticated, or what the user's `principal` returns.
 *
 * @throws KeyMaterialError if the value that `principal` returns does not name a caller
 */
export const principalsOf = (event: unknown, options: HttpSourceOptions<never>): Caller => {
  if (options.principal) return { principals: namedByUser(options.principal, event) };
  const context = member(event, 'requestContext');
  const authorizer = member(context, 'authorizer');
  const identity = member(context, 'identity');
  const certificate = member(context, 'authentication', 'clientCert') ?? member(identity, 'clientCert');

  const authorized = ofAuthorizer(authorizer, options);
  const signed = ofIdentity(identity, options);
  const certified = labelled({ certificate: textOf(certificate, 'subjectDN') });
  const principals = [
    ...authorized,
    ...signed,
    ...certified,
    ...labelled({
      issuer: member(authorizer, 'claims', 'iss') ?? member(authorizer, 'jwt', 'claims', 'iss'),
      certificateIssuer: textOf(certificate, 'issuerDN'),
      apiKey: member(identity, 'apiKeyId'),
    }),
  ];

  // An API key, an issuer or a certificate may be shared by callers that an authorizer tells apart.
  if (hasMembers(authorizer) && authorized.length === 0) {
    const fields = 'principalId, sub, client_id, userArn or cognitoIdentity.identityId';
    return {
      principals,
      unknownCaller: `the event has an authorizer, but none of its fields ${fields} says who calls; ${advice}`,
    };
  }
  if (hasMembers(certificate) && authorized.length + signed.length + certified.length === 0) {
    return {
      principals,
      unknownCaller: `the event has a client certificate, but its subjectDN is empty; ${advice}`,
    };
  }
  const header = loadBalancerHeader(event);
  return header === undefined
    ? { principals }
    : {
        principals,
        unknownCaller: `the load balancer authenticated the caller (header ${header}), but alb() reads no caller from a header; ${advice}`,
      };
};
