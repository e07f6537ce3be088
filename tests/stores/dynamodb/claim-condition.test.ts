import { describe, expect, it } from '@jest/globals';
import { attributesOf } from '../../../src/stores/dynamodb/attributes.js';
import { claimConditionOf } from '../../../src/stores/dynamodb/claim-condition.js';

const moment = { now: 1_000_000, leaseOverAt: 999_500 };
const ABSENT = 'attribute_not_exists(#id)';
const EXPIRED = '(#status <> :running AND #expiry <= :now)';

/** What the clauses mean is in the store contract, against a database; here is what is sent. */
describe('the condition of a claim', () => {
  it('that may take over any run', () => {
    expect(claimConditionOf(attributesOf('', {}))(moment)).toEqual({
      ConditionExpression: `${ABSENT} OR ${EXPIRED} OR (#status = :running AND #lease <= :over) OR (attribute_not_exists(#lease) AND #expiry <= :now)`,
      ExpressionAttributeNames: {
        '#id': 'id',
        '#status': 'status',
        '#expiry': 'expiration',
        '#lease': 'in_progress_expiration',
      },
      ExpressionAttributeValues: {
        ':running': { S: 'INPROGRESS' },
        ':now': { N: '1000' },
        ':over': { N: '999500' },
      },
    });
  });

  it('that may take over one run: by its fence, and none without a lease', () => {
    const names = { keyAttr: 'k', statusAttr: 's', expiryAttr: 'e', inProgressExpiryAttr: 'l' };
    const condition = claimConditionOf(attributesOf('', names))({ ...moment, takesOver: 'fence-1' });
    expect(condition).toEqual({
      ConditionExpression: `${ABSENT} OR ${EXPIRED} OR (#status = :running AND #lease <= :over AND #fence = :named)`,
      ExpressionAttributeNames: {
        '#id': 'k',
        '#status': 's',
        '#expiry': 'e',
        '#lease': 'l',
        '#fence': 'fence',
      },
      ExpressionAttributeValues: {
        ':running': { S: 'INPROGRESS' },
        ':now': { N: '1000' },
        ':over': { N: '999500' },
        ':named': { S: 'fence-1' },
      },
    });
  });

  it('that may take over none names the empty fence', () => {
    const { ExpressionAttributeValues } = claimConditionOf(attributesOf('', {}))({
      ...moment,
      takesOver: '',
    });
    expect(ExpressionAttributeValues?.[':named']).toEqual({ S: '' });
  });
});
