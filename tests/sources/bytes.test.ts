import { describe, expect, it } from '@jest/globals';
import { IdempotencyKeyError, identify } from 'lambda-idempotency';
import { type EventSource, httpApi, kafka, kinesis } from 'lambda-idempotency/sources';
import { changed, context, functionUrlEvent, kinesisEvent, mskEvent } from './fixtures.js';

/** Bytes that are not UTF-8 all decode to U+FFFD: different ones must not become one key. */

const identityOf = (source: EventSource, event: unknown, more: object = {}) =>
  identify<never>(event, { config: { source, ...more }, context, keyPrefix: 'orders' });

const base64 = (...bytes: (string | number)[]): string =>
  Buffer.concat(
    bytes.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))),
  ).toString('base64');

const HEADERS = 'records.orders-0.0.headers';
const withHeader = (bytes: unknown) => changed(mskEvent, { [HEADERS]: [{ 'idempotency-key': bytes }] });

describe('a Kafka header', () => {
  it.each([
    ['0xff', [255]],
    ['0xfe', [254]],
    ['a character cut in half', [111, 195]],
    ['a surrogate in UTF-8', [237, 160, 128]],
    ['-1, as Java writes 0xff', [-1]],
  ])('that is not UTF-8 is refused: %s', async (_, bytes) => {
    const call = identityOf(kafka(), withHeader(bytes));
    await expect(call).rejects.toThrow(IdempotencyKeyError);
    await expect(call).rejects.toThrow(
      'The key of a call to orders cannot be computed: the record header idempotency-key is not UTF-8. Nothing ran.',
    );
  });

  it.each([
    ['a string', 'order-7f3a'],
    ['null', null],
    ['strings', ['o']],
    ['a number that is no byte', [111, 1_000]],
  ])('that is not a list of bytes is refused: %s', async (_, bytes) => {
    await expect(identityOf(kafka(), withHeader(bytes))).rejects.toThrow(
      'the record header idempotency-key is not a list of bytes',
    );
  });

  it('in UTF-8 is the same with the signs that Java gives its bytes', async () => {
    const signed = await identityOf(kafka(), withHeader([-61, -87]));
    const unsigned = await identityOf(kafka(), withHeader([195, 169]));
    expect(signed.key).toBe(unsigned.key);
    expect(kafka().read(withHeader([195, 169]), undefined).key).toBe('é');
  });
});

it('Kafka records whose values differ in such bytes have two fingerprints', async () => {
  const [one, other] = await Promise.all(
    [0xff, 0xfe].map((byte) =>
      identityOf(kafka(), changed(mskEvent, { [`records.orders-0.0.value`]: base64('a', byte) })),
    ),
  );
  expect(one?.key).toBe(other?.key);
  expect(one?.fingerprint).not.toBe(other?.fingerprint);
});

describe('Kinesis data', () => {
  const withData = (data: string) => changed(kinesisEvent, { 'Records.0.kinesis.data': data });
  const keyed = (byte: number) => withData(base64('{"idempotency_key":"', byte, '"}'));

  it('that is not UTF-8 holds no key: each record keeps its own', async () => {
    const reading = kinesis().read(keyed(0xff), undefined);
    expect(reading).toMatchObject({
      key: 'shardId-000000000006:49590000000000000000000000000000000000000000000000000001',
      madeBy: 'service',
    });
  });

  it('that is not UTF-8 is refused where a field of it is the key', async () => {
    await expect(identityOf(kinesis({ bodyField: 'idempotency_key' }), keyed(0xff))).rejects.toThrow(
      'the data is not UTF-8, so it has no field `idempotency_key` for the key',
    );
  });

  it('that differs in such bytes has two fingerprints', async () => {
    const [one, other] = await Promise.all(
      [0xff, 0xfe].map((byte) => identityOf(kinesis(), keyed(byte), { eventKey: () => 'order-7f3a' })),
    );
    expect(one?.fingerprint).not.toBe(other?.fingerprint);
  });
});

describe('an HTTP body', () => {
  const withBody = (...bytes: (string | number)[]) =>
    changed(functionUrlEvent, { 'headers.idempotency-key': undefined, body: base64(...bytes) });

  it('that is not UTF-8 is refused where a field of it is the key', async () => {
    await expect(
      identityOf(httpApi({ bodyField: 'token' }), withBody('{"token":"', 0xff, '"}')),
    ).rejects.toThrow('the body is not UTF-8, so it has no field `token` for the key');
  });

  it('that is not UTF-8 has no well-known field', () => {
    expect(httpApi().read(withBody('{"clientToken":"', 0xff, '"}'), undefined).key).toBeUndefined();
  });

  it('with a lone surrogate as a character keeps it in the fingerprint', async () => {
    const [one, other] = await Promise.all(
      ['\ud800', '\udbff'].map((body) =>
        identityOf(httpApi(), changed(functionUrlEvent, { body: `cake ${body}`, isBase64Encoded: false })),
      ),
    );
    expect(one?.fingerprint).not.toBe(other?.fingerprint);
  });
});
