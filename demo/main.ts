/**
 * Cakes are ordered, and what can go wrong does: `npm run demo`.
 *
 * The shop's Lambda functions are in cake-shop.ts, the events that they get in events/. The table is a DynamoDB
 * inside this process; no AWS account is needed.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { openShop } from './cake-shop.js';
import { orderCreatedEvent, orderRequest } from './events.js';
import { invoke, type LambdaFunction } from './lambda.js';
import { openTable } from './table.js';
import { bold, check, counts, elapsedSeconds, say, scene, tellRecords } from './timeline.js';

console.log(bold('lambda-idempotency: one order, one cake'));
const table = await openTable();
tellRecords();

type HttpFunction = LambdaFunction<APIGatewayProxyEvent, APIGatewayProxyResult>;

const { oven, invoices, ...handlers } = openShop(table.store);
const orders: HttpFunction = { name: 'cake-orders', handler: handlers.orders, timeLimitMs: 3_000 };
const patientOrders: HttpFunction = { ...orders, handler: handlers.patientOrders };
const invoicing = { name: 'cake-invoicing', handler: handlers.invoicing, timeLimitMs: 3_000 };

/** What the client gets from API Gateway: the function's answer, or a 502 when the function failed. */
const send = async (to: HttpFunction, request: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
  try {
    return await invoke(to, request);
  } catch (error) {
    say('Lambda', `fails: ${(error as Error).message}`);
    return { statusCode: 502, body: '{"message":"Internal server error"}' };
  }
};

/** The same, with the client saying what it got. */
const ask = async (to: HttpFunction, request: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
  const answer = await send(to, request);
  const retryAfter = answer.headers?.['retry-after'];
  say('client', `← ${answer.statusCode} ${answer.body}${retryAfter ? `  Retry-After: ${retryAfter}` : ''}`);
  return answer;
};

const blackForestKey = randomUUID();

await scene('The answer is lost in a tunnel', async () => {
  const order = { cake: 'black forest', amount: 42 };
  say('client', '→ POST /orders: a black forest for 42');
  const lost = await send(orders, orderRequest(blackForestKey, order));
  say('client', `✗ in a tunnel: the ${lost.statusCode} never arrives`);
  say('client', '→ POST /orders again, with the same Idempotency-Key');
  const answer = await ask(orders, orderRequest(blackForestKey, order));
  check('one cake was baked', oven.count('black forest'), 1);
  check('the client has the answer of the first run', answer, lost);
});

await scene('Two requests at once; the duplicate is told to come back', async () => {
  const key = randomUUID();
  const request = () => orderRequest(key, { cake: 'lemon tart', amount: 28 });
  say('client', '→ POST /orders: a lemon tart for 28');
  say('client', '→ POST /orders, the same');
  const answers = await Promise.all([ask(orders, request()), ask(orders, request())]);
  const accepted = answers.find(({ statusCode }) => statusCode === 201);
  const refused = answers.find(({ statusCode }) => statusCode === 409);
  check('one ran, the other was told that it is in progress', Boolean(accepted && refused), true);
  say('client', '→ POST /orders, the same, a little later');
  const later = await ask(orders, request());
  check('now it has the answer of the run', later, accepted);
  check('one cake was baked', oven.count('lemon tart'), 1);
});

await scene('Two requests at once; the duplicate waits (inProgress: { waitMs: 2_000 })', async () => {
  const key = randomUUID();
  const request = () => orderRequest(key, { cake: 'carrot cake', amount: 31 });
  say('client', '→ POST /orders: a carrot cake for 31');
  say('client', '→ POST /orders, the same');
  const [one, other] = await Promise.all([ask(patientOrders, request()), ask(patientOrders, request())]);
  check('both have an order', [one.statusCode, other.statusCode], [201, 201]);
  check('it is the same one', one, other);
  check('one cake was baked', oven.count('carrot cake'), 1);
});

await scene('The process dies in mid-run', async () => {
  const key = randomUUID();
  const request = () => orderRequest(key, { cake: 'apple pie', amount: 24 });
  const death = oven.cutPower();
  say('client', '→ POST /orders: an apple pie for 24');
  const died = await ask({ ...orders, timeLimitMs: 1_000, death }, request());
  say('client', '→ POST /orders again, at once');
  const early = await ask(orders, request());
  check('the dead run is still protected by its lease', early.statusCode, 409);
  await sleep(Number(early.headers?.['retry-after']) * 1_000);
  say('client', '→ POST /orders again, when told to');
  const answer = await ask(orders, request());
  check('the retry took over and ran', [died.statusCode, answer.statusCode], [502, 201]);
  check('one cake was baked', oven.count('apple pie'), 1);
});

await scene('The handler throws', async () => {
  const key = randomUUID();
  const request = () => orderRequest(key, { cake: 'plum crumble', amount: 19 });
  oven.letCool();
  say('client', '→ POST /orders: a plum crumble for 19');
  const failed = await ask(orders, request());
  say('client', '→ POST /orders again, at once');
  const answer = await ask(orders, request());
  check('the claim was released, and the retry ran', [failed.statusCode, answer.statusCode], [502, 201]);
  check('one cake was baked', oven.count('plum crumble'), 1);
});

await scene('EventBridge delivers an event twice', async () => {
  const deliver = () => {
    const event = orderCreatedEvent();
    const { 'idempotency-key': key } = event.detail.metadata;
    say('bus', `→ OrderCreated, envelope id ${event.id.slice(0, 8)}…, idempotency-key ${key}`);
    return invoke(invoicing, event);
  };
  const results = [await deliver(), await deliver()];
  check('one invoice was written', invoices, ['invoice-1']);
  check('both deliveries have it as their result', results, ['invoice-1', 'invoice-1']);
});

await scene('A key is used again for something else', async () => {
  say('client', '→ POST /orders, the Idempotency-Key of the first order: a black forest for 12');
  const answer = await ask(orders, orderRequest(blackForestKey, { cake: 'black forest', amount: 12 }));
  check('it is refused', answer.statusCode, 422);
  check('the first cake is still the only one', oven.count('black forest'), 1);
});

await table.print();
await table.close();

const { scenes, checks, differences } = counts;
const verdict = differences === 0 ? 'all as told' : `${differences} NOT AS TOLD`;
console.log(
  `\n${scenes} scenes, ${checks} checks, ${verdict}: ` +
    `5 orders, ${oven.count()} cakes, ${invoices.length} invoice, in ${elapsedSeconds().toFixed(1)} s.`,
);
process.exitCode = differences === 0 ? 0 : 1;
