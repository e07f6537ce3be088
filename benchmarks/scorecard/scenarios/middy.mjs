/** The middleware, with real Middy. */
import middyCore from '@middy/core';
import { order } from './events.mjs';

const inProgress = { error: 'IdempotencyAlreadyInProgressError' };

const chain = (handler, ...middlewares) => middyCore(handler).use(middlewares);

export const middy = [
  {
    id: 'middy-same-order-twice',
    words: 'With Middy: the same order twice',
    expected: 'one charge; the second answer is the first',
    async play({ library, store, invoke, ledger, see }) {
      const handler = chain(
        async () => ({ receipt: ledger.add('charge') }),
        library.middleware({ store: store() }),
      );
      see('first', await invoke(handler, order), { value: { receipt: 1 } });
      see('second', await invoke(handler, order), { value: { receipt: 1 } });
    },
  },
  {
    id: 'middy-duplicates-while-running',
    words: 'With Middy: two duplicates arrive, one after the other, while the first call runs',
    expected: 'both are rejected; one charge',
    async play({ library, store, invoke, gate, ledger, see }) {
      const payment = gate();
      const charge = async () => {
        const receipt = ledger.add('charge');
        if (receipt === 1) await payment.pass();
        return { receipt };
      };
      const host = () => chain(charge, library.middleware({ store: store() }));
      const first = invoke(host(), order);
      await payment.entered;
      see('first duplicate', await invoke(host(), order), inProgress);
      see('second duplicate', await invoke(host(), order), inProgress);
      payment.open();
      see('first', await first, { value: { receipt: 1 } });
      see('charges', ledger.count('charge'), 1);
    },
  },
  {
    id: 'middy-another-payload',
    words:
      'With Middy: after an order, the same key is sent with another amount, and then the first order again',
    expected: 'the other amount is rejected, and the first order gets its first answer; one charge',
    async play({ library, store, invoke, ledger, see }) {
      const config = { eventKeyJmesPath: 'orderId', payloadValidationJmesPath: 'amount' };
      const handler = chain(
        async () => ({ receipt: ledger.add('charge') }),
        library.middleware({ store: store(), config: library.config(config) }),
      );
      await invoke(handler, order);
      const changed = await invoke(handler, { ...order, amount: 99 });
      see('other amount', changed, { error: 'IdempotencyValidationError' });
      see('first order again', await invoke(handler, order), { value: { receipt: 1 } });
    },
  },
  {
    id: 'middy-returns-nothing',
    words: 'With Middy: my handler returns nothing',
    expected: 'it runs once',
    documented: 'Its documentation asks for "a value different from `undefined`".',
    async play({ library, store, invoke, ledger, see }) {
      const charge = async () => {
        ledger.add('charge');
      };
      const handler = chain(charge, library.middleware({ store: store() }));
      await invoke(handler, order);
      see('second', await invoke(handler, order), { value: undefined });
      see('charges', ledger.count('charge'), 1);
    },
  },
  {
    id: 'middy-later-middleware-fails',
    words: 'With Middy: after the order, a middleware that changes the response throws; the client retries',
    expected: 'one charge',
    async play({ library, store, invoke, ledger, see }) {
      const serializer = {
        after: () => {
          if (ledger.add('response') === 1) throw new Error('no such content type');
        },
      };
      const charge = async () => ({ receipt: ledger.add('charge') });
      const handler = chain(charge, serializer, library.middleware({ store: store() }));
      await invoke(handler, order);
      await invoke(handler, order);
      see('charges', ledger.count('charge'), 1);
    },
  },
  {
    id: 'middy-body-parser',
    words: 'With Middy: a body parser after the middleware changes the event',
    expected: 'one charge, and the retry gets the answer',
    async play({ library, store, invoke, ledger, see }) {
      const parser = {
        before: ({ event }) => {
          event.body = JSON.parse(event.body);
        },
      };
      const charge = async () => ({ receipt: ledger.add('charge') });
      const handler = chain(charge, library.middleware({ store: store() }), parser);
      const event = () => ({ body: JSON.stringify(order) });
      see('first', await invoke(handler, event()), { value: { receipt: 1 } });
      see('retry', await invoke(handler, event()), { value: { receipt: 1 } });
    },
  },
];
