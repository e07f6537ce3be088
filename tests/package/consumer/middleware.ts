/** Compiled and run in the formats that Middy, an ES module, can be imported in. */
import assert from 'node:assert/strict';
import middy from '@middy/core';
import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';
import { type IdempotencyMiddleware, makeHandlerIdempotent } from 'lambda-idempotency/middleware';

interface Order {
  readonly id: string;
  readonly amount: number;
}
interface Receipt {
  readonly paid: number;
}

const persistenceStore = new MemoryPersistenceLayer();
const once: IdempotencyMiddleware = makeHandlerIdempotent({
  persistenceStore,
  config: { eventKeyJmesPath: 'id' },
});

let runs = 0;
const handler = middy<Order, Receipt>()
  .use(once)
  .handler(async (order) => {
    runs += 1;
    return { paid: order.amount };
  });

/** Compiled, never called. */
export const refused = (): void => {
  // @ts-expect-error a store is needed
  makeHandlerIdempotent({});
  // @ts-expect-error an option of `makeIdempotent` alone
  makeHandlerIdempotent({ persistenceStore, dataIndexArgument: 1 });
};

const main = async (): Promise<void> => {
  const context = { functionName: 'orders', getRemainingTimeInMillis: () => 30_000 };
  for (let call = 0; call < 2; call++) {
    assert.deepEqual(await handler({ id: 'cake', amount: 5 }, context as never), { paid: 5 });
  }
  assert.equal(runs, 1);
};

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
