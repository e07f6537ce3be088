import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Context } from 'aws-lambda';
import type { PersistenceStore } from '../../../src/core/protocol/store.js';
import {
  type BatchOptions,
  type BatchRecord,
  makeBatchIdempotent,
} from '../../../src/fronts/batch/make-batch-idempotent.js';
import { DynamoDBPersistenceLayer } from '../../../src/stores/dynamodb/sdk-layer.js';
import { MemoryPersistenceLayer } from '../../../src/stores/memory.js';
import { contextWith } from '../../support/contexts.js';
import { makeGate, rejectionOf } from '../../support/gates.js';
import { clientFor, createTable, testEndpoint } from '../../support/tables.js';
import { type Draft, sources, untyped } from './sources.js';

let endpoint: string;
let close: () => Promise<void>;
let tableName: string;

beforeAll(async () => {
  ({ endpoint, close } = await testEndpoint());
  tableName = await createTable(clientFor(endpoint));
});
afterAll(() => close());

const stores: readonly (readonly [string, () => PersistenceStore])[] = [
  ['memory', () => new MemoryPersistenceLayer()],
  ['dynalite', () => new DynamoDBPersistenceLayer({ tableName, awsSdkV3Client: clientFor(endpoint) })],
];

const drafts = (count: number): Draft[] =>
  Array.from({ length: count }, (_, number) => ({ number: number + 8 }));

let batches = 0;

describe.each(stores)('makeBatchIdempotent over %s', (_store, openStore) => {
  describe.each(sources)('of $name', (source) => {
    let persistenceStore: PersistenceStore;
    let keyPrefix: string;
    /** The numbers of the records that ran, in order. */
    let ran: number[];
    /** What each failed with, by number. */
    let failed: unknown[];
    beforeEach(() => {
      persistenceStore = openStore();
      keyPrefix = `batch-${batches++}`;
      ran = [];
      failed = [];
    });

    const handlerOf = (
      work: (number: number, record: BatchRecord) => unknown = () => undefined,
      options: Partial<BatchOptions<BatchRecord>> = {},
    ) =>
      untyped(
        makeBatchIdempotent(
          (record: BatchRecord, _context: Context) => {
            const number = source.numberOf(record as never);
            ran.push(number);
            return work(number, record);
          },
          { persistenceStore, keyPrefix, onRecordFailed: (error) => void failed.push(error), ...options },
        ),
      );
    const failing =
      (...numbers: number[]) =>
      (number: number): void => {
        if (numbers.includes(number)) throw new Error(`${number} failed`);
      };
    const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((one, other) => one - other);

    it('runs each record once when all is well', async () => {
      const batch = drafts(5);
      const handler = handlerOf();
      expect(await handler(source.event(batch), contextWith(30_000))).toEqual({ batchItemFailures: [] });
      expect(sorted(ran)).toEqual([8, 9, 10, 11, 12]);
    });

    it('reports exactly the failed records, and runs only these when Lambda delivers all of them again', async () => {
      const batch = drafts(5);
      const handler = handlerOf(failing(10, 12));
      expect(await handler(source.event(batch), contextWith(30_000))).toEqual(
        source.answer({ number: 10 }, { number: 12 }),
      );
      expect(failed.map((error) => (error as Error).message).sort()).toEqual(['10 failed', '12 failed']);
      ran.length = 0;
      expect(await handler(source.event(batch), contextWith(30_000))).toEqual(
        source.answer({ number: 10 }, { number: 12 }),
      );
      expect(sorted(ran)).toEqual([10, 12]);
    });

    it('throws when all records fail', async () => {
      const handler = handlerOf(failing(8, 9));
      expect(await rejectionOf(handler(source.event(drafts(2)), contextWith(30_000)))).toMatchObject({
        name: 'BatchFailedError',
        code: 'BATCH_FAILED',
        message: 'All 2 records of the batch failed: 2 with an error (see `errors`), 0 were not run.',
        errors: [{ message: '8 failed' }, { message: '9 failed' }],
      });
    });

    it('reports that all records failed, where it is asked to', async () => {
      const handler = handlerOf(failing(8, 9), { whenAllFail: 'report' });
      expect(await handler(source.event(drafts(2)), contextWith(30_000))).toEqual(
        source.answer({ number: 8 }, { number: 9 }),
      );
    });

    it('runs duplicates inside the batch once', async () => {
      const handler = handlerOf();
      const batch = [{ number: 8 }, { number: 9 }, { number: 8 }];
      expect(await handler(source.event(batch), contextWith(30_000))).toEqual({ batchItemFailures: [] });
      expect(sorted(ran)).toEqual([8, 9]);
    });

    it('shares the error of a duplicate inside the batch', async () => {
      const handler = handlerOf(failing(8));
      const batch = [{ number: 8 }, { number: 9 }, { number: 8 }];
      expect(await handler(source.event(batch), contextWith(30_000))).toEqual(source.answer({ number: 8 }));
      expect(sorted(ran)).toEqual([8, 9]);
      expect(new Set(failed).size).toBe(1);
    });

    it('does not run a duplicate of an earlier batch', async () => {
      const handler = handlerOf();
      await handler(source.event([{ number: 8 }, { number: 9 }]), contextWith(30_000));
      ran.length = 0;
      await handler(source.event([{ number: 9 }, { number: 10 }]), contextWith(30_000));
      expect(ran).toEqual([10]);
    });

    it('fails a record alone that is busy elsewhere', async () => {
      const [started, finish] = [makeGate(), makeGate()];
      const elsewhere = handlerOf(async () => {
        started.open();
        await finish.promise;
      });
      const first = elsewhere(source.event([{ number: 9 }]), contextWith(30_000));
      await started.promise;
      // The same function in another process; here, the identity of the function must be the same.
      ran.length = 0;
      const answer = await elsewhere(source.event([{ number: 9 }]), contextWith(30_000)).catch(
        (error) => error,
      );
      expect(answer).toMatchObject({ errors: [{ name: 'IdempotencyAlreadyInProgressError' }] });
      const other = elsewhere(source.event([{ number: 8 }, { number: 9 }]), contextWith(30_000));
      while (!ran.includes(8)) await new Promise(setImmediate);
      finish.open();
      expect(await other).toEqual(source.answer({ number: 9 }));
      expect(await first).toEqual({ batchItemFailures: [] });
      expect(ran).toEqual([8]);
    });

    it('keeps the order of a group, and after a failure runs no more of it', async () => {
      const batch = [8, 9, 10, 11, 12, 13].map((number) => ({ number, group: number % 2 ? 'b' : 'a' }));
      const handler = handlerOf(async (number) => {
        // The later ones would overtake the earlier ones.
        await new Promise((resolve) => setTimeout(resolve, 2 * (14 - number)));
        failing(10)(number);
      });
      const answer = await handler(source.event(batch), contextWith(30_000));
      const runOf = (remainder: number): number[] => ran.filter((number) => number % 2 === remainder);
      expect(runOf(1)).toEqual([9, 11, 13]);
      expect(runOf(0)).toEqual(source.isOrdered ? [8, 10] : [8, 10, 12]);
      const [ten, twelve] = [10, 12].map((number) => ({ number, group: 'a' })) as [Draft, Draft];
      expect(answer).toEqual(source.isOrdered ? source.answer(ten, twelve) : source.answer(ten));
    });

    it('starts no record when the invocation is nearly over', async () => {
      let left = 30_000;
      const handler = handlerOf(
        (number) => {
          if (number === 9) left = 999;
        },
        { concurrency: 1 },
      );
      const answer = await handler(
        source.event(drafts(4)),
        contextWith(() => left),
      );
      expect(answer).toEqual(source.answer({ number: 10 }, { number: 11 }));
      expect(ran).toEqual([8, 9]);
      expect(failed).toEqual([]);
      left = 1_000;
      await handler(
        source.event(drafts(4)),
        contextWith(() => left),
      );
      expect(ran).toEqual([8, 9, 10, 11]);
    });

    it('is not misled by a handler that changes its record', async () => {
      const handler = handlerOf((number, record) => {
        source.spoil(record as never);
        failing(9)(number);
      });
      expect(await handler(source.event(drafts(3)), contextWith(30_000))).toEqual(
        source.answer({ number: 9 }),
      );
      ran.length = 0;
      await handler(source.event(drafts(3)), contextWith(30_000)).catch(() => undefined);
      expect(ran).toEqual([9]);
    });

    it('takes a record of 1 MB', async () => {
      const handler = handlerOf();
      const batch = [{ number: 8, text: JSON.stringify({ cake: 'x'.repeat(1_048_000) }) }, { number: 9 }];
      expect(await handler(source.event(batch), contextWith(30_000))).toEqual({ batchItemFailures: [] });
      await handler(source.event(batch), contextWith(30_000));
      expect(sorted(ran)).toEqual([8, 9]);
    });

    it('answers an empty batch', async () => {
      expect(await handlerOf()(source.event([]), contextWith(30_000))).toEqual({ batchItemFailures: [] });
    });
  });
});
