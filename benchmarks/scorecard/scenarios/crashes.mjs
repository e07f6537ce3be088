/** Processes die, freeze, run into their time-out, and disagree about the time. */
import { order } from './events.mjs';

const inProgress = { error: 'IdempotencyAlreadyInProgressError' };

/** A charge whose first `deaths` attempts die, with or without having charged. */
const dying = ({ ledger, die }, { deaths = 1, charged = false } = {}) => {
  const charge = async () => {
    const attempt = ledger.add('attempt');
    if (attempt <= deaths && !charged) await die();
    const receipt = ledger.add('charge');
    if (attempt <= deaths) await die();
    return { receipt };
  };
  return charge;
};

/** Two hosts: the first freezes in its run until its time is over, and the second takes over. */
const frozen = async (lab, wake) => {
  const { wrap, store, invoke, gate, clock, ledger } = lab;
  const [thaw, second] = [gate(), gate()];
  const handler = async () => {
    if (ledger.add('attempt') === 1) {
      await thaw.pass();
      return wake();
    }
    await second.pass();
    return 'second';
  };
  const hosts = Array.from({ length: 3 }, () => wrap(handler, { store: store() }));
  const stale = invoke(hosts[0], order);
  await thaw.entered;
  clock.advance(31_000);
  const fresh = invoke(hosts[1], order);
  await second.entered;
  return { thaw, second, stale, fresh, third: () => invoke(hosts[2], order) };
};

export const crashes = [
  {
    id: 'crash-then-retry',
    words:
      'The process dies in the middle of an order; SQS delivers it at once, and again after the time-out',
    expected: 'held off while the Lambda could still be at work, then run',
    async play(lab) {
      const { wrap, store, invoke, clock, ledger, see } = lab;
      const charge = dying(lab);
      void invoke(wrap(charge, { store: store() }), order);
      await ledger.reaches('attempt', 1);
      const other = wrap(charge, { store: store() });
      see('at once', await invoke(other, order), inProgress);
      clock.advance(31_000);
      see('after the time-out', await invoke(other, order), { value: { receipt: 1 } });
      see('charges', ledger.count('charge'), 1);
    },
  },
  {
    id: 'frozen-host-fails-late',
    words: 'A frozen host wakes up when another has taken over, and fails',
    expected: 'a third try is held off while the second is at work',
    async play(lab) {
      const late = new Error('socket closed');
      const { thaw, second, stale, fresh, third } = await frozen(lab, () => {
        throw late;
      });
      thaw.open();
      lab.see('first', await stale, { error: late });
      const outcome = third();
      // Held off at once, or at work beside the second.
      await Promise.race([outcome, lab.ledger.reaches('attempt', 3)]);
      second.open();
      lab.see('third', await outcome, inProgress);
      lab.see('second', await fresh, { value: 'second' });
    },
  },
  {
    id: 'frozen-host-succeeds-late',
    words: 'A frozen host wakes up when another has answered, and has an answer of its own',
    expected: 'the answer that was given stays; everybody gets it',
    async play(lab) {
      const { thaw, second, stale, fresh, third } = await frozen(lab, () => 'first');
      second.open();
      lab.see('second', await fresh, { value: 'second' });
      thaw.open();
      lab.see('first', await stale, { value: 'second' });
      lab.see('third', await third(), { value: 'second' });
    },
  },
  {
    id: 'inner-charge-then-time-out',
    words:
      'The Lambda times out after charging the card (`chargeCard` is idempotent), and SQS delivers again',
    expected: 'one charge',
    async play({ wrap, store, invoke, clock, context, die, library, ledger, see }) {
      const config = library.config({});
      const chargeCard = async () => ledger.add('charge');
      const charge = wrap(chargeCard, { store: store(), config });
      const handler = async (event, lambdaContext) => {
        config.registerLambdaContext(lambdaContext);
        const receipt = await charge(event);
        if (ledger.add('attempt') === 1) await die();
        return receipt;
      };
      void handler(order, context());
      await ledger.reaches('attempt', 1);
      clock.advance(31_000);
      see('second delivery', await invoke(handler, order), { value: 1 });
      see('charges', ledger.count('charge'), 1);
    },
  },
  {
    id: 'dies-between-effect-and-record',
    words: 'The process dies right after charging, before anything could be stored, and SQS delivers again',
    expected: 'one charge',
    unclaimed:
      'Not promised: nobody can know. Pass `currentIdempotency().key` on to the bank, or refuse to run again.',
    async play(lab) {
      const { wrap, store, invoke, clock, ledger, see } = lab;
      const charge = dying(lab, { charged: true });
      void invoke(wrap(charge, { store: store() }), order);
      await ledger.reaches('charge', 1);
      clock.advance(31_000);
      await invoke(wrap(charge, { store: store() }), order);
      see('charges', ledger.count('charge'), 1);
    },
  },
  {
    id: 'unknown-outcome-is-refused',
    words: 'The same, and I would rather have a human look than charge twice',
    expected: 'the retry is refused; one charge',
    async play(lab) {
      const { wrap, store, invoke, clock, ledger, feature, see } = lab;
      const config = feature('refuseAfterTimeout');
      const charge = dying(lab, { charged: true });
      void invoke(wrap(charge, { store: store(), config }), order);
      await ledger.reaches('charge', 1);
      clock.advance(31_000);
      const retry = await invoke(wrap(charge, { store: store(), config }), order);
      see('retry is refused', 'error' in retry, true);
      see('charges', ledger.count('charge'), 1);
    },
  },
  {
    id: 'poison-message',
    words: 'A message kills its Lambda every time; after three attempts I want it out of the way',
    expected: 'three attempts, then an error that says so',
    async play(lab) {
      const { wrap, store, invoke, clock, ledger, feature, see } = lab;
      const config = feature('maxAttempts', 3);
      const handler = dying(lab, { deaths: 9 });
      for (let delivery = 1; delivery <= 3; delivery += 1) {
        void invoke(wrap(handler, { store: store(), config }), order);
        await ledger.reaches('attempt', delivery);
        clock.advance(31_000);
      }
      const outcome = await invoke(wrap(handler, { store: store(), config }), order);
      see('fourth delivery', outcome, { error: 'IdempotencyAttemptsExhaustedError' });
      see('attempts', ledger.count('attempt'), 3);
    },
  },
  {
    id: 'crash-without-a-context',
    words:
      'A container task (no Lambda, no context) dies in the middle of an order; the retry comes 20 minutes later',
    expected: 'it runs',
    async play(lab) {
      const { wrap, store, call, clock, ledger, see } = lab;
      const bakeCake = dying(lab);
      void call(wrap(bakeCake, { store: store() }), order);
      await ledger.reaches('attempt', 1);
      clock.advance(20 * 60_000);
      const retry = await call(wrap(bakeCake, { store: store() }), order);
      see('retry', retry, { value: { receipt: 1 } });
    },
  },
  {
    id: 'no-time-left',
    words: 'An invocation dies whose remaining time was exactly 0 ms; the retry comes 10 s later',
    expected: 'it runs',
    async play(lab) {
      const { wrap, store, invoke, clock, ledger, see } = lab;
      clock.stop();
      const charge = dying(lab);
      void invoke(wrap(charge, { store: store() }), order, { remainingMs: 0 });
      await ledger.reaches('attempt', 1);
      clock.advance(10_000);
      const retry = await invoke(wrap(charge, { store: store() }), order);
      see('retry', retry, { value: { receipt: 1 } });
    },
  },
  {
    id: 'context-of-an-earlier-invocation',
    words:
      'In one code path I forget to register the context, so that an earlier invocation’s is used, and a duplicate comes while the first is at work',
    expected: 'it is held off; one charge',
    async play({ wrap, store, call, gate, clock, context, library, ledger, see }) {
      clock.stop();
      const config = library.config({});
      config.registerLambdaContext(context({ remainingMs: 3_000 }));
      clock.advance(60_000);
      const payment = gate();
      const chargeCard = async () => {
        const receipt = ledger.add('charge');
        if (receipt === 1) await payment.pass();
        return receipt;
      };
      const charge = wrap(chargeCard, { store: store(), config });
      const first = call(charge, order);
      await payment.entered;
      see('duplicate', await call(charge, order), inProgress);
      payment.open();
      await first;
      see('charges', ledger.count('charge'), 1);
    },
  },
  {
    id: 'window-shorter-than-the-run',
    words: 'A window of 1 s, a handler that takes 3 s, and a duplicate in its third second',
    expected: 'it is held off; one charge',
    async play({ wrap, store, invoke, gate, clock, ledger, see }) {
      clock.stop();
      const payment = gate();
      const config = { expiresAfterSeconds: 1 };
      const charge = async () => {
        const receipt = ledger.add('charge');
        if (receipt === 1) await payment.pass();
        return receipt;
      };
      const first = invoke(wrap(charge, { store: store(), config }), order);
      await payment.entered;
      clock.advance(2_900);
      see('duplicate', await invoke(wrap(charge, { store: store(), config }), order), inProgress);
      payment.open();
      await first;
      see('charges', ledger.count('charge'), 1);
    },
  },
  ...[
    {
      id: 'clocks-differ-a-little',
      words: 'Two hosts’ clocks differ by 400 ms, and a duplicate comes in the last moments of the first run',
      aheadMs: 400,
    },
    {
      id: 'clocks-differ-a-lot',
      words: 'Two hosts’ clocks differ by 10 s',
      aheadMs: 10_000,
      unclaimed: 'Promised for clocks that differ by up to 500 ms; `lease.clockSkewMs` for more.',
    },
  ].map(({ aheadMs, ...words }) => ({
    ...words,
    expected: 'the duplicate is held off; one charge',
    async play({ wrap, store, invoke, gate, clock, ledger, see }) {
      clock.stop();
      const payment = gate();
      const charge = async () => {
        const receipt = ledger.add('charge');
        if (receipt === 1) await payment.pass();
        return receipt;
      };
      const first = invoke(wrap(charge, { store: store() }), order, { remainingMs: 30_000 });
      await payment.entered;
      clock.advance(30_000 - 200);
      const host = wrap(charge, { store: store() });
      see('duplicate', await clock.ahead(aheadMs, () => invoke(host, order)), inProgress);
      payment.open();
      await first;
      see('charges', ledger.count('charge'), 1);
    },
  })),
];
