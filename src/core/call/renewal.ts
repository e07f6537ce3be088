import { monotonicNow } from '../protocol/clock.js';
import { emit, eventOf } from '../protocol/events.js';
import { requestRenewal } from './store-requests.js';
import type { Claim, Renewal } from './types.js';

/** Two renewals in a row may fail before the lease is over. */
const RENEWALS_PER_LEASE = 3;

/**
 * Moves the lease of a claim on until it is stopped, with `lease.renew`. A renewal that fails is told as `storeFailed`,
 * and the next is tried in its turn: a lease that is over is lost only when somebody has taken over.
 *
 * @returns undefined where the lease ends with the invocation: nothing of it is left to run longer
 */
export const startRenewal = (claim: Claim): Renewal | undefined => {
  const { call, record } = claim;
  const { policy, runtime } = call;
  if (!policy.renewLease || call.deadline !== undefined) return undefined;
  const pauseMs = Math.floor(policy.leaseMs / RENEWALS_PER_LEASE);
  let isStopped = false;
  let isLost = false;
  let cancel = (): void => {};

  const stop = (): void => {
    isStopped = true;
    cancel();
  };
  const renewLater = (): void => {
    cancel = runtime.clock.after(pauseMs, () => void renew(), { unref: true });
  };
  const renew = async (): Promise<void> => {
    renewLater();
    const answer = await requestRenewal(claim, monotonicNow(runtime.clock) + pauseMs).catch(() => undefined);
    // Gone, or settled under this very fence, is not lost; what the settle finds decides.
    if (isStopped || answer?.held !== false || !answer.existing || answer.existing.fence === record.fence)
      return;
    stop();
    isLost = true;
    emit('leaseLost', () => eventOf(call));
  };

  renewLater();
  return { stop, isLost: () => isLost };
};
