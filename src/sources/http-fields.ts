import { isUtf8 } from 'node:buffer';
import { fromBase64 } from '../core/protocol/base64.js';
import type { KeyField } from './declare.js';
import {
  anyCase,
  contentOf,
  listOf,
  member,
  namedField,
  onlyKey,
  textOf,
  tryJson,
  WELL_KNOWN_FIELDS,
  wellKnownField,
} from './fields.js';
import type { HttpSourceOptions } from './http-options.js';

/** The key, the query and the body of an HTTP request, as found in the gateway's event. */

/** In order of preference: IETF and Stripe, PayPal, the common older form, Twilio. */
const WELL_KNOWN_HEADERS: readonly string[] = [
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

/** The body as text, or as bytes if those are not UTF-8: decoding them would make different bodies the same text. */
const contentIn = (event: unknown): string | Buffer | undefined => {
  const body = textOf(event, 'body');
  if (body === undefined || member(event, 'isBase64Encoded') !== true) return body;
  const bytes = fromBase64(body, 'the body');
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes;
};

/** Whether a gateway encodes a body in base64 depends on its settings, so text is compared decoded, other data as bytes. */
export const bodyFingerprint = (event: unknown): unknown => {
  const content = contentIn(event);
  return Buffer.isBuffer(content) ? { base64: content.toString('base64') } : contentOf(content);
};

export const sortedQuery = (event: unknown): unknown => {
  const raw = textOf(event, 'rawQueryString');
  if (raw !== undefined) return [...new URLSearchParams(raw)].map((pair) => JSON.stringify(pair)).sort();
  return member(event, 'multiValueQueryStringParameters') ?? member(event, 'queryStringParameters') ?? null;
};

/** The fields that may hold the key, in order, and their names for messages. */
export const keyFieldsOf = ({
  header,
  bodyField,
}: HttpSourceOptions<never>): { readonly keys: KeyField<unknown>[]; readonly lookedFor: string } => {
  const isDefault = header === undefined && bodyField === undefined;
  const headers = isDefault ? WELL_KNOWN_HEADERS : header === undefined ? [] : [header];
  const keys = headers.map(
    (name): KeyField<unknown> => ({ madeBy: 'client', read: (event) => headerOf(event, name) }),
  );
  if (bodyField !== undefined) {
    keys.push({ madeBy: 'client', read: (event) => namedField(contentIn(event), bodyField, 'the body') });
  } else if (isDefault) {
    keys.push({ madeBy: 'client', read: (event) => wellKnownField(tryJson(contentIn(event)), 'the body') });
  }
  const fields = isDefault ? WELL_KNOWN_FIELDS : bodyField === undefined ? [] : [bodyField];
  return {
    keys,
    lookedFor: listOf([
      ['header', headers],
      ['body field', fields],
    ]),
  };
};
