import { describe, it } from '@jest/globals';
import type {
  Context,
  DynamoDBRecord,
  DynamoDBStreamEvent,
  DynamoDBStreamHandler,
  KinesisStreamEvent,
  KinesisStreamHandler,
  KinesisStreamRecord,
  MSKEvent,
  MSKRecord,
  SelfManagedKafkaEvent,
  SQSEvent,
  SQSHandler,
  SQSRecord,
} from 'aws-lambda';
import { expectTypeOf } from 'expect-type';
import {
  type BatchRecord,
  type BatchResponse,
  type KafkaItemIdentifier,
  makeBatchIdempotent,
  type RecordBody,
  type StandardSchema,
} from '../../src/fronts/batch/make-batch-idempotent.js';
import { IdempotencyConfig } from '../../src/index.js';
import { MemoryPersistenceLayer } from '../../src/stores/memory.js';

const persistenceStore = new MemoryPersistenceLayer();

interface Order {
  readonly id: string;
}

/** As zod's and others' are: what goes in is not what comes out. */
declare const schema: StandardSchema<{ id: number }, Order>;

/** Compiled, not called: `npm run check:types` is what tests here. */
const typesOnly = (_check: () => void): void => {};

describe('the types of makeBatchIdempotent', () => {
  it('name the event and the answer of the record that the handler takes', () =>
    typesOnly(() => {
      const ofQueue = makeBatchIdempotent(async (_record: SQSRecord) => {}, { persistenceStore });
      expectTypeOf(ofQueue).toEqualTypeOf<(event: SQSEvent, context: Context) => Promise<BatchResponse>>();
      expectTypeOf(ofQueue).toExtend<SQSHandler>();

      const ofStream = makeBatchIdempotent((_record: KinesisStreamRecord, _context: Context) => 1, {
        persistenceStore,
      });
      expectTypeOf(ofStream).parameter(0).toEqualTypeOf<KinesisStreamEvent>();
      expectTypeOf(ofStream).toExtend<KinesisStreamHandler>();

      const ofTable = makeBatchIdempotent((_record: DynamoDBRecord) => {}, { persistenceStore });
      expectTypeOf(ofTable).parameter(0).toEqualTypeOf<DynamoDBStreamEvent>();
      expectTypeOf(ofTable).toExtend<DynamoDBStreamHandler>();

      const ofTopic = makeBatchIdempotent((_record: MSKRecord) => {}, { persistenceStore });
      expectTypeOf(ofTopic).parameter(0).toEqualTypeOf<MSKEvent | SelfManagedKafkaEvent>();
      expectTypeOf(ofTopic).returns.resolves.toEqualTypeOf<BatchResponse<KafkaItemIdentifier>>();
    }));

  it('give every option the record', () =>
    typesOnly(() => {
      makeBatchIdempotent(async (_record: SQSRecord) => {}, {
        persistenceStore,
        config: { eventKey: (record) => expectTypeOf(record).toEqualTypeOf<SQSRecord>() },
        onRecordFailed: (error, record) => {
          expectTypeOf(error).toBeUnknown();
          expectTypeOf(record).toEqualTypeOf<SQSRecord>();
        },
        onParked: (error, { messageId }) => {
          expectTypeOf(error.attempts).toBeNumber();
          expectTypeOf(messageId).toBeString();
        },
      });
      makeBatchIdempotent(async (_record: SQSRecord) => {}, {
        persistenceStore,
        config: new IdempotencyConfig({ expiresAfterSeconds: 60 }),
      });
    }));

  it('infer the data from the parser', () =>
    typesOnly(() => {
      const handler = makeBatchIdempotent(
        (order, record, context) => {
          expectTypeOf(order).toEqualTypeOf<Order>();
          expectTypeOf(record).toEqualTypeOf<BatchRecord>();
          expectTypeOf(context).toEqualTypeOf<Context>();
        },
        {
          persistenceStore,
          parse: async (body: RecordBody) => body.json() as Order,
        },
      );
      expectTypeOf(handler).parameter(0).toExtend<object>();

      const ofQueue = makeBatchIdempotent((_order: Order, _record: SQSRecord) => {}, {
        persistenceStore,
        parse: (body, record) => {
          expectTypeOf(body).toEqualTypeOf<RecordBody>();
          expectTypeOf(record).toEqualTypeOf<SQSRecord>();
          return body.json() as Order;
        },
      });
      expectTypeOf(ofQueue).parameter(0).toEqualTypeOf<SQSEvent>();
    }));

  it('infer the data from the schema', () =>
    typesOnly(() => {
      const ofQueue = makeBatchIdempotent(
        (order, _record: SQSRecord) => {
          expectTypeOf(order).toEqualTypeOf<Order>();
        },
        { persistenceStore, schema },
      );
      expectTypeOf(ofQueue).parameter(0).toEqualTypeOf<SQSEvent>();
    }));

  it('refuse what does not fit', () =>
    typesOnly(() => {
      // @ts-expect-error: the parser gives another type
      makeBatchIdempotent((_order: Order, _record: SQSRecord) => {}, { persistenceStore, parse: () => 1 });
      // @ts-expect-error: the schema gives another type
      makeBatchIdempotent((_order: number, _record: SQSRecord) => {}, { persistenceStore, schema });
      // @ts-expect-error: no record of the five sources
      makeBatchIdempotent((_order: { card: number }) => {}, { persistenceStore });
      // @ts-expect-error: unknown option
      makeBatchIdempotent((_record: SQSRecord) => {}, { persistenceStore, batchSize: 1 });
      const handler = makeBatchIdempotent((_record: SQSRecord) => {}, { persistenceStore });
      // @ts-expect-error: another source's event
      void handler({} as KinesisStreamEvent, {} as Context);
    }));
});
