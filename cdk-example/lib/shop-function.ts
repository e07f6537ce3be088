import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { type BundlingOptions, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

export interface ShopFunctionProps {
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
  constructor(scope: Construct, name: string, { timeout, environment }: ShopFunctionProps) {
    const logGroup = new LogGroup(scope, `${name}Logs`, {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Not the managed policy that a function gets by itself: that one may write to every log group.
    const role = new Role(scope, `${name}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
      }),
    );
    super(scope, name, {
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
    });
  }
}

/** A queue hides a message for six times the function's timeout, as AWS advises: one try ends before the next begins. */
export const visibilityFor = (timeout: Duration): Duration => Duration.seconds(6 * timeout.toSeconds());
