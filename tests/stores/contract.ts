import { randomUUID } from 'node:crypto';
import { it } from '@jest/globals';
import type { PersistenceStore } from '../../src/core/protocol/store.js';
import { type StoreRule, storeContract } from '../../src/testing/store-contract/contract.js';

/** Runs every rule over a store; a rule may be left out only by name and with a reason, which the report shows. */
export const itKeepsTheContract = (
  makeStore: () => PersistenceStore,
  lacks: Partial<Record<StoreRule['needs'][number], string>> = {},
): void => {
  for (const { name, needs, run } of storeContract) {
    const missing = needs.find((need) => lacks[need]);
    if (missing) it(`${name} — not asked of this store: ${lacks[missing]}`, () => {});
    else it(name, () => run({ store: makeStore(), newKey: () => `contract#${randomUUID()}` }));
  }
};
