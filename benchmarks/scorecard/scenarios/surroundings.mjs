/** Tables, environments, errors, bills and bundles. */
import { isDeepStrictEqual } from 'node:util';
import { build } from 'esbuild';
import { resultOf } from '../../results-data.mjs';
import { meter } from '../meter.mjs';
import { order } from './events.mjs';

/** As node-redis answers; one process is enough here. */
class RedisDouble {
  #values = new Map();

  async get(key) {
    return this.#values.get(key) ?? null;
  }

  async set(key, value, { NX } = {}) {
    if (NX && this.#values.has(key)) return null;
    this.#values.set(key, value);
    return 'OK';
  }

  async del(keys) {
    for (const key of [keys].flat()) this.#values.delete(key);
    return 1;
  }
}

const charges = ({ ledger }) => {
  const charge = async () => ({ receipt: ledger.add('charge') });
  return charge;
};

/** Write and read units of a replay of a list of orders. */
const unitsOfReplay = async (lab, config, bytes) => {
  const { client, units } = meter(lab.clientConfig);
  const result = resultOf('orders', bytes);
  const list = async () => result;
  const store = lab.store({ clientConfig: undefined, awsSdkV3Client: client });
  const handler = lab.wrap(list, { store, config });
  lab.see('first answer', isDeepStrictEqual(await lab.invoke(handler, order), { value: result }), true);
  const { write, read } = units;
  lab.see('replay', isDeepStrictEqual(await lab.invoke(handler, order), { value: result }), true);
  return { write: units.write - write, read: units.read - read };
};

export const surroundings = [
  {
    id: 'switched-off',
    words: '`POWERTOOLS_IDEMPOTENCY_DISABLED=true` in a test',
    expected: 'the function runs each time, without requests to the table',
    async play(lab) {
      process.env.POWERTOOLS_IDEMPOTENCY_DISABLED = 'true';
      const handler = lab.wrap(charges(lab), { store: lab.store() });
      await lab.invoke(handler, order);
      await lab.invoke(handler, order);
      lab.see('charges', lab.ledger.count('charge'), 2);
      lab.see('requests to the table', lab.network.requests.length, 0);
    },
  },
  {
    id: 'table-with-a-sort-key',
    words: 'My table has a partition key and a sort key',
    expected: 'one charge; the second answer is the first',
    sortKeyAttr: 'sk',
    async play(lab) {
      const handler = lab.wrap(charges(lab), { store: lab.store({ sortKeyAttr: 'sk' }) });
      await lab.invoke(handler, order);
      lab.see('second', await lab.invoke(handler, order), { value: { receipt: 1 } });
    },
  },
  {
    id: 'attributes-of-my-own',
    words: 'My table has other attribute names',
    expected: 'one charge; the second answer is the first',
    async play(lab) {
      const store = lab.store({ statusAttr: 'state', expiryAttr: 'ttl', dataAttr: 'answer' });
      const handler = lab.wrap(charges(lab), { store });
      await lab.invoke(handler, order);
      lab.see('second', await lab.invoke(handler, order), { value: { receipt: 1 } });
    },
  },
  {
    id: 'option-that-cannot-work',
    words: 'A mistake in the configuration: `expiresAfterSeconds: -1`',
    expected: 'an error at start says so, before a card is charged twice',
    async play(lab) {
      const wrapped = await lab.outcomeOf(() =>
        lab.wrap(charges(lab), { store: lab.store(), config: { expiresAfterSeconds: -1 } }),
      );
      if (wrapped.value) {
        await lab.invoke(wrapped.value, order);
        lab.clock.advance(2_000);
        await lab.invoke(wrapped.value, order);
      }
      lab.see('rejected at start', wrapped.error !== undefined, true);
      lab.see('charges', lab.ledger.count('charge'), 0);
    },
  },
  {
    id: 'instanceof-across-builds',
    words:
      'The handler is an ES module; error middleware in CommonJS tests `error instanceof IdempotencyAlreadyInProgressError`',
    expected: 'true',
    async play({ wrap, store, invoke, gate, library, see }) {
      const payment = gate();
      const handler = wrap(payment.pass, { store: store() });
      const first = invoke(handler, order);
      await payment.entered;
      const { error } = await invoke(handler, order);
      payment.open();
      await first;
      see('in the ES module', error instanceof library.alreadyInProgress.module, true);
      see('in CommonJS', error instanceof library.alreadyInProgress.commonJs, true);
    },
  },
  {
    id: 'retry-after',
    words: 'A duplicate is rejected as in progress, and the response should have `Retry-After`',
    expected: 'the error says how long the current run may still take',
    async play({ wrap, store, invoke, gate, clock, feature, see }) {
      const retryAfterMsOf = feature('retryAfterMs');
      clock.stop();
      const payment = gate();
      const handler = wrap(payment.pass, { store: store() });
      const first = invoke(handler, order, { remainingMs: 30_000 });
      await payment.entered;
      const { error } = await invoke(handler, order);
      payment.open();
      await first;
      see('from 30 s to 31 s', retryAfterMsOf(error) >= 30_000 && retryAfterMsOf(error) <= 31_000, true);
    },
  },
  {
    id: 'redis',
    words: 'Records are stored in Redis',
    expected: 'one charge; the second answer is the first',
    async play(lab) {
      const store = lab.feature('redisStore', new RedisDouble());
      const handler = lab.wrap(charges(lab), { store });
      lab.see('first', await lab.invoke(handler, order), { value: { receipt: 1 } });
      lab.see('second', await lab.invoke(handler, order), { value: { receipt: 1 } });
    },
  },
  {
    id: 'durable-function',
    words: 'A durable function is suspended in its first invocation and replayed in a second one',
    expected: 'the replay continues',
    unclaimed: 'Not promised: wrap the functions that its steps call.',
    async play({ wrap, store, context, outcomeOf, die, ledger, see }) {
      const durable = (durableExecutionMode) => ({
        step: async (work) => work(),
        lambdaContext: context(),
        durableExecutionMode,
        executionContext: {
          durableExecutionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f:1/durable/1',
        },
      });
      const handler = wrap(
        async (_event, _context) => {
          if (ledger.add('invocation') === 1) await die();
          return 'done';
        },
        { store: store() },
      );
      void handler(order, durable('ExecutionMode'));
      await ledger.reaches('invocation', 1);
      see('replay', await outcomeOf(() => handler(order, durable('ReplayMode'))), { value: 'done' });
    },
  },
  {
    id: 'bundle-size',
    words: 'The bundle should be small: `makeIdempotent` and the DynamoDB store, minified, without the SDK',
    expected: 'at most 50 kB',
    unclaimed: 'It contains a JMESPath compiler, and hashes and results of any type.',
    async play({ library, see }) {
      const { bundle } = library;
      const { outputFiles } = await build({
        stdin: bundle,
        bundle: true,
        minify: true,
        format: 'esm',
        platform: 'node',
        target: 'node20',
        external: ['@aws-sdk/*', '@smithy/*'],
        legalComments: 'none',
        write: false,
      });
      // In tens: a page that names it is not to change with every line of code.
      const tens = Math.ceil(outputFiles[0].contents.byteLength / 10_000);
      see(`at most 50 kB (it is under ${tens * 10})`, tens <= 5, true);
    },
  },
  {
    id: 'bill-of-a-large-replay',
    words: 'My answers are 20 KB of JSON, and there are many duplicates',
    expected:
      'a replay costs at most 4 write units (DynamoDB bills a rejected write by the size of the existing item)',
    async play(lab) {
      const units = await unitsOfReplay(lab, lab.feature('smallItems'), 20_000);
      // A read unit is a fifth of a write unit's price.
      const inWrites = Math.ceil(units.write + units.read / 5);
      lab.see(`at most 4 (it is ${inWrites})`, inWrites <= 4, true);
    },
  },
  {
    id: 'bill-of-many-duplicates',
    words: 'Most of my traffic is duplicates, and reads are cheaper than writes',
    expected: 'a replay costs no write units',
    async play(lab) {
      const units = await unitsOfReplay(lab, lab.feature('readFirst'), 500);
      lab.see('write units', units.write, 0);
    },
  },
];
