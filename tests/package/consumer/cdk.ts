/** Compiled in every module format, and run: a user's stack. */
import assert from 'node:assert/strict';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { IdempotencyConfigError } from 'lambda-idempotency';
import {
  type IdempotencyGrantOptions,
  IdempotencyTable,
  type IdempotencyTableProps,
} from 'lambda-idempotency/cdk';

const stack = new Stack(new App(), 'Shop');
const props: IdempotencyTableProps = {
  removalPolicy: RemovalPolicy.DESTROY,
  encryptionKey: new Key(stack, 'Key'),
  alarmTopic: new Topic(stack, 'OnCall'),
};
const table = new IdempotencyTable(stack, 'Idempotency', props);
const role = new Role(stack, 'Orders', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
const codecs: IdempotencyGrantOptions = {
  s3Results: { bucket: new Bucket(stack, 'Results'), prefix: 'idempotency/' },
};
assert.ok(table.grantIdempotency(role, codecs).success);
assert.equal(table.alarms.length, 2);

const template = Template.fromStack(stack);
template.hasResourceProperties('AWS::DynamoDB::Table', {
  TimeToLiveSpecification: { AttributeName: 'expiration', Enabled: true },
});
template.resourceCountIs('AWS::IAM::Policy', 1);

/** Refused by the compiler, and for those who write JavaScript when the stack is made. */
assert.throws(
  // @ts-expect-error no such prop
  () => new IdempotencyTable(stack, 'Refused', { partitionKey: 'id' }),
  (error) => error instanceof IdempotencyConfigError && error.message.includes('`partitionKey`'),
);
