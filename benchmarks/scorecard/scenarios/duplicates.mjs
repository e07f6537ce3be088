/** The same call again: what the library is for. */
import { httpEvent, order, sqsRecord } from './events.mjs';

const inProgress = { error: 'IdempotencyAlreadyInProgressError' };

export const duplicates = [
  {
    id: 'same-order-twice',
    words: 'A client sends the same order twice',
    expected: 'one charge; the second answer is the first',
    async play({ wrap, store, invoke, ledger, see }) {
      const placeOrder = async () => ({ receipt: ledger.add('charge') });
      const handler = wrap(placeOrder, { store: store() });
      see('first answer', await invoke(handler, order), { value: { receipt: 1 } });
      see('second answer', await invoke(handler, order), { value: { receipt: 1 } });
      see('charges', ledger.count('charge'), 1);
    },
  },
  {
    id: 'ten-at-once',
    words: 'Ten copies of a request arrive at the same moment on ten hosts',
    expected: 'one charge; the others get its answer, or an error that it is in progress',
    async play({ wrap, store, invoke, ledger, see }) {
      const charge = async () => {
        const receipt = ledger.add('charge');
        await new Promise((resolve) => setTimeout(resolve, 50));
        return { receipt };
      };
      const hosts = Array.from({ length: 10 }, () => wrap(charge, { store: store() }));
      const outcomes = await Promise.all(hosts.map((handler) => invoke(handler, order)));
      const isFine = ({ value, error }) => value?.receipt === 1 || error?.name === inProgress.error;
      see('charges', ledger.count('charge'), 1);
      see('answers that are neither', outcomes.filter((outcome) => !isFine(outcome)).length, 0);
      see('answer of one that comes later', await invoke(hosts[3], order), { value: { receipt: 1 } });
    },
  },
  {
    id: 'duplicate-while-running',
    words: 'A duplicate arrives while the first call runs, and again when it has finished',
    expected: 'it is rejected as in progress, and then gets the answer; one charge',
    async play({ wrap, store, invoke, gate, ledger, see }) {
      const payment = gate();
      const charge = async () => {
        const receipt = ledger.add('charge');
        await payment.pass();
        return { receipt };
      };
      const first = invoke(wrap(charge, { store: store() }), order);
      await payment.entered;
      const other = wrap(charge, { store: store() });
      see('duplicate', await invoke(other, order), inProgress);
      payment.open();
      see('first answer', await first, { value: { receipt: 1 } });
      see('duplicate, later', await invoke(other, order), { value: { receipt: 1 } });
      see('charges', ledger.count('charge'), 1);
    },
  },
  {
    id: 'wait-for-the-first',
    words: 'A duplicate arrives while the first call runs, and should wait for its answer',
    expected: 'both get the same answer; one charge',
    async play({ wrap, store, invoke, gate, ledger, feature, see }) {
      const config = feature('waitForOutcome', 10_000);
      const payment = gate();
      const charge = async () => {
        const receipt = ledger.add('charge');
        await payment.pass();
        return { receipt };
      };
      const first = invoke(wrap(charge, { store: store(), config }), order);
      await payment.entered;
      const second = invoke(wrap(charge, { store: store(), config }), order);
      setTimeout(payment.open, 200);
      see('first answer', await first, { value: { receipt: 1 } });
      see('second answer', await second, { value: { receipt: 1 } });
      see('charges', ledger.count('charge'), 1);
    },
  },
  {
    id: 'handler-fails-then-works',
    words: 'My handler throws, and the client retries',
    expected: 'the client gets my error, and the retry runs',
    async play({ wrap, store, invoke, ledger, see }) {
      const declined = new Error('card declined');
      const pay = async () => {
        if (ledger.add('attempt') === 1) throw declined;
        return 'paid';
      };
      const handler = wrap(pay, { store: store() });
      see('first', await invoke(handler, order), { error: declined });
      see('retry', await invoke(handler, order), { value: 'paid' });
    },
  },
  {
    id: 'window-is-over',
    words: 'The same payload arrives again after its hour has ended',
    expected: 'it is a new order',
    async play({ wrap, store, invoke, clock, ledger, see }) {
      clock.stop();
      const config = { expiresAfterSeconds: 3_600 };
      const charge = async () => ledger.add('charge');
      const handler = wrap(charge, { store: store(), config });
      see('first', await invoke(handler, order), { value: 1 });
      clock.advance(3_590_000);
      see('ten seconds before', await invoke(handler, order), { value: 1 });
      clock.advance(15_000);
      see('after', await invoke(handler, order), { value: 2 });
    },
  },
  {
    id: 'sqs-again-after-hours',
    words:
      'SQS delivers a message again after five hours, because a consumer failed; set up as the documentation shows',
    expected: 'one charge',
    documented: 'Its batch example leaves the window at one hour.',
    async play({ wrap, store, call, clock, context, ledger, library, see }) {
      const config = library.config(library.sources.sqsRecord);
      const chargeOrder = async () => ledger.add('charge');
      const record = wrap(chargeOrder, { store: store(), config });
      config.registerLambdaContext(context());
      await call(record, sqsRecord('m-1'));
      clock.advance(5 * 3_600_000);
      config.registerLambdaContext(context());
      await call(record, sqsRecord('m-1', order, 2));
      see('charges', ledger.count('charge'), 1);
    },
  },
  {
    id: 'sqs-batch',
    words:
      'A batch of five messages: one occurs twice; one fails and arrives again in the next batch, with one that has finished',
    expected: 'each message is charged once',
    async play({ wrap, store, context, ledger, library, see }) {
      const config = library.config(library.sources.sqsRecord);
      const chargeOrder = async ({ messageId }) => {
        const attempt = ledger.add(`attempt ${messageId}`);
        if (messageId === 'm-3' && attempt === 1) throw new Error('out of flour');
        ledger.add('charge');
      };
      const record = wrap(chargeOrder, { store: store(), config });
      const handler = async (records) => {
        config.registerLambdaContext(context());
        const outcomes = await Promise.allSettled(records.map((each) => record(each)));
        return records.filter((_, index) => outcomes[index].status === 'rejected');
      };
      const twice = ['m-1', 'm-2', 'm-2', 'm-3', 'm-4'].map((id) => sqsRecord(id));
      const failed = await handler(twice);
      see(
        'failed the first time',
        failed.some(({ messageId }) => messageId === 'm-3'),
        true,
      );
      see('failed again', (await handler([...failed, sqsRecord('m-1', order, 2)])).length, 0);
      see('charges', ledger.count('charge'), 4);
    },
  },
  {
    id: 'http-retry',
    words: 'An HTTP client retries with its Idempotency-Key; trace id, request id and time are new',
    expected: 'one charge; the same answer',
    async play({ wrap, store, invoke, ledger, library, see }) {
      const placeOrder = async () => ({ statusCode: 201, body: `${ledger.add('charge')}` });
      const handler = wrap(placeOrder, { store: store(), config: library.sources.httpHeader });
      const first = await invoke(handler, httpEvent());
      see('retry', await invoke(handler, httpEvent({ attempt: 2 })), first);
      see('charges', ledger.count('charge'), 1);
    },
  },
  {
    id: 'local-cache',
    words: 'The local cache is on, and a duplicate reaches the same host',
    expected: 'it is answered without a request to the table',
    async play({ wrap, store, invoke, ledger, network, see }) {
      const config = { useLocalCache: true };
      const placeOrder = async () => ({ receipt: ledger.add('charge') });
      const handler = wrap(placeOrder, { store: store(), config });
      await invoke(handler, order);
      const before = network.requests.length;
      see('second answer', await invoke(handler, order), { value: { receipt: 1 } });
      see('requests for it', network.requests.length - before, 0);
    },
  },
  {
    id: 'response-hook',
    words: 'Replays should have a header that marks them',
    expected: 'the response hook adds it to replays, but not to the first answer',
    async play({ wrap, store, invoke, see }) {
      const config = {
        responseHook: (response) => ({ ...response, headers: { 'Idempotent-Replayed': 'true' } }),
      };
      const placeOrder = async () => ({ statusCode: 201 });
      const handler = wrap(placeOrder, { store: store(), config });
      see('first', await invoke(handler, order), { value: { statusCode: 201 } });
      const marked = { statusCode: 201, headers: { 'Idempotent-Replayed': 'true' } };
      see('replay', await invoke(handler, order), { value: marked });
    },
  },
];
