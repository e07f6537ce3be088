import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import { fromBase64 } from '../../core/protocol/base64.js';
import { member, textOf } from '../../sources/fields.js';
import { RecordParseError } from './errors.js';
import { plainImage } from './image.js';
import type { RecordBody } from './types.js';

/** A few kilobytes of gzip can inflate to gigabytes. */
const MAX_INFLATED_BYTES = 64 * 1024 * 1024;

/** Starts with gzip's first bytes in base64, the form in which a queue's text carries compressed data. */
const GZIP_AS_BASE64 = /^H4sI[A-Za-z0-9+/]*={0,2}$/;

const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 0x08;

const inflated = (bytes: Buffer): Buffer => {
  if (!isGzip(bytes)) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch (cause) {
    throw new RecordParseError(
      `The body is gzip that cannot be decompressed: it is damaged, or holds more than ${MAX_INFLATED_BYTES} bytes.`,
      { cause },
    );
  }
};

const decoded = (text: string): Buffer => {
  try {
    return fromBase64(text, 'the body');
  } catch {
    throw new RecordParseError('The body is not base64.');
  }
};

const imageOf = (record: unknown): unknown =>
  member(record, 'dynamodb', 'NewImage') ?? member(record, 'dynamodb', 'OldImage');

/** The text as the source delivers it, and whether it is base64. */
const contentOf = (record: unknown): { readonly text: string; readonly isBase64: boolean } => {
  const body = textOf(record, 'body');
  if (body !== undefined) return { text: body, isBase64: GZIP_AS_BASE64.test(body) };
  const text = textOf(record, 'kinesis', 'data') ?? textOf(record, 'value');
  if (text !== undefined) return { text, isBase64: true };
  throw new RecordParseError(
    imageOf(record) === undefined
      ? 'The record has no body (a Kafka record without a value deletes its key).'
      : 'A record of a DynamoDB stream has no body as text or bytes: use json(), its image.',
  );
};

/** Reads a record's content on demand. */
export const bodyOf = (record: unknown): RecordBody => {
  const bytes = (): Buffer => {
    const { text, isBase64 } = contentOf(record);
    return isBase64 ? inflated(decoded(text)) : Buffer.from(text, 'utf8');
  };
  const text = (): string => {
    const content = bytes();
    if (!isUtf8(content)) throw new RecordParseError('The body is not UTF-8 text: use bytes().');
    return content.toString('utf8');
  };
  const json = (): unknown => {
    if (member(record, 'dynamodb') !== undefined) {
      const image = imageOf(record);
      if (image !== undefined) return plainImage(image as never);
      throw new RecordParseError(
        'The record has no image of the item: set the stream’s view type to one with images.',
      );
    }
    const content = text();
    try {
      return JSON.parse(content);
    } catch {
      // The parser's message quotes the text.
      throw new RecordParseError('The body is not JSON.');
    }
  };
  return { text, json, bytes };
};
