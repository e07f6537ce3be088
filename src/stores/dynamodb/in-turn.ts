import type { Transport } from './transport.js';

/**
 * Requests in flight per store: as many as the AWS SDK opens connections. A further request would wait for a connection
 * inside the client, where the wait counts as connection time.
 */
const MOST_IN_FLIGHT = 50;

/** Runs work in order of arrival, `most` at a time. The wait has no limit of its own: the call's deadline ends it. */
const turnsOf = (most: number): (<T>(work: () => Promise<T>) => Promise<T>) => {
  let running = 0;
  const waiting: (() => void)[] = [];
  let next = 0;
  const end = (): void => {
    const start = waiting[next];
    if (!start) {
      running--;
      return;
    }
    next++;
    // Not `shift`, which is slow when thousands wait.
    if (next === waiting.length) {
      waiting.length = 0;
      next = 0;
    }
    start();
  };
  return async (work) => {
    if (running < most) running++;
    else await new Promise<void>((start) => waiting.push(start));
    try {
      return await work();
    } finally {
      end();
    }
  };
};

/** The transport, with a bounded number of requests in flight. */
export const inTurn = (transport: Transport, most: number = MOST_IN_FLIGHT): Transport => {
  const turn = turnsOf(most);
  return {
    putItem: (request) => turn(() => transport.putItem(request)),
    updateItem: (request) => turn(() => transport.updateItem(request)),
    deleteItem: (request) => turn(() => transport.deleteItem(request)),
    getItem: (request) => turn(() => transport.getItem(request)),
  };
};
