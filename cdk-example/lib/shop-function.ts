import { fileURLToPath } from 'node:url';
import { Duration, type RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { type BundlingOptions, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

export interface ShopFunctionProps {
  /** Where an event ends that the function fails at, instead of a dead-letter queue of its own. */
  readonly whereFailuresGo: string;
  /** Of its logs. */
  readonly removalPolicy: RemovalPolicy;
  readonly timeout: Duration;
  readonly environment: Record<string, string>;
}

const fileOf = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** How handlers are bundled; the script that prints their sizes asks here too. */
export const bundling = {
  format: OutputFormat.CJS,
  target: 'node24',
  minify: true,
  // With the places, but without the sources themselves, of which the SDK has megabytes.
  sourceMap: true,
  sourcesContent: false,
  // The scope of an inner function's keys is its name, which a minifier would change with every build.
  keepNames: true,
  // The SDK is bundled: what runs is what was tested, and loads faster than the runtime's copy.
  externalModules: [],
} satisfies BundlingOptions;

/** A handler of `functions/`, with a role and a log group of its own. */
export class ShopFunction extends NodejsFunction {
  readonly logs: LogGroup;
  /** The scope of its idempotency keys; an inner function's adds a dot and its name. */
  readonly scope: string;

  constructor(scope: Construct, name: string, props: ShopFunctionProps) {
    const { whereFailuresGo, removalPolicy, timeout, environment } = props;
    const logGroup = new LogGroup(scope, `${name}Logs`, {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy,
    });
    // Chosen here, not by CloudFormation: the role's policy names it, as the scope of the function's idempotency keys.
    const functionName = `${Stack.of(scope).stackName}-${name}`;
    // Not the managed policy that a function gets by itself: that one may write to every log group.
    const role = new Role(scope, `${name}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    super(scope, name, {
      functionName,
      entry: fileOf(`functions/${name.toLowerCase()}.ts`),
      projectRoot: fileOf(''),
      depsLockFilePath: fileOf('package-lock.json'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 512,
      timeout,
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: { ...environment, NODE_OPTIONS: '--enable-source-maps' },
      bundling,
      tracing: Tracing.ACTIVE,
    });
    this.logs = logGroup;
    this.scope = functionName;
    Validations.of(this).acknowledge({ id: 'Serverless-LambdaDLQ', reason: whereFailuresGo });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray: its actions know no resources.',
    });
  }
}

/** A queue hides a message for six times the function's timeout, as AWS advises: one try ends before the next begins. */
export const visibilityFor = (timeout: Duration): Duration => Duration.seconds(6 * timeout.toSeconds());
