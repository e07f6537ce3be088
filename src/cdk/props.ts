import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { checkOptions, nonEmptyString, type Rule, rule, trueOrFalse } from '../core/config/rules.js';
import { IdempotencyConfigError } from '../core/protocol/errors.js';
import { isObject } from '../core/protocol/values.js';

/** Props of `IdempotencyTable`. Use the same attribute names as in `DynamoDBPersistenceLayer`. */
export interface IdempotencyTableProps {
  /** Partition key, of type string. Default: `'id'`. */
  readonly keyAttr?: string | undefined;
  /** Sort key, of type string. Default: no sort key. */
  readonly sortKeyAttr?: string | undefined;
  /** The TTL attribute. Default: `'expiration'`. */
  readonly expiryAttr?: string | undefined;
  /** Name of the table. Default: CloudFormation chooses one, so that the table can be replaced. */
  readonly tableName?: string | undefined;
  /** Your own KMS key for the table. Default: the AWS managed key `aws/dynamodb`. */
  readonly encryptionKey?: IKey | undefined;
  /**
   * What happens to the table when it is removed from the stack. Default: `RemovalPolicy.RETAIN`. `DESTROY`, for
   * development stacks, deletes it and turns deletion protection off.
   */
  readonly removalPolicy?: RemovalPolicy | undefined;
  /** Whether DynamoDB rejects requests to delete the table. Default: `true`, unless `removalPolicy` is `DESTROY`. */
  readonly deletionProtection?: boolean | undefined;
  /** Whether to create alarms for throttled reads and writes. Default: `true`. */
  readonly alarms?: boolean | undefined;
  /** Topic that the alarms notify. Default: no topic. Other actions can be added to the construct's `alarms`. */
  readonly alarmTopic?: ITopic | undefined;
}

const policies: readonly unknown[] = [
  RemovalPolicy.RETAIN,
  RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  RemovalPolicy.DESTROY,
];

export const kmsKey: Rule = rule('a KMS key (IKey)', (value) => isObject(value) && 'keyArn' in value);

const propRules = {
  keyAttr: nonEmptyString,
  sortKeyAttr: nonEmptyString,
  expiryAttr: nonEmptyString,
  tableName: nonEmptyString,
  encryptionKey: kmsKey,
  removalPolicy: rule('RemovalPolicy.RETAIN, RETAIN_ON_UPDATE_OR_DELETE or DESTROY', (value) =>
    policies.includes(value),
  ),
  deletionProtection: trueOrFalse,
  alarms: trueOrFalse,
  alarmTopic: rule('an SNS topic (ITopic)', (value) => isObject(value) && 'topicArn' in value),
} satisfies Record<keyof IdempotencyTableProps, Rule>;

export const OWNER = 'The props of IdempotencyTable';

/** @throws IdempotencyConfigError that names the prop and what it must be */
export const checkProps = (props: IdempotencyTableProps): void => {
  const fail = (problem: string): never => {
    throw new IdempotencyConfigError(`${OWNER}: ${problem}`);
  };
  checkOptions(OWNER, propRules, props);
  if (props.removalPolicy === RemovalPolicy.DESTROY && props.deletionProtection) {
    fail(
      '`deletionProtection` keeps CloudFormation from deleting the table, as `removalPolicy` DESTROY asks; remove one of them.',
    );
  }
  if (props.alarms === false && props.alarmTopic) {
    fail('`alarmTopic` has no effect with `alarms: false`; remove one of them.');
  }
};
