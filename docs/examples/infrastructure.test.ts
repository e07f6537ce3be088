import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import { App, Stack } from 'aws-cdk-lib/core';
import { IdempotencyTable } from 'lambda-idempotency/cdk';
import { useCdkOutput } from '../../tests/support/cdk-output.js';
import { ShopStack } from './cdk-stack.js';

const page = readFileSync(new URL('../infrastructure.md', import.meta.url), 'utf8');

const sectionOf = (heading: string): string => {
  const [, section] = page.split(new RegExp(`^#+ ${heading}$`, 'm'));
  return (section ?? '').split(/^#+ /m)[0] ?? '';
};
const codeOf = (heading: string, language: string): string => {
  const blocks = [...sectionOf(heading).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))];
  expect(blocks).toHaveLength(1);
  return blocks[0]?.[1] ?? '';
};

const ACTIONS = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'];
const TABLE = 'AWS::DynamoDB::Table';

type Resource = Readonly<Record<string, unknown>> & {
  readonly Properties: Readonly<Record<string, unknown>>;
};
type Resources = Readonly<Record<string, Resource>>;

const resourcesOf = (stack: Stack): Resources => Template.fromStack(stack).toJSON()['Resources'];
const ofType = (resources: Resources, type: string): Resource[] =>
  Object.values(resources).filter(({ Type }) => Type === type);
const onlyOf = (resources: Resources, type: string): Resource => {
  const [resource, ...others] = ofType(resources, type);
  if (!resource || others.length > 0) throw new Error(`${1 + others.length} of ${type}`);
  return resource;
};

useCdkOutput();

let folder: string;
/** What the construct creates, and its table. */
let construct: Resources;
let made: Resource;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lambda-idempotency-infrastructure-'));
  const stack = new Stack(new App(), 'Stack');
  new IdempotencyTable(stack, 'Idempotency');
  construct = resourcesOf(stack);
  made = onlyOf(construct, TABLE);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The template as the CDK reads and writes it: intrinsic functions in their long form, properties checked. */
const included = (template: string): Resources => {
  const templateFile = join(folder, 'template.yaml');
  writeFileSync(templateFile, template);
  const stack = new Stack(new App(), 'Included');
  new CfnInclude(stack, 'Template', { templateFile });
  return resourcesOf(stack);
};

describe('docs/infrastructure.md', () => {
  it('has the props of IdempotencyTable, and no other', () => {
    const unknown = () => new IdempotencyTable(new Stack(), 'Refused', { notAProp: true } as object);
    const known = /Valid options: (.*)\./.exec(messageOf(unknown))?.[1]?.split(', ');
    const rows = [...sectionOf('CDK').matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name);
    expect(rows).toEqual(known);
  });

  it('has the options of grantIdempotency, and no other', () => {
    const table = new IdempotencyTable(new Stack(), 'Idempotency');
    const unknown = () => table.grantIdempotency({} as never, { notAnOption: true } as object);
    const known = /Valid options: (.*)\./.exec(messageOf(unknown))?.[1]?.split(', ');
    const rows = [...sectionOf('Results in S3, encrypted results').matchAll(/^\| `(\w+)` +\|/gm)].map(
      ([, name]) => name,
    );
    expect(rows).toEqual(known);
  });

  it('has the alarms, with their metrics', () => {
    const { alarms } = new IdempotencyTable(new Stack(), 'Idempotency');
    const rows = [...sectionOf('Alarms').matchAll(/^\| `(\w+)` +\| `(\w+)`/gm)];
    expect(rows.map(([, name]) => name)).toEqual(alarms.map(({ node }) => node.id));
    expect(sectionOf('CDK')).toContain(`[${['none', 'one', 'two', 'three'][alarms.length]} alarms](#alarms)`);
    const metrics = ['ReadThrottleEvents', 'WriteThrottleEvents'];
    expect(rows.map(([, , metric]) => metric)).toEqual(metrics);
  });

  it('shows for CloudFormation the table of the construct, its permissions and its alarms', () => {
    const resources = included(codeOf('CloudFormation', 'yaml'));
    expect(onlyOf(resources, TABLE)).toEqual(made);
    expect(onlyOf(resources, 'AWS::IAM::RolePolicy').Properties).toMatchObject({
      PolicyDocument: { Statement: [statement] },
    });
    const alarms = ofType(construct, 'AWS::CloudWatch::Alarm').map(({ Properties }) => {
      const { AlarmDescription, Dimensions, ...rest } = Properties;
      return { ...rest, Dimensions: [{ Name: 'TableName', Value: { Ref: 'Idempotency' } }] };
    });
    const shown = ofType(resources, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
    expect(new Set(shown)).toEqual(new Set(alarms));
  });

  it('shows for SAM the table of the construct, and its permissions', () => {
    const resources = included(codeOf('SAM', 'yaml'));
    expect(onlyOf(resources, TABLE)).toEqual(made);
    expect(onlyOf(resources, 'AWS::Serverless::Function')).toMatchObject({
      Metadata: { BuildProperties: { Minify: false } },
      Properties: { Policies: [{ Statement: [statement] }] },
    });
  });

  it('shows for Terraform the table of the construct, and its permissions', () => {
    const { table, policy } = terraformOf(codeOf('Terraform', 'hcl'));
    const { AttributeDefinitions, KeySchema, ...rest } = made.Properties;
    expect(AttributeDefinitions).toEqual([
      { AttributeName: table['attribute.name'], AttributeType: table['attribute.type'] },
    ]);
    expect(KeySchema).toEqual([{ AttributeName: table['hash_key'], KeyType: 'HASH' }]);
    expect(rest).toEqual({
      TimeToLiveSpecification: { AttributeName: table['ttl.attribute_name'], Enabled: table['ttl.enabled'] },
      BillingMode: table['billing_mode'],
      PointInTimeRecoverySpecification: {
        PointInTimeRecoveryEnabled: table['point_in_time_recovery.enabled'],
      },
      SSESpecification: { SSEEnabled: table['server_side_encryption.enabled'] },
      DeletionProtectionEnabled: table['deletion_protection_enabled'],
    });
    expect(policy).toEqual({ actions: ACTIONS, resource: 'aws_dynamodb_table.idempotency.arn' });
  });
});

describe('docs/examples/cdk-stack.ts', () => {
  const shop = (production: boolean): Resources => {
    // Handlers are not bundled here; only function names and tables matter.
    const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
    return resourcesOf(new ShopStack(app, 'Shop', { production }));
  };
  let production: Resources;
  beforeAll(() => {
    production = shop(true);
  });

  it('has in production the table that the other snippets have', () => {
    expect(onlyOf(production, TABLE)).toEqual(made);
  });

  it('leaves nothing of the table behind in development', () => {
    const table = onlyOf(shop(false), TABLE);
    expect([table['DeletionPolicy'], table.Properties['DeletionProtectionEnabled']]).toEqual([
      'Delete',
      false,
    ]);
  });

  it('keeps a function to its own scopes', () => {
    const conditions = ofType(production, 'AWS::IAM::Policy').flatMap(({ Properties }) =>
      (Properties['PolicyDocument'] as { Statement: { Condition?: unknown }[] }).Statement.flatMap(
        ({ Condition }) => Condition ?? [],
      ),
    );
    expect(conditions).toEqual([
      {
        'ForAllValues:StringLike': {
          'dynamodb:LeadingKeys': ['Shop-payments#*', 'Shop-payments.charge#*'],
        },
      },
    ]);
  });

  it('allows one function the table, and another its results too', () => {
    const actionsOf = (policy: Resource) =>
      (policy.Properties['PolicyDocument'] as { Statement: { Action: string | string[] }[] }).Statement.map(
        ({ Action }) => Action,
      );
    const policies = ofType(production, 'AWS::IAM::Policy').map(actionsOf);
    expect(policies.sort((one, other) => one.length - other.length)).toEqual([
      [ACTIONS],
      [ACTIONS],
      [ACTIONS, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], ['kms:Decrypt', 'kms:GenerateDataKey']],
    ]);
  });
});

const statement = {
  Effect: 'Allow',
  Action: ACTIONS,
  Resource: { 'Fn::GetAtt': 'Idempotency.Arn' },
};

const messageOf = (attempt: () => unknown): string => {
  try {
    attempt();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('an unknown option was not refused');
};

/** Parses the HCL of the page: one `name = value` per line in blocks, and a policy in `jsonencode`. */
const terraformOf = (hcl: string) => {
  const [, tableBlock = '', policyBlock = ''] = hcl.split(/^resource .*$/m);
  const table: Record<string, unknown> = {};
  let block = '';
  for (const line of tableBlock.split('\n').map((each) => each.trim())) {
    const [, opened] = /^(\w+) \{$/.exec(line) ?? [];
    const [, name, value] = /^(\w+) += (.+)$/.exec(line) ?? [];
    if (opened) block = `${opened}.`;
    else if (line === '}') block = '';
    else if (name && value) table[block + name] = JSON.parse(value);
    else if (line !== '' && line !== '{') throw new Error(`not understood: ${line}`);
  }
  const [, actions = ''] = /^ +Action += (\[.*\])$/m.exec(policyBlock) ?? [];
  const [, resource] = /^ +Resource += (\S+)$/m.exec(policyBlock) ?? [];
  return { table, policy: { actions: JSON.parse(actions), resource } };
};
