/**
 * What a scenario is given: Lambda invocations, a table behind a network that can fail, a clock that can be moved, and
 * a ledger of what really happened. Nothing here knows which library is at work.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { inspect, isDeepStrictEqual } from 'node:util';

/** The wall clock of hosts, which both libraries read through `Date.now()`. Timers are real. */
class Clock {
  #offsetMs = 0;
  #host = new AsyncLocalStorage();
  #ticking = Date.now;

  constructor() {
    Date.now = () => this.#ticking() + this.#offsetMs + (this.#host.getStore() ?? 0);
  }

  /** From here on it moves by `advance` alone: where milliseconds matter, this machine's load must not. */
  stop() {
    const stoppedAt = this.#ticking();
    this.#ticking = () => stoppedAt;
  }

  /** For everybody, at once: hours need not be waited for. */
  advance(ms) {
    this.#offsetMs += ms;
  }

  /** On a host whose clock is ahead of the others'. */
  ahead(ms, work) {
    return this.#host.run(ms, work);
  }
}

/** Effects on the world, counted apart from anything a library believes. */
class Ledger {
  #counts = new Map();

  /** @returns the how-manieth it is */
  add(effect) {
    const count = this.count(effect) + 1;
    this.#counts.set(effect, count);
    return count;
  }

  count(effect) {
    return this.#counts.get(effect) ?? 0;
  }

  async reaches(effect, count) {
    while (this.count(effect) < count) await new Promise(setImmediate);
  }
}

/** What came of a call: `{ value }`, `{ error }`, or `{ pending: true }` when nothing did in time. */
async function outcomeOf(call, withinMs = 20_000) {
  let timer;
  const tooLate = new Promise((resolve) => {
    timer = setTimeout(resolve, withinMs, { pending: true });
  });
  const settled = (async () => call())().then(
    (value) => ({ value }),
    (error) => ({ error }),
  );
  try {
    return await Promise.race([settled, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** An error is meant by its name, or is the very object. */
const matches = (seen, wanted) => {
  if (typeof wanted?.error === 'string') return seen?.error?.name === wanted.error;
  if (wanted !== null && typeof wanted === 'object' && 'error' in wanted) {
    return (
      seen !== null && typeof seen === 'object' && 'error' in seen && Object.is(seen.error, wanted.error)
    );
  }
  return isDeepStrictEqual(seen, wanted);
};

const show = (seen) => {
  if (typeof seen === 'string') return seen;
  if (seen?.pending) return 'no answer';
  if (seen !== null && typeof seen === 'object' && 'error' in seen) return showError(seen.error);
  const value = seen !== null && typeof seen === 'object' && 'value' in seen ? seen.value : seen;
  const text = inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 3, compact: true });
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
};

const showError = (error) => {
  if (typeof error === 'string') return error;
  if (!(error instanceof Error)) return show(error);
  return error.name === 'Error' ? `Error(${error.message})` : error.name;
};

/** What was seen, beside what a user wants to see. */
class Report {
  #lines = [];

  see(what, seen, wanted) {
    const isRight = matches(seen, wanted);
    const wish = isRight ? '' : ` (wanted ${show(wanted)})`;
    this.#lines.push({ isRight, text: `${what}: ${show(seen)}${wish}` });
  }

  get verdict() {
    const wrong = this.#lines.filter(({ isRight }) => !isRight);
    const shown = wrong.length > 0 ? wrong : this.#lines;
    return {
      verdict: wrong.length > 0 ? 'not held' : 'held',
      evidence: shown.map(({ text }) => text).join('; '),
    };
  }
}

/** Thrown to end a scenario that asks for something a library does not have. */
export class NotOffered extends Error {}

export function makeLab({ library, network, table, client }) {
  const clock = new Clock();
  const ledger = new Ledger();
  const report = new Report();
  const warnings = [];
  for (const level of ['log', 'warn', 'error', 'debug']) console[level] = (...words) => warnings.push(words);

  const clientConfig = { ...client, endpoint: network.endpoint };
  const location = { tableName: table, clientConfig };
  let shared;

  const context = ({ remainingMs = 30_000, ...rest } = {}) => {
    const endsAt = Date.now() + remainingMs;
    return {
      functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
      awsRequestId: crypto.randomUUID(),
      getRemainingTimeInMillis: () => endsAt - Date.now(),
      ...rest,
    };
  };

  return {
    clock,
    ledger,
    network,
    warnings,
    context,
    library,
    clientConfig,
    see: (...each) => report.see(...each),
    report: () => report.verdict,
    wrap: library.wrap,
    /** As a new execution environment opens it. */
    store: (options = {}) => library.store({ ...location, ...options }),
    /** As the library's documentation has several operations of one environment open it: one for all, or one each. */
    storeOfOperation: () => {
      shared = library.sharesStores ? (shared ?? library.store(location)) : library.store(location);
      return shared;
    },
    /** A part of the config that a library may not have. */
    feature: (name, ...args) => {
      const found = library.features[name]?.(...args);
      if (found === undefined) throw new NotOffered();
      return found;
    },
    invoke: (handler, event, ofContext) => outcomeOf(() => handler(event, context(ofContext))),
    call: (fn, ...args) => outcomeOf(() => fn(...args)),
    outcomeOf,
    /** Holds runs until it is opened, and tells when one is held. */
    gate: () => {
      let open;
      let enter;
      const opened = new Promise((resolve) => {
        open = resolve;
      });
      const entered = new Promise((resolve) => {
        enter = resolve;
      });
      return {
        open,
        entered,
        pass: () => {
          enter();
          return opened;
        },
      };
    },
    /** A process that dies here never comes back. */
    die: () => new Promise(() => {}),
  };
}
