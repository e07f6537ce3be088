import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { HttpApi, HttpMethod, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Alarm, type IAlarmAction, type Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { IdempotencyTable } from 'lambda-idempotency/cdk';
import { ShopFunction, visibilityFor } from './shop-function.ts';

export interface CakeShopProps extends StackProps {
  /** Whether the tables stay when the stack goes, and refuse to be deleted. Default: false. */
  readonly production?: boolean;
}

const ORDERS_TIMEOUT = Duration.seconds(6);
const WORKER_TIMEOUT = Duration.seconds(5);
/** Of a message that the kitchen cannot bake, before it goes to the dead-letter queue: at least 5, AWS advises, as throttled tries count. */
const KITCHEN_TRIES = 5;

/** `POST /orders` → charge → queue → kitchen, and → bus → invoices. Every arrow may deliver twice. */
export class CakeShopStack extends Stack {
  readonly #isProduction: boolean;

  constructor(scope: Construct, id: string, { production = false, ...props }: CakeShopProps = {}) {
    super(scope, id, props);
    this.#isProduction = production;

    const alarmTopic = new Topic(this, 'Alarms', { enforceSSL: true });
    // `enforceSSL` gives the topic a policy, which replaces the one that lets alarms publish.
    alarmTopic.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com'));
    const alarms = new SnsAction(alarmTopic);
    const idempotency = new IdempotencyTable(this, 'Idempotency', {
      removalPolicy: this.#removalPolicy,
      alarmTopic,
    });
    const IDEMPOTENCY_TABLE = idempotency.tableName;

    const [charges, cakes, invoices] = ['ChargesTable', 'CakesTable', 'InvoicesTable'].map((name) =>
      this.#effects(name),
    ) as [TableV2, TableV2, TableV2];
    const tenants = this.#table('TenantsTable', 'tokenHash');
    const bus = new EventBus(this, 'Bus');
    const kitchenFailures = this.#queue('KitchenFailures');
    const kitchenQueue = this.#queue('KitchenQueue', {
      // A message keeps its age in the dead-letter queue: days must be left there.
      retentionPeriod: Duration.days(4),
      visibilityTimeout: visibilityFor(WORKER_TIMEOUT),
      deadLetterQueue: { queue: kitchenFailures, maxReceiveCount: KITCHEN_TRIES },
    });
    const invoiceFailures = this.#queue('InvoiceFailures');
    Validations.of(invoiceFailures).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason:
        'It is a dead-letter queue itself: of a rule and of asynchronous invocations, which the check does not see.',
    });

    const orders = new ShopFunction(this, 'Orders', {
      timeout: ORDERS_TIMEOUT,
      environment: {
        IDEMPOTENCY_TABLE,
        CHARGES_TABLE: charges.tableName,
        KITCHEN_QUEUE_URL: kitchenQueue.queueUrl,
        BUS_NAME: bus.eventBusName,
      },
    });
    charges.grant(orders, 'dynamodb:PutItem');
    kitchenQueue.grant(orders, 'sqs:SendMessage');
    bus.grantPutEventsTo(orders);

    const kitchen = new ShopFunction(this, 'Kitchen', {
      timeout: WORKER_TIMEOUT,
      environment: { IDEMPOTENCY_TABLE, CAKES_TABLE: cakes.tableName },
    });
    cakes.grant(kitchen, 'dynamodb:PutItem');
    kitchen.addEventSource(
      new SqsEventSource(kitchenQueue, { batchSize: 10, reportBatchItemFailures: true }),
    );

    const invoicing = new ShopFunction(this, 'Invoices', {
      timeout: WORKER_TIMEOUT,
      environment: { IDEMPOTENCY_TABLE, INVOICES_TABLE: invoices.tableName },
    });
    invoices.grant(invoicing, 'dynamodb:PutItem');
    invoicing.configureAsyncInvoke({ retryAttempts: 2, onFailure: new SqsDestination(invoiceFailures) });
    new Rule(this, 'OrderCreated', {
      eventBus: bus,
      eventPattern: { source: ['cake-shop.orders'], detailType: ['OrderCreated'] },
      // What EventBridge cannot hand over to Lambda; what the function fails at goes to the same queue.
      targets: [new LambdaFunction(invoicing, { deadLetterQueue: invoiceFailures })],
    });

    for (const each of [orders, kitchen, invoicing]) idempotency.grantIdempotency(each);

    const authorizer = new ShopFunction(this, 'Authorizer', {
      timeout: WORKER_TIMEOUT,
      environment: { TENANTS_TABLE: tenants.tableName },
    });
    tenants.grant(authorizer, 'dynamodb:GetItem');
    const api = this.#api(orders, authorizer);

    for (const queue of [kitchenFailures, invoiceFailures]) {
      this.#alarm(`${queue.node.id}Alarm`, queue.metricApproximateNumberOfMessagesVisible(), alarms);
    }
    for (const each of [orders, kitchen, invoicing, authorizer]) {
      this.#alarm(`${each.node.id}Errors`, each.metricErrors(), alarms);
    }

    // What the handler answers itself, as when DynamoDB is down, is no error of its function.
    this.#alarm('ApiServerErrors', api.metricServerError({ statistic: 'Sum' }), alarms);

    const outputs = {
      AlarmTopicArn: alarmTopic.topicArn,
      ApiUrl: api.apiEndpoint,
      ApiId: api.apiId,
      IdempotencyTableName: IDEMPOTENCY_TABLE,
      ChargesTableName: charges.tableName,
      CakesTableName: cakes.tableName,
      InvoicesTableName: invoices.tableName,
      TenantsTableName: tenants.tableName,
      BusName: bus.eventBusName,
      KitchenQueueUrl: kitchenQueue.queueUrl,
      KitchenFailuresUrl: kitchenFailures.queueUrl,
      OrdersFunctionName: orders.functionName,
      KitchenFunctionName: kitchen.functionName,
      InvoicesFunctionName: invoicing.functionName,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }

  get #removalPolicy(): RemovalPolicy {
    return this.#isProduction ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
  }

  #table(name: string, partitionKey: string, sortKey?: string): TableV2 {
    return new TableV2(this, name, {
      partitionKey: { name: partitionKey, type: AttributeType.STRING },
      ...(sortKey && { sortKey: { name: sortKey, type: AttributeType.STRING } }),
      billing: Billing.onDemand(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: this.#removalPolicy,
      deletionProtection: this.#isProduction,
    });
  }

  /** One row per effect, so that a duplicate shows: two rows of one order. */
  #effects(name: string): TableV2 {
    return this.#table(name, 'orderId', 'effectId');
  }

  #queue(name: string, props: Partial<ConstructorParameters<typeof Queue>[2]> = {}): Queue {
    return new Queue(this, name, { enforceSSL: true, retentionPeriod: Duration.days(14), ...props });
  }

  #api(orders: ShopFunction, authorizer: ShopFunction): HttpApi {
    const api = new HttpApi(this, 'Api', { createDefaultStage: false });
    api.addRoutes({
      path: '/orders',
      methods: [HttpMethod.POST],
      integration: new HttpLambdaIntegration('PlaceOrder', orders),
      authorizer: new HttpLambdaAuthorizer('Tenants', authorizer, {
        responseTypes: [HttpLambdaResponseType.SIMPLE],
      }),
    });
    const logs = new LogGroup(this, 'ApiLogs', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    api.addStage('Stage', {
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: 100, burstLimit: 200 },
      accessLogSettings: { destination: new LogGroupLogDestination(logs) },
    });
    return api;
  }

  #alarm(id: string, metric: Metric, action: IAlarmAction): void {
    const alarm = new Alarm(this, id, {
      metric,
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(action);
  }
}
