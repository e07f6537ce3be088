import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { CakeShopStack } from '../lib/cake-shop-stack.ts';

/** Without bundling: what the handlers hold is checked in bundles.test.ts. */
const synthesise = (production: boolean): [Template, Stack] => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new CakeShopStack(app, 'CakeShop', { production });
  return [Template.fromStack(stack), stack];
};

const [template, stack] = synthesise(false);
const [production] = synthesise(true);

type Properties = Record<string, unknown>;

const propertiesOf = (type: string, of = template): Record<string, Properties> =>
  Object.fromEntries(
    Object.entries(of.findResources(type)).map(([id, resource]) => [
      // Without the hash that CDK appends.
      id.replace(/[0-9A-F]{8}$/, ''),
      (resource as { Properties: Properties }).Properties,
    ]),
  );

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
}

/** `Table.Arn` for `{ "Fn::GetAtt": ["Table1234ABCD", "Arn"] }`. */
const readable = (reference: unknown): string => {
  const [id = '', attribute] = (reference as { 'Fn::GetAtt'?: string[] })['Fn::GetAtt'] ?? [];
  return attribute ? `${id.replace(/[0-9A-F]{8}$/, '')}.${attribute}` : JSON.stringify(reference);
};

/** Everything that a function's role may do, a line for each action on a resource. */
const grantsOf = (name: string): string[] => {
  const policy = propertiesOf('AWS::IAM::Policy')[`${name}RoleDefaultPolicy`] as {
    PolicyDocument: { Statement: Statement[] };
  };
  return policy.PolicyDocument.Statement.flatMap(({ Action, Resource }) =>
    [Action]
      .flat()
      .flatMap((action) => [Resource].flat().map((resource) => `${action} ${readable(resource)}`)),
  ).sort();
};

const logs = (name: string): string[] => [
  `logs:CreateLogStream ${name}Logs.Arn`,
  `logs:PutLogEvents ${name}Logs.Arn`,
];

const records = [
  'dynamodb:DeleteItem IdempotencyTable.Arn',
  'dynamodb:GetItem IdempotencyTable.Arn',
  'dynamodb:PutItem IdempotencyTable.Arn',
  'dynamodb:UpdateItem IdempotencyTable.Arn',
];

test('each function may do what it does, and no more', () => {
  assert.deepEqual(
    grantsOf('Orders'),
    [
      ...records,
      'dynamodb:PutItem ChargesTable.Arn',
      'events:PutEvents Bus.Arn',
      'sqs:SendMessage KitchenQueue.Arn',
      ...logs('Orders'),
    ].sort(),
  );
  assert.deepEqual(
    grantsOf('Kitchen'),
    [
      ...records,
      'dynamodb:PutItem CakesTable.Arn',
      'sqs:ChangeMessageVisibility KitchenQueue.Arn',
      'sqs:DeleteMessage KitchenQueue.Arn',
      'sqs:GetQueueAttributes KitchenQueue.Arn',
      'sqs:GetQueueUrl KitchenQueue.Arn',
      'sqs:ReceiveMessage KitchenQueue.Arn',
      ...logs('Kitchen'),
    ].sort(),
  );
  assert.deepEqual(
    grantsOf('Invoices'),
    [
      ...records,
      'dynamodb:PutItem InvoicesTable.Arn',
      'sqs:GetQueueAttributes InvoiceFailures.Arn',
      'sqs:GetQueueUrl InvoiceFailures.Arn',
      'sqs:SendMessage InvoiceFailures.Arn',
      ...logs('Invoices'),
    ].sort(),
  );
  assert.deepEqual(
    grantsOf('Authorizer'),
    ['dynamodb:GetItem TenantsTable.Arn', ...logs('Authorizer')].sort(),
  );
});

test('no role has a managed policy or a wildcard', () => {
  for (const [name, role] of Object.entries(propertiesOf('AWS::IAM::Role'))) {
    assert.equal(role['ManagedPolicyArns'], undefined, name);
  }
  for (const policy of Object.values(propertiesOf('AWS::IAM::Policy'))) {
    assert.doesNotMatch(JSON.stringify(policy), /\*/);
  }
});

test('the idempotency table forgets, is billed by request, backed up, and gone with a development stack', () => {
  const table = propertiesOf('AWS::DynamoDB::Table')['IdempotencyTable'] ?? {};
  assert.deepEqual(table['KeySchema'], [{ AttributeName: 'id', KeyType: 'HASH' }]);
  assert.deepEqual(table['TimeToLiveSpecification'], { AttributeName: 'expiration', Enabled: true });
  assert.equal(table['BillingMode'], 'PAY_PER_REQUEST');
  assert.equal((table['PointInTimeRecoverySpecification'] as Properties)['PointInTimeRecoveryEnabled'], true);
  assert.deepEqual(table['SSESpecification'], { SSEEnabled: true });
  assert.equal(table['DeletionProtectionEnabled'], false);
});

test('in production, no table can be deleted, or goes with the stack', () => {
  const tables = {
    ...production.findResources('AWS::DynamoDB::Table'),
    ...production.findResources('AWS::DynamoDB::GlobalTable'),
  };
  assert.equal(Object.keys(tables).length, 5);
  for (const [name, table] of Object.entries(tables)) {
    assert.match(table['DeletionPolicy'], /^Retain/, name);
    const { DeletionProtectionEnabled, Replicas } = table['Properties'];
    assert.equal(DeletionProtectionEnabled ?? Replicas[0].DeletionProtectionEnabled, true, name);
  }
});

test('the queue hides messages for six times the timeout, and gives up after five tries', () => {
  const { KitchenQueue = {}, KitchenFailures = {} } = propertiesOf('AWS::SQS::Queue');
  assert.equal(propertiesOf('AWS::Lambda::Function')['Kitchen']?.['Timeout'], 5);
  assert.equal(KitchenQueue['VisibilityTimeout'], 30);
  assert.equal(KitchenQueue['MessageRetentionPeriod'], 4 * 86_400);
  assert.equal(KitchenFailures['MessageRetentionPeriod'], 14 * 86_400);
  const { deadLetterTargetArn, maxReceiveCount } = KitchenQueue['RedrivePolicy'] as Properties;
  assert.equal(readable(deadLetterTargetArn), 'KitchenFailures.Arn');
  assert.equal(maxReceiveCount, 5);
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
});

test('an invoice is tried three times, then kept', () => {
  template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 2 });
  const [config = {}] = Object.values(propertiesOf('AWS::Lambda::EventInvokeConfig'));
  const { OnFailure } = config['DestinationConfig'] as { OnFailure: { Destination: unknown } };
  assert.equal(readable(OnFailure.Destination), 'InvoiceFailures.Arn');
  const [rule = {}] = Object.values(propertiesOf('AWS::Events::Rule'));
  const [target] = rule['Targets'] as { DeadLetterConfig: { Arn: unknown } }[];
  assert.equal(readable(target?.DeadLetterConfig.Arn), 'InvoiceFailures.Arn');
});

test('someone is told of throttles, failures, and messages that were given up', () => {
  const alarms = propertiesOf('AWS::CloudWatch::Alarm');
  assert.deepEqual(Object.keys(alarms).sort(), [
    'ApiServerErrors',
    'AuthorizerErrors',
    'IdempotencyReadThrottles',
    'IdempotencyWriteThrottles',
    'InvoiceFailuresAlarm',
    'InvoicesErrors',
    'KitchenErrors',
    'KitchenFailuresAlarm',
    'OrdersErrors',
  ]);
  for (const [name, alarm] of Object.entries(alarms)) {
    assert.match(JSON.stringify(alarm['AlarmActions']), /^\[\{"Ref":"Alarms[0-9A-F]{8}"\}\]$/, name);
  }
});

test('alarms may publish to their topic, and only over TLS', () => {
  const [{ PolicyDocument } = {}] = Object.values(propertiesOf('AWS::SNS::TopicPolicy'));
  const { Statement } = PolicyDocument as { Statement: Properties[] };
  assert.deepEqual(
    Statement.map(({ Effect, Action, Principal, Condition }) => ({ Effect, Action, Principal, Condition })),
    [
      {
        Effect: 'Deny',
        Action: 'sns:Publish',
        Principal: '*',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        Effect: 'Allow',
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: undefined,
      },
    ],
  );
});

test('functions run on the newest Node, on ARM', () => {
  for (const [name, { Runtime, Architectures }] of Object.entries(propertiesOf('AWS::Lambda::Function'))) {
    assert.deepEqual([Runtime, Architectures], ['nodejs24.x', ['arm64']], name);
  }
});

test('cdk-nag finds nothing, and would find something', () => {
  const nag = new AwsSolutionsChecks(stack);
  const report = nag.validateScope(stack);
  assert.deepEqual([report.success, report.violations], [true, []]);

  const [, flawed] = synthesise(false);
  const queue = flawed.node.findChild('KitchenQueue').node;
  queue.tryRemoveChild('Policy');
  const found = new AwsSolutionsChecks(flawed).validateScope(flawed);
  assert.deepEqual(
    found.violations.map(({ ruleName }) => ruleName),
    ['AwsSolutions-SQS4'],
  );
});
