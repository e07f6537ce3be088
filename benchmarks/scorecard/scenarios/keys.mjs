/** What makes two calls the same, and what must not. */
import { httpEvent, order } from './events.mjs';

const countsCharges = ({ ledger }) => {
  const charge = async () => ({ receipt: ledger.add('charge') });
  return charge;
};

export const keys = [
  {
    id: 'members-in-another-order',
    words: 'A retry has its JSON members in another order',
    expected: 'one charge',
    async play(lab) {
      const handler = lab.wrap(countsCharges(lab), { store: lab.store() });
      await lab.invoke(handler, { customer: 'ada', order: { cake: 'lemon', amount: 24 } });
      await lab.invoke(handler, { order: { amount: 24, cake: 'lemon' }, customer: 'ada' });
      lab.see('charges', lab.ledger.count('charge'), 1);
    },
  },
  {
    id: 'names-that-differ-in-case',
    words: 'The same, with two members that differ only in letter case (`Id` and `id`)',
    expected: 'one charge',
    async play(lab) {
      const handler = lab.wrap(countsCharges(lab), { store: lab.store() });
      await lab.invoke(handler, { Id: 1, id: 2 });
      await lab.invoke(handler, { id: 2, Id: 1 });
      lab.see('charges', lab.ledger.count('charge'), 1);
    },
  },
  {
    id: 'key-in-json-body',
    words: 'The key is inside a JSON string: `powertools_json(body).orderId`',
    expected: 'one charge, although other members of the body differ',
    async play(lab) {
      const config = { eventKeyJmesPath: 'powertools_json(body).orderId' };
      const handler = lab.wrap(countsCharges(lab), { store: lab.store(), config });
      await lab.invoke(handler, { body: JSON.stringify({ ...order, sentAt: 1 }) });
      await lab.invoke(handler, { body: JSON.stringify({ ...order, sentAt: 2 }) });
      lab.see('charges', lab.ledger.count('charge'), 1);
    },
  },
  {
    id: 'key-per-customer',
    words: 'Two customers send the same Idempotency-Key by chance; the key consists of customer and header',
    expected: 'each gets their own answer',
    async play({ wrap, store, invoke, see }) {
      const config = {
        eventKeyJmesPath: '[requestContext.authorizer.jwt.claims.sub, headers."Idempotency-Key"]',
      };
      const greet = async (event) => event.requestContext.authorizer.jwt.claims.sub;
      const handler = wrap(greet, { store: store(), config });
      see("Ada's", await invoke(handler, httpEvent({ customer: 'ada' })), { value: 'ada' });
      see("Bob's", await invoke(handler, httpEvent({ customer: 'bob' })), { value: 'bob' });
      see("Ada's again", await invoke(handler, httpEvent({ customer: 'ada', attempt: 2 })), { value: 'ada' });
    },
  },
  {
    id: 'header-in-lower-case',
    words: 'The retry passes a proxy that changes header names to lower case',
    expected: 'one charge',
    async play(lab) {
      const handler = lab.wrap(countsCharges(lab), {
        store: lab.store(),
        config: lab.library.sources.httpHeader,
      });
      await lab.invoke(handler, httpEvent());
      await lab.invoke(handler, httpEvent({ header: 'idempotency-key', attempt: 2 }));
      lab.see('charges', lab.ledger.count('charge'), 1);
    },
  },
  {
    id: 'no-key-in-the-event',
    words: 'Events have no key, and none is required',
    expected: 'the function runs each time, and nothing is stored',
    async play(lab) {
      const config = { eventKeyJmesPath: 'orderId' };
      const handler = lab.wrap(countsCharges(lab), { store: lab.store(), config });
      await lab.invoke(handler, { customer: 'ada' });
      await lab.invoke(handler, { customer: 'ada' });
      lab.see('charges', lab.ledger.count('charge'), 2);
      lab.see('requests to the table', lab.network.requests.length, 0);
    },
  },
  {
    id: 'no-key-and-one-is-required',
    words: 'An event has no key, and one is required',
    expected: 'nothing runs; the error is an IdempotencyKeyError, which can be answered with 400',
    async play(lab) {
      const config = { eventKeyJmesPath: 'orderId', throwOnNoIdempotencyKey: true };
      const handler = lab.wrap(countsCharges(lab), { store: lab.store(), config });
      lab.see('answer', await lab.invoke(handler, { customer: 'ada' }), { error: 'IdempotencyKeyError' });
      lab.see('charges', lab.ledger.count('charge'), 0);
    },
  },
  {
    id: 'both-parts-missing',
    words: 'The key is `[userId, productId]`, and a broken client leaves both out',
    expected: "no client gets another client's answer",
    async play({ wrap, store, invoke, see }) {
      const config = { eventKeyJmesPath: '[userId, productId]' };
      const bake = async ({ name }) => `cake for ${name}`;
      const handler = wrap(bake, { store: store(), config });
      see("Ada's", await invoke(handler, { name: 'ada' }), { value: 'cake for ada' });
      see("Bob's", await invoke(handler, { name: 'bob' }), { value: 'cake for bob' });
    },
  },
  {
    id: 'one-part-missing',
    words: 'The key `[userId, productId]` is required, and two different orders have no `productId`',
    expected: 'both are rejected with IdempotencyKeyError',
    async play(lab) {
      const config = { eventKeyJmesPath: '[userId, productId]', throwOnNoIdempotencyKey: true };
      const handler = lab.wrap(countsCharges(lab), { store: lab.store(), config });
      const first = await lab.invoke(handler, { userId: 'ada', cake: 'lemon' });
      const second = await lab.invoke(handler, { userId: 'ada', cake: 'cherry' });
      lab.see('lemon', first, { error: 'IdempotencyKeyError' });
      lab.see('cherry', second, { error: 'IdempotencyKeyError' });
    },
  },
  {
    id: 'order-number-zero',
    words: 'A key is required, and the order number is 0',
    expected: '0 is a key: one charge',
    async play(lab) {
      const config = { eventKeyJmesPath: 'orderNumber', throwOnNoIdempotencyKey: true };
      const handler = lab.wrap(countsCharges(lab), { store: lab.store(), config });
      lab.see('first', await lab.invoke(handler, { orderNumber: 0 }), { value: { receipt: 1 } });
      lab.see('second', await lab.invoke(handler, { orderNumber: 0 }), { value: { receipt: 1 } });
    },
  },
  {
    id: 'handler-changes-its-event',
    words: 'My handler changes its event (adds a price)',
    expected: 'one charge, and the retry gets the answer',
    async play({ wrap, store, invoke, ledger, see }) {
      const charge = async (event) => {
        event.price = 24;
        return { receipt: ledger.add('charge') };
      };
      const handler = wrap(charge, { store: store() });
      see('first', await invoke(handler, { cake: 'lemon' }), { value: { receipt: 1 } });
      see('retry', await invoke(handler, { cake: 'lemon' }), { value: { receipt: 1 } });
    },
  },
  {
    id: 'dates-in-the-payload',
    words: 'A function books a table for `{ guests: 2, day: Date }`, on Monday and on Tuesday',
    expected: 'two bookings',
    async play({ wrap, store, call, ledger, see }) {
      const book = async ({ day }) => {
        ledger.add('booking');
        return day.toISOString().slice(0, 10);
      };
      const booked = wrap(book, { store: store() });
      see('Monday', await call(booked, { guests: 2, day: new Date(Date.UTC(2026, 10, 23)) }), {
        value: '2026-11-23',
      });
      see('Tuesday', await call(booked, { guests: 2, day: new Date(Date.UTC(2026, 10, 24)) }), {
        value: '2026-11-24',
      });
    },
  },
  {
    id: 'another-payload',
    words: 'The same key is sent with another amount, and the amount is validated',
    expected: 'it is rejected with IdempotencyValidationError; one charge',
    async play(lab) {
      const config = { eventKeyJmesPath: 'orderId', payloadValidationJmesPath: 'amount' };
      const handler = lab.wrap(countsCharges(lab), { store: lab.store(), config });
      await lab.invoke(handler, order);
      const changed = await lab.invoke(handler, { ...order, amount: 99 });
      lab.see('other amount', changed, { error: 'IdempotencyValidationError' });
      lab.see('charges', lab.ledger.count('charge'), 1);
    },
  },
  {
    id: 'another-payload-while-running',
    words: 'The same, while the first call still runs',
    expected: 'it is rejected with IdempotencyValidationError',
    async play({ wrap, store, invoke, gate, see }) {
      const config = { eventKeyJmesPath: 'orderId', payloadValidationJmesPath: 'amount' };
      const payment = gate();
      const handler = wrap(payment.pass, { store: store(), config });
      const first = invoke(handler, order);
      await payment.entered;
      const changed = await invoke(handler, { ...order, amount: 99 });
      see('other amount', changed, { error: 'IdempotencyValidationError' });
      payment.open();
      await first;
    },
  },
  {
    id: 'key-that-always-differs',
    words: 'By mistake, the key is a field that is new on every attempt (`requestContext.requestId`)',
    expected: 'an error says so before a card is charged twice',
    async play(lab) {
      const config = { eventKeyJmesPath: 'requestContext.requestId' };
      const wrapped = await lab.outcomeOf(() => lab.wrap(countsCharges(lab), { store: lab.store(), config }));
      if (wrapped.value) {
        await lab.invoke(wrapped.value, httpEvent());
        await lab.invoke(wrapped.value, httpEvent({ attempt: 2 }));
      }
      lab.see('reported', wrapped.error !== undefined || lab.warnings.length > 0, true);
      lab.see('charges', lab.ledger.count('charge'), 0);
    },
  },
];
