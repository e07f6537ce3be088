import { describe, it } from '@jest/globals';
import { storeContract } from 'lambda-idempotency/testing';
import { CompareAndSetStore, type KeyValues } from './compare-and-set-store.js';

/** Stands in for the database. */
const openKeyValues = (): KeyValues => {
  const values = new Map<string, { text: string; version: number }>();
  let writes = 0;
  return {
    get: async (key) => values.get(key),
    compareAndSet: async (key, version, text) => {
      if ((values.get(key)?.version ?? 0) !== version) return false;
      if (text) values.set(key, { text, version: ++writes });
      else values.delete(key);
      return true;
    },
  };
};

// #region contract
describe('CompareAndSetStore', () => {
  const store = new CompareAndSetStore(openKeyValues());
  let keys = 0;
  const newKey = () => `orders#${++keys}`;

  for (const rule of storeContract) {
    // This store has no size limit. Leave out a rule only for a reason.
    if (rule.needs.includes('limit of 4 MB')) continue;
    it(rule.name, () => rule.run({ store, newKey }));
  }
});
// #endregion contract
