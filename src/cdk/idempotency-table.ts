import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { attributesOf, PARTITION_PREFIX } from '../stores/dynamodb/attributes.js';
import { alarmsOf } from './alarms.js';
import { grantOf, type IdempotencyGrantOptions } from './grant.js';
import { checkProps, type IdempotencyTableProps, OWNER } from './props.js';

export { connectQueue, type QueueConnectionOptions } from './connect-queue.js';
export type { IdempotencyGrantOptions, S3ResultsLocation } from './grant.js';
export type { IdempotencyTableProps } from './props.js';

/**
 * A table for `DynamoDBPersistenceLayer`: on-demand billing, TTL, point-in-time recovery, encryption, deletion protection,
 * and alarms. One table serves any number of functions.
 *
 * @throws IdempotencyConfigError for invalid props
 * @example
 * ```ts
 * import type { Function } from 'aws-cdk-lib/aws-lambda';
 * import type { Stack } from 'aws-cdk-lib/core';
 * import { IdempotencyTable } from 'lambda-idempotency/cdk';
 *
 * const addTable = (stack: Stack, orders: Function): void => {
 *   const idempotency = new IdempotencyTable(stack, 'Idempotency');
 *   idempotency.grantIdempotency(orders);
 *   orders.addEnvironment('TABLE_NAME', idempotency.tableName);
 * };
 * ```
 */
export class IdempotencyTable extends Construct {
  readonly table: Table;
  /** For the function's environment: the `tableName` of `DynamoDBPersistenceLayer`. */
  readonly tableName: string;
  readonly tableArn: string;
  /** Empty with `alarms: false`. */
  readonly alarms: readonly Alarm[];
  readonly #partitionPrefix: string;

  constructor(scope: Construct, id: string, props: IdempotencyTableProps = {}) {
    super(scope, id);
    checkProps(props);
    const { keyAttr, sortKeyAttr, expiryAttr } = attributesOf(OWNER, props);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    // Not TableV2: it rejects a customer managed key in a stack without a fixed region, and its replicas in other regions
    // would each accept claims of their own. Table is also the resource that SAM, CloudFormation and Terraform use.
    this.table = new Table(this, 'Table', {
      partitionKey: { name: keyAttr, type: AttributeType.STRING },
      ...(sortKeyAttr && { sortKey: { name: sortKeyAttr, type: AttributeType.STRING } }),
      ...(props.tableName && { tableName: props.tableName }),
      timeToLiveAttribute: expiryAttr,
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      ...(props.encryptionKey
        ? { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: props.encryptionKey }
        : { encryption: TableEncryption.AWS_MANAGED }),
      removalPolicy,
      deletionProtection: props.deletionProtection ?? removalPolicy !== RemovalPolicy.DESTROY,
    });
    this.#partitionPrefix = sortKeyAttr === undefined ? '' : PARTITION_PREFIX;
    this.tableName = this.table.tableName;
    this.tableArn = this.table.tableArn;
    this.alarms = props.alarms === false ? [] : alarmsOf(this, this.table, props.alarmTopic);
  }

  /**
   * Lets a function use the table: `GetItem`, `PutItem`, `UpdateItem` and `DeleteItem`, and its `encryptionKey` if it has
   * one. With `options`, only for records of its own scopes, and also what result codecs need.
   *
   * @throws IdempotencyConfigError for invalid options
   */
  grantIdempotency(grantee: IGrantable, options: IdempotencyGrantOptions = {}): Grant {
    return grantOf({ table: this.table, partitionPrefix: this.#partitionPrefix }, grantee, options);
  }
}
