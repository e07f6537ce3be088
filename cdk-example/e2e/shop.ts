import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, PutItemCommand, QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Cloud } from './cloud.ts';

export interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: Record<string, unknown>;
}

export interface OrderOptions {
  readonly token?: string | undefined;
  readonly signal?: AbortSignal;
  /** Instead of the JSON of an order. */
  readonly body?: string;
}

export type Effect = 'Charges' | 'Cakes' | 'Invoices';

const ORDER_SOURCE = 'cake-shop.orders';

const detailOf = (orderId: string): object => ({
  metadata: { 'idempotency-key': orderId },
  data: { orderId, cake: 'lemon', cents: 2_800 },
});

/** The shop as its customers, its producers and its bookkeeper see it. */
export type Shop = ReturnType<typeof shopIn>;

export const shopIn = ({ endpoint, outputs }: Cloud) => {
  const setup = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  };
  const database = new DynamoDBClient(setup);
  const queues = new SQSClient(setup);
  const bus = new EventBridgeClient(setup);
  const lambda = new LambdaClient(setup);

  const output = (name: string): string => {
    const value = outputs[name];
    if (!value) throw new Error(`The stack has no output ${name}: ${Object.keys(outputs).join(', ')}.`);
    return value;
  };

  const scan = async (table: string): Promise<Record<string, unknown>[]> => {
    const { Items = [] } = await database.send(
      new ScanCommand({ TableName: output(`${table}TableName`), ConsistentRead: true }),
    );
    return Items;
  };

  return {
    /** @returns the bearer token of a new tenant */
    async openAccount(tenant: string): Promise<string> {
      const token = randomUUID();
      const tokenHash = { S: createHash('sha256').update(token).digest('hex') };
      await database.send(
        new PutItemCommand({
          TableName: output('TenantsTableName'),
          Item: { tokenHash, tenant: { S: tenant } },
        }),
      );
      return token;
    },

    /** `POST /orders` */
    async order(key: string | undefined, cake: string, options: OrderOptions = {}): Promise<Answer> {
      const { token, signal = null, body = JSON.stringify({ cake }) } = options;
      const response = await fetch(`${endpoint}/_aws/execute-api/${output('ApiId')}/$default/orders`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(key !== undefined && { 'idempotency-key': key }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body,
        signal,
      });
      const text = await response.text();
      return {
        status: response.status,
        type: response.headers.get('content-type'),
        body: text === '' ? {} : JSON.parse(text),
      };
    },

    /** Puts messages on the kitchen's queue in one batch, as a producer does. */
    async sendToKitchen(
      messages: readonly { readonly orderId?: string; readonly body: string }[],
    ): Promise<void> {
      const Entries = messages.map(({ orderId, body }, index) => ({
        Id: `${index}`,
        MessageBody: body,
        ...(orderId !== undefined && {
          MessageAttributes: { 'idempotency-key': { DataType: 'String', StringValue: orderId } },
        }),
      }));
      await queues.send(new SendMessageBatchCommand({ QueueUrl: output('KitchenQueueUrl'), Entries }));
    },

    /** How long the kitchen's queue hides what it has handed out. */
    async hideFor(seconds: number): Promise<void> {
      await queues.send(
        new SetQueueAttributesCommand({
          QueueUrl: output('KitchenQueueUrl'),
          Attributes: { VisibilityTimeout: `${seconds}` },
        }),
      );
    },

    /** Puts an `OrderCreated` on the bus. */
    async announce(orderId: string): Promise<void> {
      const Entry = {
        Source: ORDER_SOURCE,
        DetailType: 'OrderCreated',
        Detail: JSON.stringify(detailOf(orderId)),
      };
      await bus.send(new PutEventsCommand({ Entries: [{ EventBusName: output('BusName'), ...Entry }] }));
    },

    /** Invokes the invoice function as the bus does; MiniStack's bus does not try again, its asynchronous `Invoke` does. */
    async announceToInvoices(orderId: string): Promise<void> {
      const event = {
        id: randomUUID(),
        source: ORDER_SOURCE,
        'detail-type': 'OrderCreated',
        detail: detailOf(orderId),
      };
      await lambda.send(
        new InvokeCommand({
          FunctionName: output('InvoicesFunctionName'),
          InvocationType: 'Event',
          Payload: JSON.stringify({
            version: '0',
            account: '000000000000',
            region: 'us-east-1',
            resources: [],
            ...event,
          }),
        }),
      );
    },

    /** Hands an event to a function, as its trigger does. */
    async invoke(name: 'Orders' | 'Kitchen' | 'Invoices', event: unknown): Promise<unknown> {
      const { Payload, FunctionError } = await lambda.send(
        new InvokeCommand({ FunctionName: output(`${name}FunctionName`), Payload: JSON.stringify(event) }),
      );
      const answer = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null');
      if (FunctionError) throw new Error(`${name} failed: ${JSON.stringify(answer)}`);
      return answer;
    },

    /** How often the shop did it to the world for an order. */
    async count(effect: Effect, orderId: string): Promise<number> {
      const { Count = 0 } = await database.send(
        new QueryCommand({
          TableName: output(`${effect}TableName`),
          KeyConditionExpression: 'orderId = :order',
          ExpressionAttributeValues: { ':order': { S: orderId } },
          ConsistentRead: true,
        }),
      );
      return Count;
    },

    /** The scopes of all idempotency keys in the table, each once. */
    async scopes(): Promise<string[]> {
      const keys = (await scan('Idempotency')).map(({ id }) => (id as { S: string }).S);
      return [...new Set(keys.map((key) => key.slice(0, key.lastIndexOf('#'))))].sort();
    },

    /** How many rows each table has. */
    async rows(): Promise<Record<string, number>> {
      const tables = ['Idempotency', 'Charges', 'Cakes', 'Invoices'];
      const rows = await Promise.all(tables.map(async (table) => [table, (await scan(table)).length]));
      return Object.fromEntries(rows);
    },

    /** For how many seconds from now each finished step is remembered. */
    async remembered(): Promise<number[]> {
      const records = (await scan('Idempotency')) as Record<string, { S?: string; N?: string }>[];
      return records
        .filter(({ status }) => status?.S === 'COMPLETED')
        .map(({ expiration }) => Number(expiration?.N) - Date.now() / 1_000);
    },

    /** The orders of every effect, one entry per effect. */
    async effects(effect: Effect): Promise<string[]> {
      return (await scan(effect)).map(({ orderId }) => (orderId as { S: string }).S);
    },

    /** Messages that wait in the kitchen's queue or are being worked on. */
    async kitchenBacklog(): Promise<number> {
      const { Attributes = {} } = await queues.send(
        new GetQueueAttributesCommand({
          QueueUrl: output('KitchenQueueUrl'),
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
    },

    /** Bodies of the messages that the kitchen gave up. */
    async kitchenFailures(): Promise<string[]> {
      const { Messages = [] } = await queues.send(
        new ReceiveMessageCommand({
          QueueUrl: output('KitchenFailuresUrl'),
          MaxNumberOfMessages: 10,
          VisibilityTimeout: 0,
        }),
      );
      return Messages.map(({ Body = '' }) => Body);
    },

    output,
  };
};

/** Asks until the answer is right, or the time is over; the last answer then is the result. */
export const until = async <T>(
  ask: () => Promise<T>,
  isRight: (answer: T) => boolean,
  withinMs = 30_000,
): Promise<T> => {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (isRight(answer) || Date.now() > deadline) return answer;
    await sleep(200);
  }
};
