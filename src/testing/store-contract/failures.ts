import assert from 'node:assert/strict';
import type { StoredResult } from '../../core/protocol/record.js';
import {
  assertResult,
  assertStale,
  at,
  json,
  NOW,
  outcome,
  rule,
  running,
  type StoreRule,
  WINDOW_END,
} from './tools.js';

/** The rules of the store contract about calls that failed for good. */
export const failureRules: readonly StoreRule[] = [
  rule('failures are read as failures, as they were written', async (store, _key, harness) => {
    const results: StoredResult[] = [
      json('{"name":"Error","message":"no oven"}'),
      { stored: true, codec: 'other' },
      { stored: true, codec: 'other', data: new Uint8Array([0, 1, 254, 255]) },
      { stored: false, reason: 'it could not be' },
      json(`"${'x'.repeat(300_000)}"`),
    ];
    for (const result of results) {
      const key = harness.newKey();
      await store.claim(running(key, 'a', { fingerprint: 'f' }), at(NOW));
      await store.settle(key, 'a', { status: 'failed', result, expiresAt: WINDOW_END });
      await assertResult(store, key, result, 'failed');
      const refused = await store.claim(running(key, 'b'), at(WINDOW_END - 1));
      assert.equal(refused.claimed, false);
      assert.equal(refused.existing?.status, 'failed');
      assert.equal(refused.existing.fingerprint, 'f');
    }
  }),

  rule('a failure never changes inside its window, and can be replaced after it', async (store, key) => {
    await store.claim(running(key, 'a'), at(NOW));
    await store.settle(key, 'a', outcome('"first"', { status: 'failed' }));
    await assertStale(store, key, 'a');
    await assertStale(store, key, 'b');
    await assertResult(store, key, json('"first"'), 'failed');
    const next = running(key, 'b', { leaseUntil: WINDOW_END + 30_000, expiresAt: WINDOW_END + 60_000 });
    assert.equal((await store.claim(next, at(WINDOW_END))).claimed, true);
    await assertStale(store, key, 'a');
    assert.equal((await store.settle(key, 'b', outcome('"new"'))).held, true);
    assert.equal((await store.read(key))?.status, 'done');
  }),
];
