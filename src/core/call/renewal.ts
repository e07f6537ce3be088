import { monotonicNow } from '../protocol/clock.js';
import { emit, eventOf } from '../protocol/events.js';
import { requestRenewal } from './store-requests.js';
import type { Claim, Renewal } from './types.js';

/** Two renewals in a row may fail before the lease expires. */
const RENEWALS_PER_LEASE = 3;

/**
 * With `lease.renew`: extends the lease of a claim until stopped. A renewal that fails is reported as `storeFailed`, and
 * the next one follows as usual: an expired lease is lost only if another claim has taken over.
 *
 * @returns undefined if the lease ends with the invocation: nothing runs longer than that
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
