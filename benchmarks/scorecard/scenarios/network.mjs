/** The network and the database fail, as they do. */
import { order } from './events.mjs';

const always = Number.POSITIVE_INFINITY;

const charging = ({ ledger }) => {
  const charge = async () => ({ receipt: ledger.add('charge') });
  return charge;
};

/** A fault hits a first call; then the client tries again. */
const survives =
  (...faults) =>
  async (lab) => {
    const { wrap, store, invoke, network, ledger, see } = lab;
    const handler = wrap(charging(lab), { store: store() });
    for (const fault of faults) network.inject(fault);
    see('first', await invoke(handler, order), { value: { receipt: 1 } });
    see('retry', await invoke(handler, order), { value: { receipt: 1 } });
    see('charges', ledger.count('charge'), 1);
  };

export const network = [
  {
    id: 'claim-answer-lost',
    words: "The claim is stored, but the database's answer is lost",
    expected: 'one charge, and the caller gets its receipt',
    play: survives({ operation: 'PutItem', kind: 'lose-answer' }),
  },
  {
    id: 'claim-answer-cut',
    words: 'The connection breaks in the middle of that answer',
    expected: 'one charge, and the caller gets its receipt',
    play: survives({ operation: 'PutItem', kind: 'cut-answer' }),
  },
  {
    id: 'claim-never-arrives',
    words: 'The request that stores the claim is lost',
    expected: 'one charge, and the caller gets its receipt',
    play: survives({ operation: 'PutItem', kind: 'drop-request' }),
  },
  {
    id: 'every-claim-answer-lost',
    words:
      'Every answer to the claim is lost; the client gets an error, and retries when the network is back',
    expected: 'nothing ran, and the retry charges at once',
    async play(lab) {
      const { wrap, store, invoke, network, ledger, see } = lab;
      const handler = wrap(charging(lab), { store: store() });
      network.inject({ operation: 'PutItem', kind: 'lose-answer', times: always });
      see('first', await invoke(handler, order), { error: 'IdempotencyPersistenceLayerError' });
      network.clear();
      see('charges so far', ledger.count('charge'), 0);
      see('retry', await invoke(handler, order), { value: { receipt: 1 } });
    },
  },
  {
    id: 'settle-answer-lost',
    words: "The result is stored, but the database's answer is lost",
    expected: 'one charge, and the caller gets its receipt',
    play: survives({ operation: 'UpdateItem', kind: 'lose-answer' }),
  },
  {
    id: 'throttled-once',
    words: 'The table throttles the write of the result once',
    expected: 'one charge, and the caller gets its receipt',
    play: survives({ operation: 'UpdateItem', kind: 'status', errorType: 'ThrottlingException' }),
  },
  {
    id: 'throttled-for-seconds',
    words:
      'The table throttles for some seconds just when my handler has finished (five writes are rejected)',
    expected: 'one charge, and the caller gets its receipt',
    waits: true,
    play: survives({
      operation: 'UpdateItem',
      kind: 'status',
      errorType: 'ProvisionedThroughputExceededException',
      times: 5,
    }),
  },
  {
    id: 'database-down',
    words: 'The database cannot be reached',
    expected: 'nothing runs unprotected, and the error names the store',
    async play(lab) {
      const { wrap, store, invoke, network, ledger, see } = lab;
      const handler = wrap(charging(lab), { store: store() });
      network.inject({ kind: 'refuse', times: always });
      see('answer', await invoke(handler, order), { error: 'IdempotencyPersistenceLayerError' });
      see('charges', ledger.count('charge'), 0);
    },
  },
  {
    id: 'database-down-and-run',
    words: 'The database cannot be reached, and sending a mail twice is better than never',
    expected: 'the function runs unprotected',
    async play(lab) {
      const { wrap, store, invoke, network, ledger, feature, see } = lab;
      const config = feature('runWhenStoreFails');
      const send = async () => ({ mail: ledger.add('mail') });
      network.inject({ kind: 'refuse', times: always });
      see('answer', await invoke(wrap(send, { store: store(), config }), order), { value: { mail: 1 } });
    },
  },
  {
    id: 'database-hangs',
    words: 'The database accepts requests but never answers; the Lambda has 12 s',
    expected: 'an error before Lambda ends the invocation, so that I can log it and answer',
    waits: true,
    async play(lab) {
      const { wrap, store, context, network, outcomeOf, see } = lab;
      const handler = wrap(charging(lab), { store: store() });
      network.inject({ kind: 'hang', times: always });
      const answer = outcomeOf(() => handler(order, context({ remainingMs: 12_000 })), 12_000);
      see('in 12 s', await answer, { error: 'IdempotencyPersistenceLayerError' });
    },
  },
  {
    id: 'release-fails',
    words: 'My handler throws, and the database fails at the same moment',
    expected: 'the caller gets my error',
    async play({ wrap, store, invoke, network, see }) {
      const outOfFlour = new Error('out of flour');
      const bake = async () => {
        throw outOfFlour;
      };
      const handler = wrap(bake, { store: store() });
      network.inject({ operation: 'DeleteItem', kind: 'refuse', times: always });
      see('error', await invoke(handler, order), { error: outOfFlour });
    },
  },
];
