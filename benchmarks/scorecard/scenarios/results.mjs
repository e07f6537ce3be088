/** What a handler returns or throws, and what the duplicate gets. */
import { order } from './events.mjs';

const NOT_JSON = 'Its documentation asks for "a JSON serializable response".';

/** First answer and replay are the same, and the function ran once. */
const replays = (makeResult, config) => async (lab) => {
  const { wrap, store, invoke, ledger, see } = lab;
  const charge = async () => {
    ledger.add('charge');
    return makeResult();
  };
  const handler = wrap(charge, { store: store(), ...(config && { config: config(lab) }) });
  see('first answer', await invoke(handler, order), { value: makeResult() });
  see('retry', await invoke(handler, order), { value: makeResult() });
  see('charges', ledger.count('charge'), 1);
};

/** The effect is done, so the caller gets its result, and nothing runs again; also not when the invocation is over. */
const runsOnce =
  (makeResult) =>
  async ({ wrap, store, invoke, clock, ledger, see }) => {
    const charge = async () => {
      ledger.add('charge');
      return makeResult();
    };
    const handler = wrap(charge, { store: store() });
    const first = await invoke(handler, order);
    see('first caller gets the result', 'value' in first, true);
    await invoke(handler, order);
    clock.advance(60_000);
    await invoke(handler, order);
    see('charges', ledger.count('charge'), 1);
  };

const listOf = (bytes) => Array.from({ length: bytes / 100 }, (_, i) => `${i} `.padEnd(97, 'cake '));

/** What DynamoDB takes for it: the whole item, whatever is asked. */
const incompressible = (bytes) => {
  let state = 20_261_121;
  let text = '';
  while (text.length < bytes) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += state.toString(36);
  }
  return text.slice(0, bytes);
};

class Receipt {
  constructor(number) {
    this.number = number;
  }
}

export const results = [
  {
    id: 'returns-nothing',
    words: 'My function returns nothing',
    expected: 'it runs once',
    play: replays(() => undefined),
  },
  {
    id: 'returns-a-date',
    words: 'My handler returns an object with a Date',
    expected: 'one charge; the retry gets an equal object',
    documented: NOT_JSON,
    play: replays(() => ({ receipt: 'r-1', paidAt: new Date(Date.UTC(2026, 10, 21)) })),
  },
  {
    id: 'returns-an-undefined-member',
    words: 'My handler returns an object with a member that is undefined',
    expected: 'one charge; the retry gets an equal object',
    play: replays(() => ({ receipt: 'r-1', discount: undefined })),
  },
  {
    id: 'returns-a-map',
    words: 'My function returns a Map and a Set',
    expected: 'one charge; the retry gets equal ones',
    documented: NOT_JSON,
    play: replays(() => ({ stock: new Map([['lemon', 3]]), sold: new Set(['cherry']) })),
  },
  {
    id: 'returns-a-bigint',
    words: 'My function returns a bigint (an account number of 20 digits)',
    expected: 'one charge; the retry gets the same',
    documented: NOT_JSON,
    play: replays(() => ({ account: 12_345_678_901_234_567_890n })),
  },
  {
    id: 'returns-cents',
    words: 'My function returns an amount of cents as a bigint, 2400n',
    expected: 'one charge; the retry gets the same',
    documented: NOT_JSON,
    play: replays(() => ({ cents: 2_400n })),
  },
  {
    id: 'returns-nan',
    words: 'My function returns NaN',
    expected: 'one charge; the retry gets the same',
    documented: NOT_JSON,
    play: replays(() => ({ share: 0 / 0 })),
  },
  {
    id: 'returns-a-buffer',
    words: 'My function returns a file as a Buffer',
    expected: 'one charge; the retry gets an equal Buffer',
    documented: NOT_JSON,
    play: replays(() => ({ label: Buffer.from('%PDF-1.7') })),
  },
  {
    id: 'returns-an-instance',
    words: 'My function returns an instance of my own class',
    expected: 'one charge; the first caller gets it; nothing runs again',
    documented: NOT_JSON,
    play: runsOnce(() => new Receipt('r-1')),
  },
  {
    id: 'result-too-large-runs-once',
    words: 'A result of 500 KB',
    expected: 'one charge; the first caller gets it; nothing runs again',
    documented: 'Its documentation limits responses to 400 KB.',
    play: runsOnce(() => ({ pages: listOf(500_000) })),
  },
  {
    id: 'result-too-large-replays',
    words: 'A result of 500 KB (a list of strings), and a duplicate',
    expected: 'the duplicate gets it too',
    documented: 'Its documentation limits responses to 400 KB.',
    play: replays(
      () => ({ pages: listOf(500_000) }),
      ({ feature }) => feature('largeResults'),
    ),
  },
  {
    id: 'caller-changes-the-answer',
    words: 'The local cache is on, and callers change the answers they got',
    expected: 'the next duplicate gets the original answer',
    async play({ wrap, store, invoke, see }) {
      const config = { useLocalCache: true };
      const placeOrder = async () => ({ headers: { 'x-order': 'o-1' } });
      const handler = wrap(placeOrder, { store: store(), config });
      const answer = { value: { headers: { 'x-order': 'o-1' } } };
      for (const [who, customer] of Object.entries({
        first: 'ada',
        'first duplicate': 'bob',
        second: 'eve',
      })) {
        const outcome = await invoke(handler, order);
        see(who, outcome, answer);
        outcome.value.headers['x-customer'] = customer;
      }
    },
  },
  {
    id: 'throws-no-error',
    words: 'My handler throws an object, `{ statusCode: 409 }`',
    expected: 'the caller catches that object',
    async play({ wrap, store, invoke, see }) {
      const thrown = { statusCode: 409 };
      const placeOrder = async () => {
        throw thrown;
      };
      const handler = wrap(placeOrder, { store: store() });
      see('thrown', await invoke(handler, order), { error: thrown });
    },
  },
  {
    id: 'returned-500',
    words: 'My handler returns `{ statusCode: 500 }`, and the retry should run',
    expected: 'it runs, and its answer is stored',
    async play({ wrap, store, invoke, ledger, feature, see }) {
      const config = feature('storeResult', ({ statusCode }) => statusCode < 500);
      const placeOrder = async () => ({ statusCode: ledger.add('attempt') === 1 ? 500 : 201 });
      const handler = wrap(placeOrder, { store: store(), config });
      see('first', await invoke(handler, order), { value: { statusCode: 500 } });
      see('second', await invoke(handler, order), { value: { statusCode: 201 } });
      see('third', await invoke(handler, order), { value: { statusCode: 201 } });
      see('attempts', ledger.count('attempt'), 2);
    },
  },
  {
    id: 'final-error',
    words:
      'The bank declines finally; duplicates should get the same error without another request to the bank',
    expected: 'one request to the bank; every caller gets the same error',
    async play({ wrap, store, invoke, ledger, feature, see }) {
      const isDeclined = (error) => error.name === 'CardDeclined';
      const config = feature('storeError', isDeclined);
      const askBank = async () => {
        ledger.add('request to the bank');
        throw Object.assign(new Error('declined'), { name: 'CardDeclined' });
      };
      const handler = wrap(askBank, { store: store(), config });
      see('first', await invoke(handler, order), { error: 'CardDeclined' });
      see('second', await invoke(handler, order), { error: 'CardDeclined' });
      see('requests to the bank', ledger.count('request to the bank'), 1);
    },
  },
  {
    id: 'result-hardly-compressible',
    words: 'A result of 300 KB that does not compress',
    expected: 'one charge; the retry gets it',
    play: replays(() => ({ archive: incompressible(300_000) })),
  },
];
