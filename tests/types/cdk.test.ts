import { describe, it } from '@jest/globals';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Grant } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { RemovalPolicy, type Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { expectTypeOf } from 'expect-type';
import {
  type IdempotencyGrantOptions,
  IdempotencyTable,
  type IdempotencyTableProps,
} from '../../src/cdk/idempotency-table.js';
import type { DynamoDBPersistenceOptions } from '../../src/stores/dynamodb/sdk-layer.js';

/** Compiled, not called: `npm run check:types` is what tests here. */
const typesOnly = (_check: () => void): void => {};

describe('the types of IdempotencyTable', () => {
  it('is a construct with a table, its name and its alarms', () =>
    typesOnly(() => {
      const table = new IdempotencyTable({} as Stack, 'Idempotency');
      expectTypeOf(table).toExtend<Construct>();
      expectTypeOf(table.table).toEqualTypeOf<Table>();
      expectTypeOf(table.tableName).toBeString();
      expectTypeOf(table.tableArn).toBeString();
      expectTypeOf(table.alarms).toEqualTypeOf<readonly Alarm[]>();
      // @ts-expect-error: made once
      table.alarms = [];
    }));

  it("takes what the CDK's own classes are, and the names that the layer takes", () =>
    typesOnly(() => {
      const props: IdempotencyTableProps = {
        encryptionKey: {} as Key,
        alarmTopic: {} as Topic,
        removalPolicy: RemovalPolicy.DESTROY,
      };
      new IdempotencyTable({} as Stack, 'Idempotency', props);
      const names = { keyAttr: 'pk', sortKeyAttr: 'sk', expiryAttr: 'ttl' };
      new IdempotencyTable({} as Stack, 'Idempotency', names);
      expectTypeOf({ ...names, tableName: 'table' }).toExtend<DynamoDBPersistenceOptions>();
      // @ts-expect-error: no such prop
      new IdempotencyTable({} as Stack, 'Idempotency', { partitionKey: 'id' });
      // @ts-expect-error: a key, not its name
      new IdempotencyTable({} as Stack, 'Idempotency', { encryptionKey: 'alias/key' });
      // @ts-expect-error: what becomes of a table is no text
      new IdempotencyTable({} as Stack, 'Idempotency', { removalPolicy: 'delete' });
      // @ts-expect-error: no construct's scope
      new IdempotencyTable({}, 'Idempotency');
    }));

  it('grants to functions, with results in S3', () =>
    typesOnly(() => {
      const table = new IdempotencyTable({} as Stack, 'Idempotency');
      const handler = {} as LambdaFunction;
      expectTypeOf(table.grantIdempotency(handler)).toEqualTypeOf<Grant>();
      for (const bucket of [{} as Bucket, {} as IBucket]) {
        const options: IdempotencyGrantOptions = {
          s3Results: { bucket, prefix: 'a/' },
          resultsKey: {} as Key,
        };
        table.grantIdempotency(handler, options);
      }
      // @ts-expect-error: a prefix is needed
      table.grantIdempotency(handler, { s3Results: { bucket: {} as Bucket } });
      // @ts-expect-error: a table is granted nothing
      table.grantIdempotency({} as ITable);
    }));
});
