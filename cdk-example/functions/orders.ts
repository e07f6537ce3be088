import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type {
  APIGatewayProxyEventV2WithLambdaAuthorizer,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda';
import { currentIdempotency, IdempotencyError, makeIdempotent } from 'lambda-idempotency';
import { httpApi } from 'lambda-idempotency/sources';
import { BadRequestError } from './shop/bad-request.ts';
import { doToTheWorld } from './shop/effects.ts';
import { setting } from './shop/environment.ts';
import { log, logError } from './shop/log.ts';
import { type Cake, isCake, menu, priceOf } from './shop/menu.ts';
import { ORDER_WINDOW_SECONDS } from './shop/order-window.ts';
import { persistenceStore } from './shop/persistence-store.ts';
import { problem, problemOf } from './shop/problem.ts';

type OrderRequest = APIGatewayProxyEventV2WithLambdaAuthorizer<{ principalId: string }>;

interface Charge {
  readonly orderId: string;
  readonly cents: number;
}

const requests = { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true };
const queue = new SQSClient({ requestHandler: requests });
const bus = new EventBridgeClient({ requestHandler: requests });
const [charges, kitchenQueue, busName] = ['CHARGES_TABLE', 'KITCHEN_QUEUE_URL', 'BUS_NAME'].map(setting) as [
  string,
  string,
  string,
];

const cakeIn = ({ body, isBase64Encoded }: OrderRequest): Cake => {
  let order: { cake?: unknown } | null;
  try {
    order = JSON.parse(isBase64Encoded ? Buffer.from(body ?? '', 'base64').toString() : (body ?? ''));
  } catch {
    throw new BadRequestError('The body is no JSON.');
  }
  if (!isCake(order?.cake)) throw new BadRequestError(`\`cake\` must be one of ${menu.join(', ')}.`);
  return order.cake;
};

/**
 * Safe to repeat by itself: if the handler dies after this, its retry does not charge again. What dies in the middle,
 * charged and not settled, only a payment provider knows: hand `currentIdempotency()?.key` on as its idempotency key.
 */
const chargeCard = makeIdempotent(
  async function chargeCard({ orderId, cents }: Charge): Promise<string> {
    const chargeId = await doToTheWorld(charges, orderId, `${cents} cents`);
    log('card charged', { orderId, cents });
    return chargeId;
  },
  {
    persistenceStore,
    config: { eventKey: ({ orderId }) => orderId, expiresAfterSeconds: ORDER_WINDOW_SECONDS },
  },
);

/** Tells the kitchen and the bus. What they get twice they do once: the order's id goes with it as the key. */
const passOn = async (orderId: string, cake: Cake, cents: number): Promise<void> => {
  const { FailedEntryCount } = await bus.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: busName,
          Source: 'cake-shop.orders',
          DetailType: 'OrderCreated',
          Detail: JSON.stringify({
            metadata: { 'idempotency-key': orderId },
            data: { orderId, cake, cents },
          }),
        },
      ],
    }),
  );
  // EventBridge answers 200 all the same.
  if (FailedEntryCount) throw new Error(`The bus refused the event of ${orderId}.`);
  await queue.send(
    new SendMessageCommand({
      QueueUrl: kitchenQueue,
      MessageBody: JSON.stringify({ orderId, cake }),
      MessageAttributes: { 'idempotency-key': { DataType: 'String', StringValue: orderId } },
    }),
  );
};

const placeOrder = async (
  event: OrderRequest,
  _context: Context,
): Promise<APIGatewayProxyStructuredResultV2> => {
  const cake = cakeIn(event);
  // Made of tenant, route and Idempotency-Key: the same for every try of this order, and for no other.
  const orderId = currentIdempotency()?.key.split('#').at(-1) ?? event.requestContext.requestId;
  const cents = priceOf(cake);
  const chargeId = await chargeCard({ orderId, cents });
  await passOn(orderId, cake, cents);
  log('order placed', { orderId, cake });
  return {
    statusCode: 201,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ orderId, cake, cents, chargeId }),
  };
};

const placeOrderOnce = makeIdempotent(placeOrder, {
  persistenceStore,
  config: {
    // The key of the header, apart per tenant (the authorizer's principal) and route; another body is refused.
    source: httpApi({ header: 'Idempotency-Key', windowSeconds: ORDER_WINDOW_SECONDS }),
    throwOnNoIdempotencyKey: true,
    // A client that asks again while its first request runs gets that one's answer, if it comes soon.
    inProgress: { waitMs: 3_000 },
  },
});

/** `POST /orders` */
export const handler = async (
  event: OrderRequest,
  context: Context,
): Promise<APIGatewayProxyStructuredResultV2> => {
  try {
    // Before the key is used up: the client may correct its order and keep the key.
    cakeIn(event);
    return await placeOrderOnce(event, context);
  } catch (error) {
    if (error instanceof BadRequestError) return problem(400, 'Bad Request', error.message);
    // Thrown again: API Gateway answers 500, and Lambda counts the error.
    if (!(error instanceof IdempotencyError)) throw error;
    const answer = problemOf(error);
    if (answer.statusCode >= 500) logError('order refused', { error: error.message });
    return answer;
  }
};
