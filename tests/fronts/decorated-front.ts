import type { Context } from 'aws-lambda';
import { lambdaContext } from '../support/contexts.js';
import type { Front, Order } from './fronts.js';

/** Apart from the other fronts: the syntax needs a transform of its own. */
export const decoratedFront: Front = {
  name: '@idempotent, TC39',
  retryAfterMs: 30_500,
  wrap(idempotency, run, options) {
    class Bakery {
      @idempotency.idempotent(options)
      async handler(event: unknown, _context: Context): Promise<unknown> {
        return run(event as Order);
      }
    }
    const bakery = new Bakery();
    return (payload) => bakery.handler(payload, lambdaContext());
  },
};
