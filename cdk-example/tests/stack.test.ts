import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { channelName } from 'lambda-idempotency';
import '../functions/shop/log.ts';
import { CakeShopStack } from '../lib/cake-shop-stack.ts';
import { settingsOf } from '../lib/settings.ts';

/** Without bundling: what the handlers hold is checked in bundles.test.ts. */
const synthesise = (disposable = false): [Template, Stack] => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new CakeShopStack(app, 'CakeShop-test', { disposable });
  return [Template.fromStack(stack), stack];
};

const [template, stack] = synthesise();
const [trial, trialStack] = synthesise(true);

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
  readonly Condition?: { readonly 'ForAllValues:StringLike': { readonly 'dynamodb:LeadingKeys': string[] } };
}

/** `Table.Arn` for `{ "Fn::GetAtt": ["Table1234ABCD", "Arn"] }`. */
const readable = (reference: unknown): string => {
  const [id = '', attribute] = (reference as { 'Fn::GetAtt'?: string[] })['Fn::GetAtt'] ?? [];
  return attribute ? `${id.replace(/[0-9A-F]{8}$/, '')}.${attribute}` : JSON.stringify(reference);
};

const statementsOf = (name: string): Statement[] => {
  const policy = propertiesOf('AWS::IAM::Policy')[`${name}RoleDefaultPolicy`] as {
    PolicyDocument: { Statement: Statement[] };
  };
  return policy.PolicyDocument.Statement;
};

/** Everything that a function's role may do, a line for each action on a resource. */
const grantsOf = (name: string): string[] =>
  statementsOf(name)
    .flatMap(({ Action, Resource }) =>
      [Action]
        .flat()
        .flatMap((action) => [Resource].flat().map((resource) => `${action} ${readable(resource)}`)),
    )
    .sort();

/** Of a function's own logs, and of its traces. */
const logs = (name: string): string[] => [
  'xray:PutTelemetryRecords "*"',
  'xray:PutTraceSegments "*"',
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

test('each function may use the records of its own scopes only', () => {
  const scopesOf = (name: string): string[] =>
    statementsOf(name).flatMap(
      ({ Condition }) => Condition?.['ForAllValues:StringLike']['dynamodb:LeadingKeys'] ?? [],
    );
  assert.deepEqual(scopesOf('Orders'), ['CakeShop-test-Orders#*', 'CakeShop-test-Orders.chargeCard#*']);
  assert.deepEqual(scopesOf('Kitchen'), ['CakeShop-test-Kitchen.bake#*']);
  assert.deepEqual(scopesOf('Invoices'), ['CakeShop-test-Invoices#*']);
  for (const name of ['Orders', 'Kitchen', 'Invoices']) {
    assert.equal(propertiesOf('AWS::Lambda::Function')[name]?.['FunctionName'], `CakeShop-test-${name}`);
    for (const { Resource, Condition } of statementsOf(name)) {
      if (readable(Resource) === 'IdempotencyTable.Arn') assert.ok(Condition, name);
    }
  }
});

test('no role has a managed policy, or a wildcard but for traces', () => {
  for (const [name, role] of Object.entries(propertiesOf('AWS::IAM::Role'))) {
    assert.equal(role['ManagedPolicyArns'], undefined, name);
  }
  for (const name of ['Orders', 'Kitchen', 'Invoices', 'Authorizer']) {
    for (const { Action, Resource } of statementsOf(name)) {
      if ([Action].flat().every((action) => action.startsWith('xray:'))) continue;
      assert.doesNotMatch(JSON.stringify([Action, Resource]), /\*/, name);
    }
  }
});

test('the idempotency table forgets, is billed by request, and backed up', () => {
  const table = propertiesOf('AWS::DynamoDB::Table')['IdempotencyTable'] ?? {};
  assert.deepEqual(table['KeySchema'], [{ AttributeName: 'id', KeyType: 'HASH' }]);
  assert.deepEqual(table['TimeToLiveSpecification'], { AttributeName: 'expiration', Enabled: true });
  assert.equal(table['BillingMode'], 'PAY_PER_REQUEST');
  assert.equal((table['PointInTimeRecoverySpecification'] as Properties)['PointInTimeRecoveryEnabled'], true);
  assert.deepEqual(table['SSESpecification'], { SSEEnabled: true });
});

const kept = ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable', 'AWS::SQS::Queue', 'AWS::Logs::LogGroup'];
const keptIn = (of: Template) => kept.flatMap((type) => Object.entries(of.findResources(type)));
const isProtected = ({ Properties }: { [member: string]: Properties }): unknown =>
  Properties?.['DeletionProtectionEnabled'] ??
  (Properties?.['Replicas'] as Properties[] | undefined)?.[0]?.['DeletionProtectionEnabled'];

test('by default tables, queues and logs stay when the stack goes, and neither it nor a table is deleted by mistake', () => {
  assert.equal(keptIn(template).length, 5 + 3 + 5);
  for (const [name, resource] of keptIn(template)) {
    assert.match(resource['DeletionPolicy'], /^Retain/, name);
    assert.match(resource['UpdateReplacePolicy'], /^Retain/, name);
    if (resource['Type'].startsWith('AWS::DynamoDB')) assert.equal(isProtected(resource), true, name);
  }
  assert.equal(stack.terminationProtection, true);
});

test('a disposable stack leaves nothing', () => {
  for (const [name, resource] of keptIn(trial)) {
    assert.equal(resource['DeletionPolicy'], 'Delete', name);
    if (resource['Type'].startsWith('AWS::DynamoDB')) assert.equal(isProtected(resource), false, name);
  }
  assert.equal(trialStack.terminationProtection, false);
});

test('the stage stands in the name of the stack, and what is neither stage nor true is refused', () => {
  const settings = (context: Record<string, unknown>) =>
    settingsOf({ tryGetContext: (key: string) => context[key] });
  assert.deepEqual(settings({}), { stage: 'dev', disposable: false });
  assert.deepEqual(settings({ stage: 'prod', disposable: 'true' }), { stage: 'prod', disposable: true });
  assert.throws(() => settings({ stage: 'Prod-1' }), /`stage` must be 1 to 16 lower-case letters and digits/);
  assert.throws(() => settings({ disposable: 'yes' }), /`disposable` must be true or false/);
  assert.match(
    readFileSync(new URL('../bin/cake-shop.ts', import.meta.url), 'utf8'),
    /`CakeShop-\$\{stage\}`/,
  );
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
    'KitchenLate',
    'LostOutcomes',
    'OrdersErrors',
    'StoreFailures',
  ]);
  for (const [name, alarm] of Object.entries(alarms)) {
    assert.match(JSON.stringify(alarm['AlarmActions']), /^\[\{"Ref":"Alarms[0-9A-F]{8}"\}\]$/, name);
  }
});

test("a store outage in the kitchen, which answers its errors itself, reaches an alarm by the library's events", () => {
  const lines: unknown[] = [];
  const { log, error } = console;
  console.log = console.error = (line: unknown) => void lines.push(line);
  try {
    for (const event of ['storeFailed', 'leaseLost', 'resultNotStored'] as const)
      channel(channelName(event)).publish({ key: 'shop#hash' });
  } finally {
    Object.assign(console, { log, error });
  }
  const written = lines.map((line) => (line as { message: string }).message);
  assert.deepEqual(
    written,
    ['storeFailed', 'leaseLost', 'resultNotStored'].map((name) => `idempotency ${name}`),
  );

  const filters = Object.values(propertiesOf('AWS::Logs::MetricFilter')).map(
    ({ FilterPattern, LogGroupName, MetricTransformations }) => {
      const [{ MetricName, MetricNamespace } = {}] = MetricTransformations as Properties[];
      return [(LogGroupName as { Ref: string }).Ref.slice(0, -8), MetricNamespace, MetricName, FilterPattern];
    },
  );
  const [failed, lost, unstored] = written.map((text) => `($.message.message = "${text}")`);
  const expected = ['Orders', 'Kitchen', 'Invoices'].flatMap((name) => [
    [`${name}Logs`, 'CakeShop/CakeShop-test', 'StoreFailures', `{ ${failed?.slice(1, -1)} }`],
    [`${name}Logs`, 'CakeShop/CakeShop-test', 'LostOutcomes', `{ ${lost} || ${unstored} }`],
  ]);
  assert.deepEqual(filters.sort(), expected.sort());
  const alarms = propertiesOf('AWS::CloudWatch::Alarm');
  for (const name of ['StoreFailures', 'LostOutcomes']) {
    const { Namespace, MetricName, Statistic, Threshold } = alarms[name] ?? {};
    assert.deepEqual(
      [Namespace, MetricName, Statistic, Threshold],
      ['CakeShop/CakeShop-test', name, 'Sum', 1],
    );
  }
});

test('an old message in the kitchen reaches an alarm, before it is given up', () => {
  const { KitchenLate = {} } = propertiesOf('AWS::CloudWatch::Alarm');
  assert.deepEqual(
    [KitchenLate['MetricName'], KitchenLate['Statistic'], KitchenLate['Threshold']],
    ['ApproximateAgeOfOldestMessage', 'Maximum', 300],
  );
});

test('each function is traced, and each request is a line of JSON', () => {
  for (const [name, { TracingConfig }] of Object.entries(propertiesOf('AWS::Lambda::Function'))) {
    assert.deepEqual(TracingConfig, { Mode: 'Active' }, name);
  }
  const [stage = {}] = Object.values(propertiesOf('AWS::ApiGatewayV2::Stage'));
  const { Format } = stage['AccessLogSettings'] as { Format: string };
  assert.equal(JSON.parse(Format).status, '$context.status');
});

test('alarms of this account may publish to their topic, and only over TLS', () => {
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
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
    ],
  );
});

test('functions run on the newest Node, on ARM', () => {
  for (const [name, { Runtime, Architectures }] of Object.entries(propertiesOf('AWS::Lambda::Function'))) {
    assert.deepEqual([Runtime, Architectures], ['nodejs24.x', ['arm64']], name);
  }
});

test('cdk-nag finds nothing in either pack, and would find something', () => {
  for (const nag of [new AwsSolutionsChecks(stack), new ServerlessChecks(stack)]) {
    const report = nag.validateScope(stack);
    assert.deepEqual([report.success, report.violations], [true, []]);
  }

  const [, flawed] = synthesise();
  const queue = flawed.node.findChild('KitchenQueue').node;
  queue.tryRemoveChild('Policy');
  const found = new AwsSolutionsChecks(flawed).validateScope(flawed);
  assert.deepEqual(
    found.violations.map(({ ruleName }) => ruleName),
    ['AwsSolutions-SQS4'],
  );
});
