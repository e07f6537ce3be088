/** Several functions, hosts and calls side by side. */
import { transform } from 'esbuild';
import { order } from './events.mjs';

/** A class whose method has the decorator, compiled as TypeScript does it. */
const decoratedClass = async (experimentalDecorators) => {
  const source = `export const bakery = (decorate, ledger) => {
    class Bakery {
      ledger = ledger;
      @decorate async bake(order) { return this.ledger.add('cake'); }
    }
    return new Bakery();
  };`;
  const { code } = await transform(source, {
    loader: 'ts',
    target: 'es2022',
    tsconfigRaw: { compilerOptions: { experimentalDecorators } },
  });
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
};

const decorates = (experimentalDecorators) => async (lab) => {
  const { bakery } = await decoratedClass(experimentalDecorators);
  const made = await lab.outcomeOf(() => bakery(lab.library.decorator({ store: lab.store() }), lab.ledger));
  lab.see('the class can be defined', 'value' in made, true);
  if (!('value' in made)) return;
  lab.see('first', await lab.call(() => made.value.bake(order)), { value: 1 });
  lab.see('second', await lab.call(() => made.value.bake(order)), { value: 1 });
};

export const functions = [
  {
    id: 'two-lambdas-one-table',
    words: 'Two Lambdas share one table and get the same payload',
    expected: 'each returns its own answer',
    async play({ wrap, store, invoke, see }) {
      for (const name of ['orders', 'invoices']) {
        process.env.AWS_LAMBDA_FUNCTION_NAME = name;
        const answer = async () => `answer of ${name}`;
        const handler = wrap(answer, { store: store() });
        see(name, await invoke(handler, order), { value: `answer of ${name}` });
      }
    },
  },
  {
    id: 'many-orders-at-once',
    words: 'Ten orders at once, each of them twice, through one function on one host',
    expected: 'ten charges, and each order gets its own answer',
    async play({ wrap, store, invoke, ledger, see }) {
      const charge = async ({ orderId }) => {
        ledger.add('charge');
        await new Promise((resolve) => setTimeout(resolve, 20));
        return orderId;
      };
      const handler = wrap(charge, { store: store() });
      const events = Array.from({ length: 20 }, (_, i) => ({ ...order, orderId: `o-${i % 10}` }));
      const outcomes = await Promise.all(events.map((event) => invoke(handler, event)));
      const isFine = ({ value, error }, i) =>
        value === events[i].orderId || error?.name === 'IdempotencyAlreadyInProgressError';
      see('charges', ledger.count('charge'), 10);
      see('answers of another order', outcomes.filter((outcome, i) => !isFine(outcome, i)).length, 0);
    },
  },
  ...[
    {
      id: 'two-functions-other-values',
      words:
        'One Lambda has two idempotent functions, `processUser` (key `userId`) and `processProduct` (key `productId`), called with 42 and 7',
      productId: 7,
    },
    { id: 'two-functions-same-value', words: 'The same, called with user 42 and product 42', productId: 42 },
  ].map(({ productId, ...words }) => ({
    ...words,
    expected: 'both run, and each gets its own answer',
    // Powertools' example makeIdempotentMultipleOperations.ts.
    async play({ wrap, storeOfOperation, call, see }) {
      const processUser = async ({ userId }) => `user ${userId}`;
      const processProduct = async (product) => `product ${product.productId}`;
      const user = wrap(processUser, {
        store: storeOfOperation(),
        config: { eventKeyJmesPath: 'userId' },
      });
      const product = wrap(processProduct, {
        store: storeOfOperation(),
        config: { eventKeyJmesPath: 'productId' },
      });
      see('user', await call(user, { userId: 42 }), { value: 'user 42' });
      see('product', await call(product, { productId }), { value: `product ${productId}` });
    },
  })),
  {
    id: 'own-prefixes-at-once',
    words: 'Two functions, each with its own `keyPrefix`, on one store, called at once with the same order',
    expected: 'both run once, and each gets its own answer, also on replay',
    async play({ wrap, store, call, ledger, see }) {
      const shared = store();
      const charge = wrap(async (_order) => `charge ${ledger.add('charge')}`, {
        store: shared,
        keyPrefix: 'charge',
      });
      const mail = wrap(async (_order) => `mail ${ledger.add('mail')}`, { store: shared, keyPrefix: 'mail' });
      await Promise.all([call(charge, order), call(mail, order)]);
      see('charge again', await call(charge, order), { value: 'charge 1' });
      see('mail again', await call(mail, order), { value: 'mail 1' });
    },
  },
  {
    id: 'function-in-a-handler',
    words: 'An idempotent handler calls an idempotent function with a part of its event',
    expected: 'one order, one charge',
    async play({ wrap, storeOfOperation, invoke, ledger, see }) {
      const chargeCard = async ({ amount }) => `charge ${ledger.add('charge')} of ${amount}`;
      const charge = wrap(chargeCard, { store: storeOfOperation() });
      const handler = wrap(
        async ({ payment }, _context) => ({ order: ledger.add('order'), charge: await charge(payment) }),
        { store: storeOfOperation() },
      );
      const event = { orderId: 'o-1', payment: { card: 'c-1', amount: 24 } };
      const answer = { order: 1, charge: 'charge 1 of 24' };
      see('first', await invoke(handler, event), { value: answer });
      see('second', await invoke(handler, event), { value: answer });
    },
  },
  {
    id: 'event-handed-on',
    words: 'An idempotent handler passes its whole event to an idempotent function',
    expected: 'both run once, and the client gets the answer',
    async play({ wrap, storeOfOperation, invoke, ledger, see }) {
      const chargeCard = async () => ledger.add('charge');
      const charge = wrap(chargeCard, { store: storeOfOperation() });
      const handler = wrap(async (event, _context) => ({ receipt: await charge(event) }), {
        store: storeOfOperation(),
      });
      see('first', await invoke(handler, order), { value: { receipt: 1 } });
      see('second', await invoke(handler, order), { value: { receipt: 1 } });
    },
  },
  {
    id: 'library-error-from-inside',
    words:
      'A function that my handler calls throws an error of the library (IdempotencyInconsistentStateError)',
    expected: 'my handler runs once, and the error reaches the caller',
    async play({ wrap, store, invoke, ledger, see }) {
      const inner = Object.assign(new Error('from inside'), { name: 'IdempotencyInconsistentStateError' });
      const charge = async () => {
        ledger.add('charge');
        throw inner;
      };
      const handler = wrap(charge, { store: store() });
      see('answer', await invoke(handler, order), { error: inner });
      see('charges', ledger.count('charge'), 1);
    },
  },
  {
    id: 'function-without-a-name',
    words: 'I wrap an arrow function inline, as in `makeIdempotent(async (record) => …)`',
    expected: 'it runs once',
    unclaimed:
      'Rejected when wrapped: without a name, its keys could equal those of another function. Name it, or set `keyPrefix`.',
    async play({ wrap, store, call, outcomeOf, ledger, see }) {
      const wrapped = await outcomeOf(() => wrap(async (_record) => ledger.add('run'), { store: store() }));
      see('wrapping it', typeof (wrapped.value ?? wrapped), 'function');
      if (!wrapped.value) return;
      await call(wrapped.value, order);
      await call(wrapped.value, order);
      see('runs', ledger.count('run'), 1);
    },
  },
  {
    id: 'second-argument',
    words: 'The payload is the second argument of a method that needs its `this`',
    expected: 'one run for equal payloads, whatever the first argument is',
    async play({ wrap, store, call, see }) {
      class Oven {
        baked = 0;
        bake = wrap(
          async function bake(_oven, { cake }) {
            this.baked += 1;
            return `${cake} ${this.baked}`;
          },
          { store: store(), dataIndexArgument: 1 },
        );
      }
      const oven = new Oven();
      see('first', await call(() => oven.bake('left', { cake: 'lemon' })), { value: 'lemon 1' });
      see('second', await call(() => oven.bake('right', { cake: 'lemon' })), { value: 'lemon 1' });
    },
  },
  {
    id: 'argument-with-a-step',
    words: 'The same, with a payload that has a member `step`',
    expected: 'one run for equal payloads',
    async play({ wrap, store, call, ledger, see }) {
      const bill = async (_customer, { step }) => `${step} ${ledger.add('bill')}`;
      const billed = wrap(bill, { store: store(), dataIndexArgument: 1 });
      const payload = { orderId: 'o-1', step: 'invoice' };
      see('first', await call(billed, 'ada', payload), { value: 'invoice 1' });
      see('second', await call(billed, 'bob', payload), { value: 'invoice 1' });
    },
  },
  {
    id: 'decorator-experimental',
    words: '`@idempotent` on a method, compiled with `experimentalDecorators`',
    expected: 'the method runs once, with its `this`',
    play: decorates(true),
  },
  {
    id: 'decorator-standard',
    words: '`@idempotent` on a method, as a standard decorator (TypeScript’s default)',
    expected: 'the method runs once, with its `this`',
    play: decorates(false),
  },
];
