import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { checkOptions, flag, type Rule, rule, text } from '../core/config/rules.js';
import { IdempotencyConfigError } from '../core/protocol/errors.js';
import { isObject } from '../core/protocol/values.js';

/** Attribute names are the ones given to `DynamoDBPersistenceLayer`; its other attributes are none of the table's. */
export interface IdempotencyTableProps {
  /** Partition key, a text. Default: `'id'`. */
  readonly keyAttr?: string | undefined;
  /** Sort key, a text. Default: none. */
  readonly sortKeyAttr?: string | undefined;
  /** The TTL attribute. Default: `'expiration'`. */
  readonly expiryAttr?: string | undefined;
  /** Default: CloudFormation makes a name, so that the table can be replaced. */
  readonly tableName?: string | undefined;
  /** Your own KMS key for the table. Default: the AWS managed key `aws/dynamodb`. */
  readonly encryptionKey?: IKey | undefined;
  /**
   * What becomes of the table when it leaves the stack. Default: `RemovalPolicy.RETAIN`. `DESTROY` (stacks for
   * development) deletes it, and switches deletion protection off.
   */
  readonly removalPolicy?: RemovalPolicy | undefined;
  /** Whether DynamoDB refuses to delete the table. Default: `true`, unless `removalPolicy` is `DESTROY`. */
  readonly deletionProtection?: boolean | undefined;
  /** Whether to make the alarms: throttled reads and throttled writes. Default: `true`. */
  readonly alarms?: boolean | undefined;
  /** Where the alarms report. Default: nowhere; `alarms` of the construct takes any other action. */
  readonly alarmTopic?: ITopic | undefined;
}

const policies: readonly unknown[] = [
  RemovalPolicy.RETAIN,
  RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  RemovalPolicy.DESTROY,
];

export const kmsKey: Rule = rule('a KMS key (IKey)', (value) => isObject(value) && 'keyArn' in value);

const propRules = {
  keyAttr: text,
  sortKeyAttr: text,
  expiryAttr: text,
  tableName: text,
  encryptionKey: kmsKey,
  removalPolicy: rule('RemovalPolicy.RETAIN, RETAIN_ON_UPDATE_OR_DELETE or DESTROY', (value) =>
    policies.includes(value),
  ),
  deletionProtection: flag,
  alarms: flag,
  alarmTopic: rule('an SNS topic (ITopic)', (value) => isObject(value) && 'topicArn' in value),
} satisfies Record<keyof IdempotencyTableProps, Rule>;

export const OWNER = 'The props of IdempotencyTable';

/** @throws IdempotencyConfigError naming the prop and what it should be */
export const checkProps = (props: IdempotencyTableProps): void => {
  const fail = (problem: string): never => {
    throw new IdempotencyConfigError(`${OWNER}: ${problem}`);
  };
  checkOptions(OWNER, propRules, props);
  if (props.removalPolicy === RemovalPolicy.DESTROY && props.deletionProtection) {
    fail('`deletionProtection` would keep CloudFormation from what `removalPolicy` DESTROY asks; drop one.');
  }
  if (props.alarms === false && props.alarmTopic) {
    fail('`alarmTopic` has nothing to report with `alarms: false`; drop one.');
  }
};
