import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaAuthorizer, HttpLambdaResponseType } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { IdempotencyTable } from 'lambda-idempotency/cdk';
import { addAlarm, eventMetric } from './alarms.ts';
import { ShopFunction, visibilityFor } from './shop-function.ts';

export interface CakeShopProps extends StackProps {
  /**
   * Whether tables, queues and logs go with the stack, as in a trial. Default: false; they stay, tables refuse to be
   * deleted, and so does the stack.
   */
  readonly disposable?: boolean;
}

const ORDERS_TIMEOUT = Duration.seconds(6);
const WORKER_TIMEOUT = Duration.seconds(5);
/** Of a message that the kitchen cannot bake, before it goes to the dead-letter queue: at least 5, AWS advises, as throttled tries count. */
const KITCHEN_TRIES = 5;
/** A message that is older has been tried several times, or nothing takes messages. */
const KITCHEN_LATE = Duration.minutes(5);

/** A line of JSON for each request. */
const ACCESS_LOG = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    time: '$context.requestTime',
    ip: '$context.identity.sourceIp',
    method: '$context.httpMethod',
    path: '$context.path',
    status: '$context.status',
    latencyMs: '$context.responseLatency',
    principal: '$context.authorizer.principalId',
    error: '$context.error.message',
    integrationError: '$context.integrationErrorMessage',
  }),
);

/** `POST /orders` → charge → queue → kitchen, and → bus → invoices. Every arrow may deliver twice. */
export class CakeShopStack extends Stack {
  readonly #isDisposable: boolean;

  constructor(scope: Construct, id: string, { disposable = false, ...props }: CakeShopProps = {}) {
    super(scope, id, { terminationProtection: !disposable, ...props });
    this.#isDisposable = disposable;

    const alarmTopic = new Topic(this, 'Alarms', { enforceSSL: true });
    // `enforceSSL` gives the topic a policy, which replaces the one that lets alarms publish. Those of this account only.
    alarmTopic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [alarmTopic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    );
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
    const kitchenFailures = this.#deadLetters('KitchenFailures');
    const kitchenQueue = this.#queue('KitchenQueue', {
      // A message keeps its age in the dead-letter queue: days must be left there.
      retentionPeriod: Duration.days(4),
      visibilityTimeout: visibilityFor(WORKER_TIMEOUT),
      deadLetterQueue: { queue: kitchenFailures, maxReceiveCount: KITCHEN_TRIES },
    });
    const invoiceFailures = this.#deadLetters('InvoiceFailures');

    const orders = new ShopFunction(this, 'Orders', {
      whereFailuresGo: 'API Gateway waits for its answer, and the client retries.',
      removalPolicy: this.#removalPolicy,
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
      whereFailuresGo: "Its messages go to the queue's dead-letter queue.",
      removalPolicy: this.#removalPolicy,
      timeout: WORKER_TIMEOUT,
      environment: { IDEMPOTENCY_TABLE, CAKES_TABLE: cakes.tableName },
    });
    cakes.grant(kitchen, 'dynamodb:PutItem');
    kitchen.addEventSource(
      new SqsEventSource(kitchenQueue, { batchSize: 10, reportBatchItemFailures: true }),
    );
    Validations.of(kitchen).acknowledge({
      id: 'Serverless-LambdaEventSourceMappingDestination',
      reason: 'Lambda has no on-failure destination for SQS: the queue has a dead-letter queue.',
    });

    const invoicing = new ShopFunction(this, 'Invoices', {
      whereFailuresGo:
        'What it fails at goes to its on-failure destination, which keeps more than a dead-letter queue.',
      removalPolicy: this.#removalPolicy,
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

    // Each may use its own records only: those of its handler, or of its inner function, by that function's name.
    idempotency.grantIdempotency(orders, { scopes: [orders.scope, `${orders.scope}.chargeCard`] });
    idempotency.grantIdempotency(kitchen, { scopes: [`${kitchen.scope}.bake`] });
    idempotency.grantIdempotency(invoicing, { scopes: [invoicing.scope] });

    const authorizer = new ShopFunction(this, 'Authorizer', {
      whereFailuresGo: 'API Gateway waits for its answer, and the client retries.',
      removalPolicy: this.#removalPolicy,
      timeout: WORKER_TIMEOUT,
      environment: { TENANTS_TABLE: tenants.tableName },
    });
    tenants.grant(authorizer, 'dynamodb:GetItem');
    const api = this.#api(orders, authorizer);

    for (const queue of [kitchenFailures, invoiceFailures]) {
      addAlarm(this, `${queue.node.id}Alarm`, queue.metricApproximateNumberOfMessagesVisible(), alarms);
    }
    for (const each of [orders, kitchen, invoicing, authorizer]) {
      addAlarm(this, `${each.node.id}Errors`, each.metricErrors(), alarms);
    }
    // What the handler answers itself, as when DynamoDB is down, is no error of its function.
    addAlarm(this, 'ApiServerErrors', api.metricServerError({ statistic: 'Sum' }), alarms);
    // Nor is what the kitchen reports as a failed message of its batch.
    const logs = [orders, kitchen, invoicing].map((each) => each.logs);
    addAlarm(this, 'StoreFailures', eventMetric(this, 'StoreFailures', ['storeFailed'], logs), alarms);
    const lost = eventMetric(this, 'LostOutcomes', ['leaseLost', 'resultNotStored'], logs);
    addAlarm(this, 'LostOutcomes', lost, alarms);
    addAlarm(this, 'KitchenLate', kitchenQueue.metricApproximateAgeOfOldestMessage(), alarms, {
      threshold: KITCHEN_LATE.toSeconds(),
    });

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
    return this.#isDisposable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN;
  }

  #table(name: string, partitionKey: string, sortKey?: string): TableV2 {
    return new TableV2(this, name, {
      partitionKey: { name: partitionKey, type: AttributeType.STRING },
      ...(sortKey && { sortKey: { name: sortKey, type: AttributeType.STRING } }),
      billing: Billing.onDemand(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: this.#removalPolicy,
      deletionProtection: !this.#isDisposable,
    });
  }

  /** One row per effect, so that a duplicate shows: two rows of one order. */
  #effects(name: string): TableV2 {
    return this.#table(name, 'orderId', 'effectId');
  }

  #queue(name: string, props: Partial<ConstructorParameters<typeof Queue>[2]> = {}): Queue {
    return new Queue(this, name, {
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: this.#removalPolicy,
      ...props,
    });
  }

  #deadLetters(name: string): Queue {
    const queue = this.#queue(name);
    const reason = 'It is a dead-letter queue itself; an alarm reports its first message.';
    Validations.of(queue).acknowledge(
      { id: 'AwsSolutions-SQS3', reason },
      { id: 'Serverless-SQSRedrivePolicy', reason },
    );
    return queue;
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
      removalPolicy: this.#removalPolicy,
    });
    api.addStage('Stage', {
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: 100, burstLimit: 200 },
      accessLogSettings: { destination: new LogGroupLogDestination(logs), format: ACCESS_LOG },
    });
    return api;
  }
}
