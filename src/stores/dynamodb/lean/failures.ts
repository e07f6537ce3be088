import { isObject } from '../../../core/protocol/values.js';
import type { LeanCredentials } from './config.js';
import { type Answer, ConnectionFault } from './connection.js';

/** What a failure answer means, and what to do about it. */

/** DynamoDB's error: `name` is its code. The request and its headers are not part of it. */
class ServiceError extends Error {
  readonly status: number;
  readonly requestId: string | undefined;

  constructor(name: string, message: string, status: number, requestId?: string) {
    super(message);
    this.name = name;
    this.status = status;
    this.requestId = requestId;
  }
}

const CONDITION = 'ConditionalCheckFailedException';
const THROTTLED = [
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  'RequestThrottled',
  'RequestThrottledException',
  'LimitExceededException',
];
/** DynamoDB's codes for a signature with the wrong time. Some of them also have other meanings. */
const SKEWED = [
  'AccessDeniedException',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
];
const ENDED = ['ExpiredTokenException', 'ExpiredToken', 'UnrecognizedClientException'];
/** Certificate errors, which a retry does not cure. */
const UNTRUSTED = /^(CERT_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH)/;

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

export const isThrottle = (error: unknown): boolean => THROTTLED.includes(nameOf(error));
export const maySkew = (error: unknown): boolean => SKEWED.includes(nameOf(error));
export const haveEnded = (error: unknown): boolean => ENDED.includes(nameOf(error));

/** The HTTP status of a failure answer; undefined if there was no answer. */
export const statusOf = (error: unknown): number | undefined =>
  error instanceof ServiceError ? error.status : undefined;

/** Whether the same request may succeed a moment later. */
export const isTransient = (error: unknown): boolean => {
  if (error instanceof ConnectionFault) return !UNTRUSTED.test(error.name);
  return isThrottle(error) || (error instanceof ServiceError && error.status >= 500);
};

/** For a wrong signature, DynamoDB's message quotes the canonical request, which contains the token. */
const without = (message: string, { accessKeyId, sessionToken }: LeanCredentials): string => {
  return [accessKeyId, sessionToken].reduce<string>(
    (text, secret) => (secret ? text.replaceAll(secret, '(hidden)') : text),
    message,
  );
};

const parse = (body: string): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};

/** DynamoDB's answer to an operation that it has carried out, or whose condition failed. */
export interface Reply {
  readonly isRefused: boolean;
  readonly members: Record<string, unknown>;
}

/** @throws ServiceError if DynamoDB refuses; ConnectionFault if something other than DynamoDB answered */
export const replyOf = ({ status, headers, body }: Answer, credentials: LeanCredentials): Reply => {
  const members = parse(body);
  if (status === 200 && members) return { isRefused: false, members };
  const requestId = headers['x-amzn-requestid'];
  const type = members?.['__type'] ?? headers['x-amzn-errortype'];
  if (status !== 200 && typeof type === 'string') {
    const code = type.slice(type.indexOf('#') + 1).split(':', 1)[0] ?? type;
    if (members && code === CONDITION) return { isRefused: true, members };
    const message = members?.['message'] ?? members?.['Message'] ?? '';
    const told = without(String(message), credentials);
    throw new ServiceError(code, told, status, requestId === undefined ? undefined : String(requestId));
  }
  // Without the body: it may be a proxy's page, or half an answer that contains a record.
  if (status === 200) throw new ConnectionFault('UnexpectedAnswer', 'the answer was not JSON');
  throw new ServiceError(`HTTP ${status}`, 'the answer was not from DynamoDB', status);
};
