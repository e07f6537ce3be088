import type { Context, EventBridgeEvent } from 'aws-lambda';
import { makeIdempotent } from 'lambda-idempotency';
import { eventBridge } from 'lambda-idempotency/sources';
import { doToTheWorld } from './shop/effects.ts';
import { setting } from './shop/environment.ts';
import { log } from './shop/log.ts';
import type { Cake } from './shop/menu.ts';
import { ORDER_WINDOW_SECONDS } from './shop/order-window.ts';
import { persistenceStore } from './shop/persistence-store.ts';

type OrderCreated = EventBridgeEvent<
  'OrderCreated',
  {
    metadata: { 'idempotency-key': string };
    data: { orderId: string; cake: Cake; cents: number };
  }
>;

const invoices = setting('INVOICES_TABLE');

const sendInvoice = async ({ detail: { data } }: OrderCreated, _context: Context): Promise<string> => {
  const invoiceId = await doToTheWorld(invoices, data.orderId, `${data.cents} cents`);
  log('invoice sent', { orderId: data.orderId });
  return invoiceId;
};

/** Asynchronous: Lambda tries again twice when this throws or runs into its timeout. */
export const handler = makeIdempotent(sendInvoice, {
  persistenceStore,
  // `detail.metadata.idempotency-key`, since EventBridge gives a repeated event another id.
  config: {
    source: eventBridge(),
    throwOnNoIdempotencyKey: true,
    expiresAfterSeconds: ORDER_WINDOW_SECONDS,
  },
});
