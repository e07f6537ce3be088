import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Order, OrderCreated } from './cake-shop.js';

const textOf = (name: string): string => readFileSync(new URL(`events/${name}`, import.meta.url), 'utf8');

const placeOrder = textOf('place-order.json');
const orderCreated = textOf('order-created.json');

/** The request as API Gateway hands it over: each one, a retry too, has an id and a time of its own. */
export const orderRequest = (idempotencyKey: string, order: Order): APIGatewayProxyEvent => {
  const event: APIGatewayProxyEvent = JSON.parse(placeOrder);
  event.headers['Idempotency-Key'] = idempotencyKey;
  event.multiValueHeaders['Idempotency-Key'] = [idempotencyKey];
  event.body = JSON.stringify(order);
  event.requestContext.requestId = randomUUID();
  event.requestContext.requestTimeEpoch = Date.now();
  return event;
};

/** One event, sent again by its producer: the envelope has another id and time, the content is the same. */
export const orderCreatedEvent = (): OrderCreated => {
  const event: OrderCreated = JSON.parse(orderCreated);
  event.id = randomUUID();
  event.time = new Date().toISOString();
  return event;
};
