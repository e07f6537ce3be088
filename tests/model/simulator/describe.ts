import type { StoredRecord } from '../../../src/core/protocol/record.js';
import type { StoreAnswer, StoreRequest } from '../transitions.js';
import type { CallPlan } from './workload.js';

/** Calls, records, requests and answers in a few words, for traces. A fence names its call: `fence-7-1` is of call 7. */

const clockText = (epochMs: number): string => `…${String(epochMs % 1_000_000).padStart(6, '0')}`;

export const describeRecord = (record: StoredRecord | undefined): string => {
  if (!record) return 'nothing';
  if (record.status === 'running') return `${record.fence} running until ${clockText(record.leaseUntil)}`;
  const what = record.result.stored ? 'settled' : 'settled without result';
  return `${record.fence} ${what} until ${clockText(record.expiresAt)}`;
};

export const describeRequest = (request: StoreRequest): string => {
  switch (request.operation) {
    case 'claim':
      return `claim of ${request.record.fence}`;
    case 'read':
      return 'read';
    default:
      return `${request.operation} of ${request.fence}`;
  }
};

export const describeAnswer = (answer: StoreAnswer): string => {
  if ('read' in answer) return describeRecord(answer.read);
  if ('claimed' in answer) {
    if (!answer.claimed) return `refused by ${describeRecord(answer.existing)}`;
    return answer.replaced ? `claimed, in place of ${describeRecord(answer.replaced)}` : 'claimed';
  }
  return answer.held ? 'held' : `not held: there is ${describeRecord(answer.existing)}`;
};

export const describePlan = ({ number, intent, amount, remainingMs, waitMs, isKilled }: CallPlan): string => {
  const { scope, tenant, id } = intent;
  const deadline =
    remainingMs === undefined ? '' : `, ${remainingMs} ms left${isKilled ? '' : ' (not enforced)'}`;
  const wait = waitMs === 0 ? '' : `, waits ${waitMs} ms`;
  return `${number} for ${scope}/${tenant}/${id} comes in: amount ${amount}${deadline}${wait}`;
};
