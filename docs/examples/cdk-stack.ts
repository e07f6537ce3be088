import { fileURLToPath } from 'node:url';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { IdempotencyTable } from 'lambda-idempotency/cdk';

export interface ShopProps extends StackProps {
  readonly production: boolean;
}

export class ShopStack extends Stack {
  constructor(scope: Construct, id: string, props: ShopProps) {
    super(scope, id, props);
    // #region table
    const idempotency = new IdempotencyTable(this, 'Idempotency', {
      // A development stack is deleted with its table. In production the table is retained and protected.
      removalPolicy: props.production ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      alarmTopic: new Topic(this, 'OnCall'),
    });

    const orders = new NodejsFunction(this, 'Orders', {
      entry: fileURLToPath(new URL('./handler.ts', import.meta.url)),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      environment: { TABLE_NAME: idempotency.tableName },
      // Names of inner functions are part of their keys: see keys.md.
      bundling: { keepNames: true },
    });

    idempotency.grantIdempotency(orders);
    // #endregion table

    // #region results
    const results = new Bucket(this, 'Results', {
      encryption: BucketEncryption.KMS,
      // Longer than the longest window, because a result must not expire before its record.
      lifecycleRules: [{ prefix: 'idempotency/', expiration: Duration.days(30) }],
    });

    const reports = new NodejsFunction(this, 'Reports', {
      entry: fileURLToPath(new URL('./handler.ts', import.meta.url)),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      environment: { TABLE_NAME: idempotency.tableName, BUCKET_NAME: results.bucketName },
      bundling: { keepNames: true },
    });

    idempotency.grantIdempotency(reports, { s3Results: { bucket: results, prefix: 'idempotency/' } });
    // #endregion results

    // #region scopes
    const functionName = `${Stack.of(this).stackName}-payments`;
    const payments = new NodejsFunction(this, 'Payments', {
      functionName,
      entry: fileURLToPath(new URL('./handler.ts', import.meta.url)),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      environment: { TABLE_NAME: idempotency.tableName },
      bundling: { keepNames: true },
    });

    // The handler's records, and those of its inner function `charge`.
    idempotency.grantIdempotency(payments, { scopes: [functionName, `${functionName}.charge`] });
    // #endregion scopes
  }
}
