import { gzipSync } from 'node:zlib';
import { describe, expect, it, jest } from '@jest/globals';
import type { DynamoDBRecord } from 'aws-lambda';
import {
  type BatchRecord,
  makeBatchIdempotent,
  type RecordBody,
  RecordParseError,
  type StandardSchema,
} from '../../../src/fronts/batch/make-batch-idempotent.js';
import { MemoryPersistenceLayer } from '../../../src/stores/memory.js';
import { contextWith } from '../../support/contexts.js';
import { dynamodbStreams, kafka, kinesis, type Source, sqs, untyped } from './sources.js';

const context = contextWith(30_000);

/** What `read` gives of one record's body, or the error that the record fails with. */
const readOf = async (event: unknown, read: (body: RecordBody) => unknown): Promise<unknown> => {
  let found: unknown;
  const handler = untyped(
    makeBatchIdempotent(
      (data: unknown, _record: BatchRecord) => {
        found = data;
      },
      {
        persistenceStore: new MemoryPersistenceLayer(),
        parse: read,
        whenAllFail: 'report',
        onRecordFailed: (error) => {
          found = error;
        },
      },
    ),
  );
  await handler(event, context);
  return found;
};

const withText = (source: Source, text: string): unknown => source.event([{ number: 1, text }]);
const json = (body: RecordBody): unknown => body.json();
const text = (body: RecordBody): unknown => body.text();
const bytes = (body: RecordBody): unknown => body.bytes();

/** An event whose base64 data are these bytes. */
const withBytes = (source: Source, content: Buffer): unknown => {
  const event = withText(source, '') as {
    Records?: { kinesis: { data: string } }[];
    records?: Record<string, { value: string }[]>;
  };
  for (const record of event.Records ?? []) record.kinesis.data = content.toString('base64');
  for (const record of Object.values(event.records ?? {}).flat()) record.value = content.toString('base64');
  return event;
};

describe('the body of a record', () => {
  it.each([sqs, kinesis, kafka])('of $name is JSON, text or bytes', async (source) => {
    const event = withText(source, '{"cake":"Käsekuchen"}');
    expect(await readOf(event, json)).toEqual({ cake: 'Käsekuchen' });
    expect(await readOf(event, text)).toBe('{"cake":"Käsekuchen"}');
    expect(await readOf(event, bytes)).toEqual(Buffer.from('{"cake":"Käsekuchen"}'));
  });

  it.each([kinesis, kafka])('of $name is decompressed where it is gzip', async (source) => {
    expect(await readOf(withBytes(source, gzipSync('{"cake":"lemon"}')), json)).toEqual({ cake: 'lemon' });
  });

  it('of a queue is decompressed where it is gzip in base64', async () => {
    const body = gzipSync('{"cake":"lemon"}').toString('base64');
    expect(await readOf(withText(sqs, body), json)).toEqual({ cake: 'lemon' });
  });

  it('of DynamoDB Streams is the new image as plain values, or the old one', async () => {
    const event = dynamodbStreams.event([{ number: 1 }]) as { Records: DynamoDBRecord[] };
    const stream = event.Records[0]?.dynamodb;
    if (!stream) throw new Error('no record');
    stream.NewImage = {
      id: { S: 'o-1' },
      count: { N: '3' },
      price: { N: '2.50' },
      big: { N: '123456789012345678901234567890' },
      exact: { N: '0.12345678901234567890' },
      paid: { BOOL: true },
      gone: { NULL: true },
      photo: { B: 'AQI=' },
      list: { L: [{ S: 'a' }, { M: { b: { N: '1' } } }] },
      tags: { SS: ['x'] },
      sizes: { NS: ['1', '2'] },
    };
    expect(await readOf(event, json)).toEqual({
      id: 'o-1',
      count: 3,
      price: 2.5,
      big: 123456789012345678901234567890n,
      exact: '0.12345678901234567890',
      paid: true,
      gone: null,
      photo: Buffer.from([1, 2]),
      list: ['a', { b: 1 }],
      tags: new Set(['x']),
      sizes: new Set([1, 2]),
    });
    delete stream.NewImage;
    stream.OldImage = { id: { S: 'old' } };
    expect(await readOf(event, json)).toEqual({ id: 'old' });
    delete stream.OldImage;
    expect(await readOf(event, json)).toMatchObject({ code: 'BATCH_RECORD_PARSE' });
    expect(await readOf(event, text)).toMatchObject({ code: 'BATCH_RECORD_PARSE' });
  });
});

describe('a record that cannot be parsed', () => {
  const secret = 'card: 4242';
  it.each<[string, unknown, (body: RecordBody) => unknown, string]>([
    ['is not JSON', withText(sqs, secret), json, 'The body is not JSON.'],
    [
      'is not base64',
      (() => {
        const event = withText(kinesis, '') as { Records: { kinesis: { data: string } }[] };
        for (const record of event.Records) record.kinesis.data = secret;
        return event;
      })(),
      json,
      'The body is not base64.',
    ],
    [
      'is not UTF-8',
      withBytes(kafka, Buffer.from([0xff, 0xfe])),
      text,
      'The body is not UTF-8 text: use bytes().',
    ],
    [
      'is damaged gzip',
      withBytes(kafka, gzipSync(secret).subarray(0, 12)),
      bytes,
      'The body is gzip that cannot be decompressed: it is damaged, or holds more than 67108864 bytes.',
    ],
    [
      'is a gzip bomb',
      withBytes(kafka, gzipSync(Buffer.alloc(64 * 1024 * 1024 + 1))),
      bytes,
      'The body is gzip that cannot be decompressed: it is damaged, or holds more than 67108864 bytes.',
    ],
    [
      'makes the parser throw',
      withText(sqs, secret),
      () => {
        throw new Error(secret);
      },
      'The record cannot be parsed: `parse` threw (see `cause`).',
    ],
  ])('because it %s, fails with an error that does not quote it', async (_why, event, read, message) => {
    const error = await readOf(event, read);
    // A malformed key fails the record before it is parsed.
    if (message === 'The body is not base64.') {
      expect(error).toMatchObject({ code: 'IDEMPOTENCY_KEY' });
    } else {
      expect(error).toBeInstanceOf(RecordParseError);
      expect(error).toMatchObject({ name: 'RecordParseError', code: 'BATCH_RECORD_PARSE', message });
    }
    expect((error as Error).message + JSON.stringify(error)).not.toContain('4242');
  });
});

describe('with a schema', () => {
  interface Order {
    readonly id: string;
  }
  const schema: StandardSchema<unknown, Order> = {
    '~standard': {
      version: 1,
      vendor: 'own',
      validate: async (value) =>
        typeof (value as Partial<Order>).id === 'string'
          ? { value: { id: (value as Order).id.toUpperCase() } }
          : { issues: [{ message: `id is ${JSON.stringify(value)}`, path: ['id'] }] },
    },
  };

  it('the handler gets the output, and what does not match fails alone', async () => {
    const orders: Order[] = [];
    const errors: unknown[] = [];
    const handler = untyped(
      makeBatchIdempotent((order, _record: BatchRecord) => void orders.push(order), {
        persistenceStore: new MemoryPersistenceLayer(),
        schema,
        onRecordFailed: (error) => void errors.push(error),
      }),
    );
    const event = sqs.event([
      { number: 1, text: '{"id":"a"}' },
      { number: 2, text: '{"card":"4242"}' },
    ]);
    expect(await handler(event, context)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm-2' }] });
    expect(orders).toEqual([{ id: 'A' }]);
    expect(errors).toMatchObject([
      {
        message: 'The record does not match the schema: 1 issue (see `issues`).',
        issues: [{ path: ['id'] }],
      },
    ]);
    expect(JSON.stringify(errors)).not.toContain('4242');
  });

  it('duplicates are not parsed again', async () => {
    const parse = jest.fn((body: RecordBody) => body.json());
    const handler = untyped(
      makeBatchIdempotent((_data: unknown, _record: BatchRecord) => {}, {
        persistenceStore: new MemoryPersistenceLayer(),
        parse,
      }),
    );
    await handler(sqs.event([{ number: 1 }, { number: 1 }]), context);
    await handler(sqs.event([{ number: 1 }]), context);
    expect(parse).toHaveBeenCalledTimes(1);
  });
});
