import type { ClaimMoment } from '../../core/protocol/store.js';
import { type Attributes, FENCE } from './attributes.js';
import { millis, RUNNING, seconds } from './item.js';
import type { Item, PutRequest } from './transport.js';

/**
 * The condition under which a claim may write. It names which clause lets a claim replace the record, and when:
 *
 *   running record
 *
 *     claimed            lease ends         + clock skew margin
 *        |------ lease ------|---- margin ----|------------------------------------> time
 *        |              refused               | OVER: a take-over is allowed
 *
 *     `leaseOverAt` is `now` less the margin, so OVER asks whether the lease ended by then. EXPIRED never applies:
 *     the end of the window, or of the TTL, does not free a running record. With `takesOver`, OVER also asks for that
 *     fence. A running record without a lease (written by Powertools without a Lambda context) is NO_LEASE: its
 *     expiry alone frees it, and only without `takesOver`.
 *
 *   settled record (done or failed)
 *
 *     settled                                window ends
 *        |--------------- window ----------------|---------------------------------> time
 *        |          refused: replayed            | EXPIRED: a new claim is allowed
 *
 *     The margin does not apply to a window.
 *
 *   no record: ABSENT, always allowed.
 */

type ClaimCondition = Pick<
  PutRequest,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

const ABSENT = 'attribute_not_exists(#id)';
const EXPIRED = '#status <> :running AND #expiry <= :now';
const OVER = '#status = :running AND #lease <= :over';
const NO_LEASE = 'attribute_not_exists(#lease) AND #expiry <= :now';

/** The expressions are the same for all claims of a store, so they are built once. */
export const claimConditionOf = ({
  keyAttr,
  statusAttr,
  expiryAttr,
  inProgressExpiryAttr,
}: Attributes): ((moment: ClaimMoment) => ClaimCondition) => {
  const names = {
    '#id': keyAttr,
    '#status': statusAttr,
    '#expiry': expiryAttr,
    '#lease': inProgressExpiryAttr,
  };
  const any = {
    ConditionExpression: `${ABSENT} OR (${EXPIRED}) OR (${OVER}) OR (${NO_LEASE})`,
    ExpressionAttributeNames: names,
  };
  const named = {
    ConditionExpression: `${ABSENT} OR (${EXPIRED}) OR (${OVER} AND #fence = :named)`,
    ExpressionAttributeNames: { ...names, '#fence': FENCE },
  };
  return ({ now, leaseOverAt, takesOver }) => {
    const values: Item = {
      ':running': { S: RUNNING },
      ':now': seconds(now),
      ':over': millis(leaseOverAt),
    };
    if (takesOver === undefined) return { ...any, ExpressionAttributeValues: values };
    return { ...named, ExpressionAttributeValues: { ...values, ':named': { S: takesOver } } };
  };
};
