import { beforeEach, describe, expect, it } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { IdempotencyConfigError } from 'lambda-idempotency';
import {
  type IdempotencyGrantOptions,
  IdempotencyTable,
  type IdempotencyTableProps,
} from 'lambda-idempotency/cdk';
import { attributesOf } from '../../src/stores/dynamodb/attributes.js';
import { keyOf } from '../../src/stores/dynamodb/item.js';
import { useCdkOutput } from '../support/cdk-output.js';

useCdkOutput();

/** The logical id that CloudFormation gets for the table of `new IdempotencyTable(stack, 'Idempotency')`. */
const TABLE = 'IdempotencyTable';

describe('IdempotencyTable', () => {
  let stack: Stack;
  let role: Role;

  // Without an account and a region, as most stacks are written.
  beforeEach(() => {
    stack = new Stack(new App(), 'Shop');
    role = new Role(stack, 'Orders', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  });

  const create = (props?: IdempotencyTableProps) => new IdempotencyTable(stack, 'Idempotency', props);
  const resourcesOf = (type: string) => Object.values(Template.fromStack(stack).findResources(type));
  const only = <T>(values: readonly T[]): T => {
    expect(values).toHaveLength(1);
    return values[0] as T;
  };
  const tableOf = (props?: IdempotencyTableProps) => {
    create(props);
    return only(resourcesOf('AWS::DynamoDB::Table'));
  };
  const idOf = (part: string): string => {
    const ids = Object.keys(Template.fromStack(stack).toJSON()['Resources']);
    return only(ids.filter((id) => new RegExp(`^${part}[0-9A-F]{8}$`).test(id)));
  };
  const arnOf = (part: string) => ({ 'Fn::GetAtt': [idOf(part), 'Arn'] });
  /** The statements of the function's role, whose resource may be in a list of one. */
  const statements = () =>
    only(resourcesOf('AWS::IAM::Policy'))['Properties'].PolicyDocument.Statement.map(
      ({ Resource, ...rest }: { Resource: unknown }) => ({
        ...rest,
        Resource: Array.isArray(Resource) && Resource.length === 1 ? Resource[0] : Resource,
      }),
    );

  describe('the table', () => {
    it('has the key, TTL, billing, recovery, encryption and protection of production', () => {
      expect(tableOf()).toEqual({
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          TimeToLiveSpecification: { AttributeName: 'expiration', Enabled: true },
          BillingMode: 'PAY_PER_REQUEST',
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          SSESpecification: { SSEEnabled: true },
          DeletionProtectionEnabled: true,
        },
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
      });
    });

    it('has the attribute names of a layer with other ones', () => {
      expect(tableOf({ keyAttr: 'pk', sortKeyAttr: 'sk', expiryAttr: 'ttl' })['Properties']).toMatchObject({
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      });
    });

    it('is deleted with a stack for development', () => {
      const { Properties, ...policies } = tableOf({ removalPolicy: RemovalPolicy.DESTROY });
      expect(policies).toEqual({
        Type: 'AWS::DynamoDB::Table',
        DeletionPolicy: 'Delete',
        UpdateReplacePolicy: 'Delete',
      });
      expect(Properties.DeletionProtectionEnabled).toBe(false);
    });

    it('can stay behind without deletion protection', () => {
      const { Properties, DeletionPolicy } = tableOf({ deletionProtection: false });
      expect([Properties.DeletionProtectionEnabled, DeletionPolicy]).toEqual([false, 'Retain']);
    });

    it("is encrypted with a customer's key, in a stack without a fixed region too", () => {
      const encryptionKey = new Key(stack, 'Key');
      expect(tableOf({ encryptionKey })['Properties'].SSESpecification).toEqual({
        SSEEnabled: true,
        SSEType: 'KMS',
        KMSMasterKeyId: arnOf('Key'),
      });
    });

    it('has a name of its own, if one is given', () => {
      const table = create({ tableName: 'idempotency' });
      expect(only(resourcesOf('AWS::DynamoDB::Table'))['Properties'].TableName).toBe('idempotency');
      expect(stack.resolve(table.tableName)).toEqual({ Ref: idOf(TABLE) });
      expect(stack.resolve(table.tableArn)).toEqual(arnOf(TABLE));
      expect(table.table.tableArn).toBe(table.tableArn);
    });
  });

  describe('the alarms', () => {
    it('watch throttled reads and writes', () => {
      create();
      const table = { Name: 'TableName', Value: { Ref: idOf(TABLE) } };
      const throttles = {
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: 1,
        TreatMissingData: 'notBreaching',
        Namespace: 'AWS/DynamoDB',
        Dimensions: [table],
        Statistic: 'Sum',
        Period: 300,
        EvaluationPeriods: 1,
      };
      const properties = resourcesOf('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
      expect(properties).toEqual([
        {
          ...throttles,
          MetricName: 'ReadThrottleEvents',
          AlarmDescription: 'Idempotency records (Shop/Idempotency/Table): reads are throttled.',
        },
        {
          ...throttles,
          MetricName: 'WriteThrottleEvents',
          AlarmDescription: 'Idempotency records (Shop/Idempotency/Table): writes are throttled.',
        },
      ]);
    });

    it('report to a topic', () => {
      create({ alarmTopic: new Topic(stack, 'OnCall') });
      const actions = resourcesOf('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties.AlarmActions);
      const topic = { Ref: idOf('OnCall') };
      expect(actions).toEqual([[topic], [topic]]);
    });

    it('can be given other actions', () => {
      const { alarms } = create();
      for (const alarm of alarms) {
        alarm.addAlarmAction({ bind: () => ({ alarmActionArn: 'arn:aws:ssm:::opsitem:1' }) });
      }
      const actions = resourcesOf('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties.AlarmActions);
      expect(actions).toEqual(Array(2).fill(['arn:aws:ssm:::opsitem:1']));
    });

    it('can be left out', () => {
      expect(create({ alarms: false }).alarms).toEqual([]);
      expect(resourcesOf('AWS::CloudWatch::Alarm')).toEqual([]);
    });
  });

  describe('grantIdempotency', () => {
    const onTable = () => ({
      Effect: 'Allow',
      Action: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
      Resource: arnOf(TABLE),
    });
    const onObjects = (Resource: unknown) => ({
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      Resource,
    });
    const macKey = () =>
      new Key(stack, 'MacKey', { keySpec: KeySpec.HMAC_256, keyUsage: KeyUsage.GENERATE_VERIFY_MAC });
    const grant = (options?: IdempotencyGrantOptions, props?: IdempotencyTableProps) =>
      create(props).grantIdempotency(role, options);

    it('allows four actions on the table, and nothing else', () => {
      grant();
      expect(statements()).toEqual([onTable()]);
    });

    it('allows the same with a sort key, to each function of its own', () => {
      const kitchen = new Role(stack, 'Kitchen', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
      const table = create({ sortKeyAttr: 'sk' });
      table.grantIdempotency(kitchen);
      expect(statements()).toEqual([onTable()]);
      expect(only(resourcesOf('AWS::IAM::Policy'))['Properties'].Roles).toEqual([{ Ref: idOf('Kitchen') }]);
    });

    const onScopes = (...patterns: string[]) => ({
      ...onTable(),
      Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': patterns } },
    });

    it('with scopes: only records whose partition key begins with one of them', () => {
      grant({ scopes: ['orders', 'orders.chargeCard'] });
      expect(statements()).toEqual([onScopes('orders#*', 'orders.chargeCard#*')]);
    });

    it("with scopes and a sort key: the partitions that the store makes of the record's key", () => {
      grant({ scopes: ['orders'] }, { sortKeyAttr: 'sk' });
      expect(statements()).toEqual([onScopes('idempotency#orders#*')]);
    });

    it.each([{}, { sortKeyAttr: 'sk' }])('the patterns cover what the store writes: %j', async (keys) => {
      grant({ scopes: ['orders'] }, keys);
      const [{ Condition }] = statements();
      const [pattern = ''] = Condition['ForAllValues:StringLike']['dynamodb:LeadingKeys'] as string[];
      const attributes = attributesOf('test', keys);
      const partition = (key: string) => keyOf(attributes, key)['id']?.S ?? '';
      const begin = pattern.slice(0, -1);
      expect(partition('orders#hash').startsWith(begin)).toBe(true);
      // Data beside the record.
      expect(partition('orders#hash/fence/0').startsWith(begin)).toBe(true);
      expect(partition('orders-2#hash').startsWith(begin)).toBe(false);
    });

    it("allows to decrypt with the table's own key", () => {
      grant({}, { encryptionKey: new Key(stack, 'Key') });
      expect(statements()).toEqual([
        onTable(),
        { Effect: 'Allow', Action: 'kms:Decrypt', Resource: arnOf('Key') },
      ]);
    });

    it('allows results in S3, below a prefix', () => {
      grant({ s3Results: { bucket: new Bucket(stack, 'Results'), prefix: 'idempotency/' } });
      const objects = { 'Fn::Join': ['', [arnOf('Results'), '/idempotency/*']] };
      expect(statements()).toEqual([onTable(), onObjects(objects)]);
    });

    it('allows results in a bucket that has a key', () => {
      const bucket = new Bucket(stack, 'Results', { encryptionKey: new Key(stack, 'BucketKey') });
      grant({ s3Results: { bucket, prefix: 'orders-' } });
      expect(statements()).toEqual([
        onTable(),
        onObjects({ 'Fn::Join': ['', [arnOf('Results'), '/orders-*']] }),
        { Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: arnOf('BucketKey') },
      ]);
    });

    it('allows data keys of the key that encrypts results', () => {
      grant({ resultsKey: new Key(stack, 'ResultsKey') });
      expect(statements()).toEqual([
        onTable(),
        { Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: arnOf('ResultsKey') },
      ]);
    });

    it('allows MACs of the key that fingerprints are made with', () => {
      grant({ fingerprintKey: macKey() });
      expect(statements()).toEqual([
        onTable(),
        { Effect: 'Allow', Action: 'kms:GenerateMac', Resource: arnOf('MacKey') },
      ]);
    });

    it('has one wildcard with all of them: the end of the prefix', () => {
      grant(
        {
          s3Results: {
            bucket: new Bucket(stack, 'Results', { encryptionKey: new Key(stack, 'BucketKey') }),
            prefix: 'idempotency/',
          },
          resultsKey: new Key(stack, 'ResultsKey'),
          fingerprintKey: macKey(),
        },
        { encryptionKey: new Key(stack, 'TableKey') },
      );
      expect(JSON.stringify(statements()).match(/[^"]*\*[^"]*/g)).toEqual(['/idempotency/*']);
    });

    it('gives a grant that says what was added', () => {
      const all = grant({ resultsKey: new Key(stack, 'ResultsKey') });
      expect(all.success).toBe(true);
      expect(all.principalStatements.flatMap(({ actions }) => actions)).toEqual([
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
        'dynamodb:DeleteItem',
        'kms:Decrypt',
        'kms:GenerateDataKey',
      ]);
    });

    const bucket = () => new Bucket(stack, 'Results');

    it.each<[string, () => object, string]>([
      [
        'an unknown option',
        () => ({ bucket: bucket() }),
        'The options of grantIdempotency: unknown option `bucket`. Valid options: scopes, s3Results, resultsKey, fingerprintKey.',
      ],
      ...[[], ['orders*'], ['$' + '{aws:username}'], [''], 'orders'].map(
        (scopes): [string, () => object, string] => [
          `the scopes ${JSON.stringify(scopes)}`,
          () => ({ scopes }),
          'The options of grantIdempotency: `scopes` must be a non-empty array of scopes, which are non-empty strings without *, ? and $.',
        ],
      ),
      [
        'results in no bucket',
        () => ({ s3Results: { prefix: 'a/' } }),
        'The options of grantIdempotency: `s3Results`: `bucket` is missing; it must be an S3 bucket (IBucket).',
      ],
      [
        "a bucket's name",
        () => ({ s3Results: { bucket: 'results', prefix: 'a/' } }),
        'The options of grantIdempotency: `s3Results`: `bucket` must be an S3 bucket (IBucket).',
      ],
      [
        'a whole bucket',
        () => ({ s3Results: { bucket: bucket() } }),
        'The options of grantIdempotency: `s3Results`: `prefix` is missing; it must be a non-empty string without the wildcards * and ?.',
      ],
      ...['', '*', 'a/?/'].map((prefix): [string, () => object, string] => [
        `the prefix "${prefix}"`,
        () => ({ s3Results: { bucket: bucket(), prefix } }),
        'The options of grantIdempotency: `s3Results`: `prefix` must be a non-empty string without the wildcards * and ?.',
      ]),
      [
        "a key's alias",
        () => ({ resultsKey: 'alias/results' }),
        'The options of grantIdempotency: `resultsKey` must be a KMS key (IKey).',
      ],
      [
        "another key's id",
        () => ({ fingerprintKey: '1234' }),
        'The options of grantIdempotency: `fingerprintKey` must be a KMS key (IKey).',
      ],
    ])('refuses %s, and allows nothing', (_, options, message) => {
      const table = create();
      expect(refusalOf(() => table.grantIdempotency(role, options()))).toBe(message);
      expect(resourcesOf('AWS::IAM::Policy')).toEqual([]);
    });
  });

  it.each<[string, () => object, string]>([
    [
      'an unknown prop',
      () => ({ partitionKey: 'id' }),
      'unknown option `partitionKey`. Valid options: keyAttr, sortKeyAttr, expiryAttr, tableName, encryptionKey, removalPolicy, deletionProtection, alarms, alarmTopic.',
    ],
    ['a nameless key', () => ({ keyAttr: '' }), '`keyAttr` must be a non-empty string.'],
    ['a nameless sort key', () => ({ sortKeyAttr: '' }), '`sortKeyAttr` must be a non-empty string.'],
    ['a nameless TTL', () => ({ expiryAttr: '' }), '`expiryAttr` must be a non-empty string.'],
    ['a nameless table', () => ({ tableName: '' }), '`tableName` must be a non-empty string.'],
    [
      'one attribute as both keys',
      () => ({ sortKeyAttr: 'id' }),
      '`sortKeyAttr` ("id") names the same attribute as `keyAttr`; choose another name.',
    ],
    [
      'a key as the TTL',
      () => ({ keyAttr: 'expiration' }),
      '`expiryAttr` ("expiration") names the same attribute as `keyAttr`; choose another name.',
    ],
    [
      "a key that is another of a record's attributes",
      () => ({ keyAttr: 'status' }),
      '`statusAttr` ("status") names the same attribute as `keyAttr`; choose another name.',
    ],
    [
      "a key that is the library's own attribute",
      () => ({ keyAttr: 'fence' }),
      '`keyAttr` ("fence") names the same attribute as the library\'s own `fence`; choose another name.',
    ],
    [
      'a table that is to be deleted, and protected',
      () => ({ removalPolicy: RemovalPolicy.DESTROY, deletionProtection: true }),
      '`deletionProtection` keeps CloudFormation from deleting the table, as `removalPolicy` DESTROY asks; remove one of them.',
    ],
    [
      'a snapshot, which tables do not have',
      () => ({ removalPolicy: RemovalPolicy.SNAPSHOT }),
      '`removalPolicy` must be RemovalPolicy.RETAIN, RETAIN_ON_UPDATE_OR_DELETE or DESTROY.',
    ],
    ["a key's alias", () => ({ encryptionKey: 'alias/table' }), '`encryptionKey` must be a KMS key (IKey).'],
    [
      'a topic without alarms',
      () => ({ alarms: false, alarmTopic: new Topic(stack, 'OnCall') }),
      '`alarmTopic` has no effect with `alarms: false`; remove one of them.',
    ],
    ["a topic's name", () => ({ alarmTopic: 'on-call' }), '`alarmTopic` must be an SNS topic (ITopic).'],
    ['alarms by name', () => ({ alarms: 'none' }), '`alarms` must be true or false.'],
    [
      'protection by name',
      () => ({ deletionProtection: 'on' }),
      '`deletionProtection` must be true or false.',
    ],
  ])('refuses %s', (_, props, message) => {
    expect(refusalOf(() => create(props()))).toBe(`The props of IdempotencyTable: ${message}`);
    expect(resourcesOf('AWS::DynamoDB::Table')).toEqual([]);
  });
});

const refusalOf = (attempt: () => unknown): string => {
  try {
    attempt();
  } catch (error) {
    expect(error).toBeInstanceOf(IdempotencyConfigError);
    return (error as Error).message;
  }
  throw new Error('it was not refused');
};
