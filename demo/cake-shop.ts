import { setTimeout as sleep } from 'node:timers/promises';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context, EventBridgeEvent } from 'aws-lambda';
import { problemOf } from '../docs/examples/problem.js';
import { IdempotencyError, makeIdempotent, type PersistenceStore } from '../src/index.js';
import { say } from './timeline.js';

export interface Order {
  cake: string;
  amount: number;
}

export type OrderCreated = EventBridgeEvent<
  'OrderCreated',
  {
    metadata: { 'idempotency-key': string };
    data: Order & { order: string; customer: string };
  }
>;

export type HttpHandler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

export interface CakeShop {
  readonly oven: Oven;
  readonly invoices: readonly string[];
  /** `POST /orders`. A duplicate of an order that is still in the oven is told to come back. */
  readonly orders: HttpHandler;
  /** The same, but such a duplicate waits for the first run's outcome. */
  readonly patientOrders: HttpHandler;
  /** Writes the invoice of an `OrderCreated` event. */
  readonly invoicing: (event: OrderCreated) => Promise<string>;
}

/** The shop's Lambda functions. Their records lie in one store. */
export const openShop = (persistenceStore: PersistenceStore): CakeShop => {
  const oven = new Oven();
  const invoices: string[] = [];

  const placeOrder: HttpHandler = async (event) => {
    const { cake, amount }: Order = JSON.parse(event.body ?? '');
    const number = await oven.bake(cake);
    return { statusCode: 201, body: JSON.stringify({ order: `order-${number}`, cake, amount }) };
  };

  const writeInvoice = async ({ detail }: OrderCreated): Promise<string> => {
    const invoice = `invoice-${invoices.length + 1}`;
    invoices.push(invoice);
    say('Lambda', `writes ${invoice} for ${detail.data.order}`);
    return invoice;
  };

  const orderConfig = {
    // A client's key is unique among its own requests only, so the customer is part of it.
    eventKeyJmesPath: '[requestContext.authorizer.claims.sub, headers."Idempotency-Key"]',
    // The same key with another order is a mistake, and no duplicate.
    payloadValidationJmesPath: 'powertools_json(body)',
    throwOnNoIdempotencyKey: true,
    expiresAfterSeconds: 24 * 60 * 60,
  };

  return {
    oven,
    invoices,
    orders: answerErrors(makeIdempotent(placeOrder, { persistenceStore, config: orderConfig })),
    patientOrders: answerErrors(
      makeIdempotent(placeOrder, {
        persistenceStore,
        config: { ...orderConfig, inProgress: { waitMs: 2_000 } },
      }),
    ),
    invoicing: makeIdempotent(writeInvoice, {
      persistenceStore,
      // The envelope's id and time may differ between two deliveries; the producer's key does not.
      config: { eventKeyJmesPath: 'detail.metadata."idempotency-key"' },
    }),
  };
};

/** Turns the library's errors into HTTP answers. All others leave as they came. */
const answerErrors =
  (handler: HttpHandler): HttpHandler =>
  async (event, context) => {
    try {
      return await handler(event, context);
    } catch (error) {
      if (!(error instanceof IdempotencyError)) throw error;
      return problemOf(error);
    }
  };

/** What it bakes cannot be unbaked. */
export class Oven {
  readonly #cakes: string[] = [];
  #mishap: (() => Promise<void>) | undefined;

  async bake(cake: string): Promise<number> {
    const mishap = this.#mishap;
    this.#mishap = undefined;
    await mishap?.();
    await sleep(200);
    const number = this.#cakes.push(cake);
    say('Lambda', `bakes cake no. ${number}: ${cake}`);
    return number;
  }

  count(cake?: string): number {
    return this.#cakes.filter((each) => cake === undefined || each === cake).length;
  }

  /** The next order finds the oven cold. */
  letCool(): void {
    this.#mishap = () => Promise.reject(new Error('the oven is cold'));
  }

  /** The next order's process ends in mid-run: neither a result nor an error comes of it. Resolves when that happens. */
  cutPower(): Promise<void> {
    return new Promise((isCut) => {
      this.#mishap = () => {
        isCut();
        return new Promise(() => {});
      };
    });
  }
}
