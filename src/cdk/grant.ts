import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import { Token } from 'aws-cdk-lib/core';
import { checkOptions, nested, type Rule, required, rule } from '../core/config/rules.js';
import { isObject } from '../core/protocol/values.js';
import { kmsKey } from './props.js';

/** Where `s3Results` of `lambda-idempotency/results` stores results. */
export interface S3ResultsLocation {
  /** The bucket. (With TypeScript's `exactOptionalPropertyTypes`, a `Bucket` is not an `IBucket`.) */
  readonly bucket: Bucket | IBucket;
  /** Prefix of the objects' keys, as given to the codec. A non-empty string. */
  readonly prefix: string;
}

/** Permissions that a function's result codecs need in addition to the table. */
export interface IdempotencyGrantOptions {
  /**
   * Lets the function use only records of these scopes: the Lambda's name, `<Lambda's name>.<function's name>` of an
   * inner function, or its `keyPrefix`. A scope also covers those that begin with it and `#`. Literal names, since a
   * reference to the function's own name would be circular. Not with `staticPkValue`, which puts all scopes into one
   * partition. Default: all records.
   */
  readonly scopes?: readonly string[] | undefined;
  /** Lets the function read, write and delete objects there, and use the bucket's KMS key. */
  readonly s3Results?: S3ResultsLocation | undefined;
  /** KMS key that protects the data keys for results: lets the function generate and decrypt data keys. */
  readonly resultsKey?: IKey | undefined;
  /** HMAC key in KMS used by a codec's `fingerprintKey`: lets the function generate MACs. */
  readonly fingerprintKey?: IKey | undefined;
}

export interface GrantedTable {
  readonly table: Table;
  /** Of the partition key, before the record's key. */
  readonly partitionPrefix: string;
}

/** To claim, settle, release and read records. */
const TABLE_ACTIONS = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];
const OBJECT_ACTIONS = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'];
const DATA_KEY_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'];
const MAC_ACTION = 'kms:GenerateMac';

const OWNER = 'The options of grantIdempotency';

const locationRules = {
  bucket: required(rule('an S3 bucket (IBucket)', (value) => isObject(value) && 'bucketArn' in value)),
  prefix: required(
    rule(
      'a non-empty string without the wildcards * and ?',
      (value) => typeof value === 'string' && /^[^*?]+$/.test(value),
    ),
  ),
} satisfies Record<keyof S3ResultsLocation, Rule>;

/** Wildcards and policy variables would let in other scopes. */
const isScope = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && (Token.isUnresolved(value) || !/[*?$]/.test(value));

const optionRules = {
  scopes: rule(
    'a non-empty array of scopes, which are non-empty strings without *, ? and $',
    (value) => Array.isArray(value) && value.length > 0 && value.every(isScope),
  ),
  s3Results: nested(`${OWNER}: \`s3Results\``, locationRules),
  resultsKey: kmsKey,
  fingerprintKey: kmsKey,
} satisfies Record<keyof IdempotencyGrantOptions, Rule>;

export const grantOf = (
  { table, partitionPrefix }: GrantedTable,
  grantee: IGrantable,
  options: IdempotencyGrantOptions,
): Grant => {
  checkOptions(OWNER, optionRules, options);
  const { scopes, s3Results, resultsKey, fingerprintKey } = options;
  const grants = [
    scopes ? grantOnScopes(table, grantee, partitionPrefix, scopes) : table.grant(grantee, ...TABLE_ACTIONS),
  ];
  // On the caller's behalf, DynamoDB only decrypts the table's data key.
  if (table.encryptionKey) grants.push(table.encryptionKey.grant(grantee, 'kms:Decrypt'));
  if (s3Results) grants.push(...grantsOnObjects(s3Results, grantee));
  if (resultsKey) grants.push(resultsKey.grant(grantee, ...DATA_KEY_ACTIONS));
  if (fingerprintKey) grants.push(fingerprintKey.grant(grantee, MAC_ACTION));
  return grants.reduce((one, other) => one.combine(other));
};

/** By the partition key: a record's key begins with its scope, as do the keys of the items beside it. */
const grantOnScopes = (
  table: Table,
  grantee: IGrantable,
  prefix: string,
  scopes: readonly string[],
): Grant => {
  const patterns = scopes.map((scope) => `${prefix}${scope}#*`);
  return Grant.addToPrincipalOrResource({
    grantee,
    actions: TABLE_ACTIONS,
    resourceArns: [table.tableArn],
    resource: table,
    conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': patterns } },
  });
};

const grantsOnObjects = ({ bucket, prefix }: S3ResultsLocation, grantee: IGrantable): Grant[] => [
  Grant.addToPrincipalOrResource({
    grantee,
    actions: OBJECT_ACTIONS,
    resourceArns: [bucket.arnForObjects(`${prefix}*`)],
    resource: bucket,
  }),
  ...(bucket.encryptionKey ? [bucket.encryptionKey.grant(grantee, ...DATA_KEY_ACTIONS)] : []),
];
