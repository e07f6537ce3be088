import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { DynamoDBRecord, KinesisStreamRecord, SQSRecord } from 'aws-lambda';
import {
  BatchFailedError,
  type BatchOptions,
  makeBatchIdempotent,
} from '../../../src/fronts/batch/make-batch-idempotent.js';
import {
  currentIdempotency,
  IdempotencyAttemptsExhaustedError,
  IdempotencyConfig,
  IdempotencyConfigError,
  IdempotencyError,
  IdempotencyKeyError,
  identify,
  makeIdempotent,
} from '../../../src/index.js';
import { sqs as sqsPreset } from '../../../src/sources/messages.js';
import { kinesis as kinesisPreset } from '../../../src/sources/streams.js';
import { MemoryPersistenceLayer } from '../../../src/stores/memory.js';
import { contextWith } from '../../support/contexts.js';
import { rejectionOf } from '../../support/gates.js';
import { SpyStore } from '../../support/spy-store.js';
import { middyVersions } from '../fronts.js';
import { dynamodbStreams, kafka, kinesis, sqs, sqsFifo, untyped } from './sources.js';

const context = contextWith(30_000);
const quiet = { onRecordFailed: () => undefined };
const texts = (...bodies: string[]) => bodies.map((text, number) => ({ number, text }));

describe('makeBatchIdempotent', () => {
  let persistenceStore: SpyStore;
  beforeEach(() => {
    persistenceStore = new SpyStore(new MemoryPersistenceLayer());
  });

  const handlerOf = (work: (record: SQSRecord) => unknown, options: Partial<BatchOptions<SQSRecord>> = {}) =>
    untyped(makeBatchIdempotent(work, { persistenceStore, ...quiet, ...options }) as never);

  describe('refuses when it wraps', () => {
    it.each([
      [{ concurrency: 0 }, '`concurrency` must be a whole number of 1 or more'],
      [{ stopBeforeMs: -1 }, '`stopBeforeMs` must be a whole number of 0 or more'],
      [{ order: 'topic' }, "`order` must be 'partitionKey' or 'shard'"],
      [{ whenAllFail: 'ignore' }, "`whenAllFail` must be 'throw' or 'report'"],
      [{ onParked: 1 }, '`onParked` must be a function'],
      [{ onRecordFailed: {} }, '`onRecordFailed` must be a function'],
      [{ parse: 'json' }, '`parse` must be a function'],
      [{ schema: {} }, '`schema` must be a Standard Schema v1'],
      [{ batchSize: 10 }, 'unknown option `batchSize`'],
      [{ persistenceStore: undefined }, '`persistenceStore` is missing'],
      [{ config: { eventKeyJmesPath: 'a b' } }, '`eventKeyJmesPath`'],
    ])('%j', (options, message) => {
      const wrap = () =>
        makeBatchIdempotent(async (_record: SQSRecord) => {}, { persistenceStore, ...options } as never);
      expect(wrap).toThrow(IdempotencyConfigError);
      expect(wrap).toThrow(message);
    });

    it('both a parser and a schema, and what is no function', () => {
      const schema = { '~standard': { version: 1, vendor: 'own', validate: () => ({ value: 1 }) } };
      expect(() =>
        makeBatchIdempotent(async () => {}, { persistenceStore, schema, parse: () => 1 } as never),
      ).toThrow('give either `parse` or `schema`, not both');
      expect(() => makeBatchIdempotent(undefined as never, { persistenceStore })).toThrow(
        'makeBatchIdempotent needs a function that handles one record.',
      );
    });
  });

  describe('refuses as a whole, before anything runs,', () => {
    it.each([
      ['an event that is no batch', { orderId: 1 }, 'not a batch of SQS, Kinesis, DynamoDB Streams or Kafka'],
      ['a batch of another source', { Records: [{ EventSource: 'aws:sns', Sns: {} }] }, 'not a batch of SQS'],
      ['no event', undefined, 'not a batch of SQS'],
      [
        'a record that could not be reported',
        { Records: [{ eventSource: 'aws:sqs', body: 'x' }] },
        'Record 0 of the batch has no `messageId`',
      ],
    ])('%s', async (_name, event, message) => {
      const work = jest.fn();
      const error = await rejectionOf(handlerOf(work)(event, context));
      expect(error).toBeInstanceOf(IdempotencyKeyError);
      expect((error as Error).message).toContain(message);
      expect(work).not.toHaveBeenCalled();
    });

    it('a batch of another source than the configured one', async () => {
      const work = jest.fn();
      const handler = handlerOf(work, { config: { source: kinesisPreset() } });
      const error = await rejectionOf(handler(sqs.event([{ number: 1 }]), context));
      expect(error).toMatchObject({
        code: 'IDEMPOTENCY_KEY',
        message: 'The batch comes from sqs, but `source` is kinesis. Nothing ran.',
      });
      expect(work).not.toHaveBeenCalled();
    });

    it('a config that cannot work for its records', async () => {
      const work = jest.fn();
      const event = sqsFifo.event([{ number: 1 }, { number: 2 }]) as { Records: SQSRecord[] };
      for (const { attributes, body } of event.Records) {
        attributes.MessageDeduplicationId = createHash('sha256').update(body).digest('hex');
      }
      const error = await rejectionOf(handlerOf(work)(event, context));
      expect(error).toBeInstanceOf(IdempotencyConfigError);
      expect(work).not.toHaveBeenCalled();
    });
  });

  describe('keys', () => {
    it('each record as the preset of its source does, within its window', async () => {
      const handler = handlerOf(() => 'done', { keyPrefix: 'orders' });
      const event = sqs.event([{ number: 1 }]) as { Records: SQSRecord[] };
      await handler(event, context);
      const { key, windowSeconds } = await identify(event.Records[0], {
        keyPrefix: 'orders',
        config: { source: sqsPreset() },
      });
      const [record] = await persistenceStore.records();
      expect(record?.key).toBe(key);
      expect(windowSeconds).toBe(1_209_600);
      expect((record?.expiresAt ?? 0) - Date.now()).toBeGreaterThan(1_209_000_000);
    });

    it('by a field of its own, within the window of the source', async () => {
      const handler = handlerOf(() => 'done', { config: { eventKeyJmesPath: 'json(body).order' } });
      await handler(sqs.event(texts('{"order":"o-1"}', '{"order":"o-2"}', '{"order":"o-1"}')), context);
      const records = await persistenceStore.records();
      expect(records).toHaveLength(2);
      expect((records[0]?.expiresAt ?? 0) - Date.now()).toBeGreaterThan(1_209_000_000);
    });

    it('notifications of SNS in a queue by their own id', async () => {
      const work = jest.fn();
      const notification = JSON.stringify({ Type: 'Notification', MessageId: 'n-1', Message: 'cake' });
      await handlerOf(work)(sqs.event(texts(notification, notification)), context);
      expect(work).toHaveBeenCalledTimes(1);
    });

    it('records of two Kafka clusters apart', async () => {
      const work = jest.fn();
      const handler = handlerOf(work);
      const event = kafka.event([{ number: 1 }]) as object;
      await handler(event, context);
      await handler(
        { ...event, eventSourceArn: 'arn:aws:kafka:eu-west-1:000000000000:cluster/other/1' },
        context,
      );
      await handler(event, context);
      expect(work).toHaveBeenCalledTimes(2);
    });

    it('fails a record alone whose key is malformed', async () => {
      const work = jest.fn();
      const answer = await handlerOf(work, { config: { source: sqsPreset({ bodyField: 'id' }) } })(
        sqs.event(texts('{"id":"1"}', 'not JSON', '{"id":"2"}')),
        context,
      );
      expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm-1' }] });
      expect(work).toHaveBeenCalledTimes(2);
    });

    it('runs a record without a key unprotected, or fails it where keys are required', async () => {
      const work = jest.fn();
      const config = { source: sqsPreset(), eventKeyJmesPath: 'json(body).id' };
      const event = sqs.event(texts('{}', '{"id":1}'));
      expect(await handlerOf(work, { config })(event, context)).toEqual({ batchItemFailures: [] });
      expect(work).toHaveBeenCalledTimes(2);
      const strict = handlerOf(work, {
        keyPrefix: 'strict',
        config: { ...config, throwOnNoIdempotencyKey: true },
      });
      expect(await strict(event, context)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm-0' }] });
      expect(work).toHaveBeenCalledTimes(3);
    });

    it('takes an IdempotencyConfig, and keeps it as it was when it wrapped', async () => {
      const work = jest.fn();
      const config = new IdempotencyConfig<SQSRecord>({ source: sqsPreset() });
      const handler = handlerOf(work, { config });
      config.source = kinesisPreset();
      await handler(sqs.event([{ number: 1 }, { number: 1 }]), context);
      expect(work).toHaveBeenCalledTimes(1);
    });
  });

  describe('duplicates inside a batch', () => {
    const config = { source: sqsPreset({ bodyField: 'id' }) };

    it('of another payload get a conflict, after the first has finished', async () => {
      const errors: unknown[] = [];
      const bodies: string[] = [];
      const handler = handlerOf(
        async ({ body }) => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          bodies.push(body);
        },
        { config, onRecordFailed: (error) => void errors.push(error) },
      );
      const event = sqs.event(texts('{"id":1,"v":1}', '{"id":1,"v":2}', '{"id":1,"v":1}'));
      expect(await handler(event, context)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm-1' }] });
      expect(bodies).toEqual(['{"id":1,"v":1}']);
      expect(errors).toMatchObject([{ name: 'IdempotencyValidationError' }]);
    });

    it('run after a first of another payload that failed', async () => {
      const bodies: string[] = [];
      const handler = handlerOf(
        ({ body }) => {
          bodies.push(body);
          if (body.includes('1}')) throw new Error('no');
        },
        { config },
      );
      const event = sqs.event(texts('{"id":7,"v":1}', '{"id":7,"v":2}'));
      expect(await handler(event, context)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm-0' }] });
      expect(bodies).toEqual(['{"id":7,"v":1}', '{"id":7,"v":2}']);
    });

    it('in two groups do not wait for each other, even one at a time', async () => {
      const order: number[] = [];
      const handler = handlerOf((record) => void order.push(sqsFifo.numberOf(record as never)), {
        config: { eventKeyJmesPath: 'body' },
        concurrency: 1,
      });
      const event = sqsFifo.event([
        { number: 1, group: 'a', text: 'one' },
        { number: 2, group: 'b', text: 'same' },
        { number: 3, group: 'a', text: 'same' },
      ]);
      expect(await handler(event, context)).toEqual({ batchItemFailures: [] });
      expect(order).toEqual([1, 3]);
    });
  });

  describe('with maxAttempts', () => {
    const play = async (onParked?: BatchOptions<SQSRecord>['onParked']) => {
      const [errors, runs]: [unknown[], string[]] = [[], []];
      const handler = handlerOf(
        ({ messageId }) => {
          runs.push(messageId);
          if (messageId === 'm-1') throw new Error('poison');
        },
        {
          config: { maxAttempts: 2 },
          onRecordFailed: (error) => void errors.push(error),
          ...(onParked && { onParked }),
        },
      );
      const event = sqs.event([{ number: 1 }, { number: 2 }]);
      const answers = [];
      for (let time = 0; time < 3; time++) answers.push(await handler(event, context));
      return { answers, runs, errors };
    };
    const failure = { batchItemFailures: [{ itemIdentifier: 'm-1' }] };

    it('fails a record that has used them up, for its dead-letter queue', async () => {
      const { answers, runs, errors } = await play();
      expect(answers).toEqual([failure, failure, failure]);
      expect(runs).toEqual(['m-1', 'm-2', 'm-1']);
      expect(errors[2]).toBeInstanceOf(IdempotencyAttemptsExhaustedError);
    });

    it('parks it: the record counts as handled', async () => {
      const parked: unknown[] = [];
      const { answers, errors } = await play(async (error, record) => {
        parked.push([error.name, record.messageId]);
      });
      expect(answers).toEqual([failure, failure, { batchItemFailures: [] }]);
      expect(parked).toEqual([['IdempotencyAttemptsExhaustedError', 'm-1']]);
      expect(errors).toHaveLength(2);
    });

    it('fails it when it cannot be parked', async () => {
      const { answers, errors } = await play(() => {
        throw new Error('the queue of parked orders is away');
      });
      expect(answers).toEqual([failure, failure, failure]);
      expect(errors[2]).toMatchObject({ message: 'the queue of parked orders is away' });
    });

    it('does not take the error of a function inside for its own', async () => {
      const onParked = jest.fn<() => void>();
      const handler = handlerOf(
        () => {
          throw new IdempotencyAttemptsExhaustedError('of another call', { attempts: 1 });
        },
        { onParked, whenAllFail: 'report' },
      );
      expect(await handler(sqs.event([{ number: 1 }]), context)).toEqual(failure);
      expect(onParked).not.toHaveBeenCalled();
    });
  });

  describe('in the log', () => {
    const lines: string[] = [];
    const spies: { mockRestore(): void }[] = [];
    beforeEach(() => {
      lines.length = 0;
      for (const method of ['error', 'warn'] as const) {
        spies.push(jest.spyOn(console, method).mockImplementation((line) => void lines.push(line)));
      }
    });
    afterEach(() => {
      for (const spy of spies.splice(0)) spy.mockRestore();
    });
    const loud = (work: (record: SQSRecord) => unknown) =>
      untyped(makeBatchIdempotent(work, { persistenceStore, whenAllFail: 'report' }) as never);

    it('has a line for a failed record, without its content', async () => {
      const handler = loud(({ body }) => {
        if (body === 'type') throw Object.assign(new TypeError('no oven'), { code: 'OVEN' });
        if (body === 'text') throw body;
        JSON.parse(body);
      });
      await handler(sqs.event(texts('type', 'text', 'card 4242')), context);
      expect(lines.sort().map((line) => JSON.parse(line))).toEqual([
        {
          level: 'ERROR',
          message: 'A record of the batch failed',
          itemIdentifier: 'm-0',
          error: { name: 'TypeError', code: 'OVEN', message: 'no oven' },
        },
        {
          level: 'ERROR',
          message: 'A record of the batch failed',
          itemIdentifier: 'm-1',
          error: { name: 'string' },
        },
        {
          level: 'ERROR',
          message: 'A record of the batch failed',
          itemIdentifier: 'm-2',
          error: { name: 'SyntaxError' },
        },
      ]);
    });

    it('has one line for all records that were not run', async () => {
      const handler = loud(() => undefined);
      await handler(sqs.event([{ number: 1 }, { number: 2 }]), contextWith(500));
      expect(lines.map((line) => JSON.parse(line))).toEqual([
        {
          level: 'WARN',
          message: 'Records of the batch were not run, and will be delivered again',
          outOfTime: 2,
          afterFailure: 0,
        },
      ]);
      expect(persistenceStore.requests).toEqual([]);
    });

    it('has a line for onRecordFailed that throws, and the answer is the same', async () => {
      const handler = untyped(
        makeBatchIdempotent(
          () => {
            throw new Error('no oven');
          },
          {
            persistenceStore,
            whenAllFail: 'report',
            onRecordFailed: async () => {
              throw new Error('no logger');
            },
          },
        ),
      );
      expect(await handler(sqs.event([{ number: 1 }]), context)).toEqual({
        batchItemFailures: [{ itemIdentifier: 'm-1' }],
      });
      expect(lines.map((line) => JSON.parse(line))).toEqual([
        { level: 'ERROR', message: 'onRecordFailed threw', error: { name: 'Error', message: 'no logger' } },
      ]);
    });
  });

  it('runs all records unprotected where idempotency is disabled, and fails in part all the same', async () => {
    process.env['IDEMPOTENCY_DISABLED'] = 'true';
    try {
      const runs: string[] = [];
      const handler = handlerOf(({ messageId }) => {
        runs.push(messageId);
        if (messageId === 'm-2') throw new Error('no');
      });
      const event = sqs.event([{ number: 1 }, { number: 2 }, { number: 1 }]);
      expect(await handler(event, context)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm-2' }] });
      expect(runs).toEqual(['m-1', 'm-2', 'm-1']);
      expect(persistenceStore.requests).toEqual([]);
    } finally {
      delete process.env['IDEMPOTENCY_DISABLED'];
    }
  });

  it('gives the handler its invocation, and functions inside theirs', async () => {
    const inner = makeIdempotent(
      async function bake(cake: string) {
        return cake;
      },
      { persistenceStore },
    );
    const seen: unknown[] = [];
    const handler = untyped(
      makeBatchIdempotent(
        async (_record: SQSRecord, given) => {
          seen.push(given, currentIdempotency()?.scope);
          await inner('lemon');
        },
        { persistenceStore },
      ),
    );
    await handler(sqs.event([{ number: 1 }]), context);
    expect(seen).toEqual([context, 'shop']);
    // The lease of the inner call ends with the invocation, too.
    const keys = (await persistenceStore.records()).map(({ key }) => key.split('#')[0]);
    expect(keys.sort()).toEqual(['shop', 'shop.bake']);
  });

  it('runs at most `concurrency` records side by side', async () => {
    let [running, most] = [0, 0];
    const handler = handlerOf(
      async () => {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running--;
      },
      { concurrency: 3 },
    );
    await handler(sqs.event(Array.from({ length: 20 }, (_, number) => ({ number }))), context);
    expect(most).toBe(3);
  });

  it('keeps the order of a whole shard where it is asked to', async () => {
    const runs: number[] = [];
    const handler = untyped(
      makeBatchIdempotent(
        async (record: KinesisStreamRecord) => {
          const number = kinesis.numberOf(record as never);
          runs.push(number);
          if (number === 2) throw new Error('no');
        },
        { persistenceStore, order: 'shard', ...quiet },
      ) as never,
    );
    const batch = [1, 2, 3].map((number) => ({ number }));
    expect(await handler(kinesis.event(batch), context)).toEqual(kinesis.answer({ number: 2 }));
    expect(runs).toEqual([1, 2]);
  });

  it('reports the lowest sequence number as a number, wherever it stands', async () => {
    const handler = untyped(
      makeBatchIdempotent(
        async (_record: KinesisStreamRecord) => {
          throw new Error('no');
        },
        { persistenceStore, whenAllFail: 'report', ...quiet },
      ) as never,
    );
    expect(await handler(kinesis.event([{ number: 10 }, { number: 9 }]), context)).toEqual({
      batchItemFailures: [{ itemIdentifier: `1${'0'.repeat(40)}9` }],
    });
  });

  it('finds the records of one item, however its keys are written', async () => {
    const event = dynamodbStreams.event([{ number: 1 }, { number: 2 }]) as { Records: DynamoDBRecord[] };
    const [one, other] = event.Records.map(({ dynamodb }) => dynamodb);
    if (!one || !other) throw new Error('no records');
    one.Keys = { pk: { S: 'a' }, sk: { S: 'b' } };
    other.Keys = { sk: { S: 'b' }, pk: { S: 'a' } };
    const work = jest.fn<() => void>(() => {
      throw new Error('no');
    });
    const handler = untyped(makeBatchIdempotent(work, { persistenceStore, ...quiet, whenAllFail: 'report' }));
    expect(await handler(event, context)).toEqual(dynamodbStreams.answer({ number: 1 }));
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('takes 10,000 records in one invocation, with few promises and requests at a time', async () => {
    const data = randomBytes(512).toString('base64');
    let [running, most] = [0, 0];
    const handler = untyped(
      makeBatchIdempotent(
        async (_record: KinesisStreamRecord) => {
          most = Math.max(most, ++running);
          await new Promise(setImmediate);
          running--;
          return data;
        },
        { persistenceStore: new MemoryPersistenceLayer(), ...quiet },
      ) as never,
    );
    const event = kinesis.event(Array.from({ length: 10_000 }, (_, number) => ({ number, text: data })));
    expect(await handler(event, contextWith(300_000))).toEqual({ batchItemFailures: [] });
    expect(most).toBe(10);
  });

  it.each(middyVersions)('is the base handler of a chain in %s', async (_name, middy) => {
    const handler = handlerOf(({ messageId }) => {
      if (messageId === 'm-2') throw new Error('no');
    });
    const seen: unknown[] = [];
    const chain = middy(handler as never).after((request) => {
      seen.push((request as unknown as { response: unknown }).response);
    });
    const answer = await chain(sqs.event([{ number: 1 }, { number: 2 }]) as never, context);
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm-2' }] });
    expect(seen).toEqual([answer]);
  });

  it('throws an error that is no error of idempotency', async () => {
    const handler = handlerOf(() => {
      throw new Error('no');
    });
    const error = await rejectionOf(handler(sqs.event([{ number: 1 }]), context));
    expect(error).toBeInstanceOf(BatchFailedError);
    expect(error).not.toBeInstanceOf(IdempotencyError);
    expect(JSON.stringify(error)).toBe('{"code":"BATCH_FAILED"}');
  });

  it('keeps the name of the handler', () => {
    const handler = makeBatchIdempotent(async function bakeAll(_record: SQSRecord) {}, { persistenceStore });
    expect(handler.name).toBe('bakeAll');
  });
});
