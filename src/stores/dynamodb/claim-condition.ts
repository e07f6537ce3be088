import type { ClaimMoment } from '../../core/protocol/store.js';
import { type Attributes, FENCE } from './attributes.js';
import { millis, RUNNING, seconds } from './item.js';
import type { Item, PutRequest } from './transport.js';

/** When a claim may write: the part of its request that does not depend on the record. */

type ClaimCondition = Pick<
  PutRequest,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>;

/** A window never ends a running record. */
const FREE = 'attribute_not_exists(#id) OR (#status <> :running AND #expiry <= :now)';
const OVER = '#status = :running AND #lease <= :over';
/** Of Powertools' records without a context: only their window ends them. */
const ENDLESS = 'attribute_not_exists(#lease) AND #expiry <= :now';

/** Expressions are made once: the same for all claims of a store. */
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
    ConditionExpression: `${FREE} OR (${OVER}) OR (${ENDLESS})`,
    ExpressionAttributeNames: names,
  };
  const named = {
    ConditionExpression: `${FREE} OR (${OVER} AND #fence = :named)`,
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
