import assert from 'node:assert/strict';
import { IdempotencyResultError } from '../../core/protocol/errors.js';
import type { StoredRecord, StoredResult } from '../../core/protocol/record.js';
import type { Outcome } from '../../core/protocol/store.js';
import { failureRules } from './failures.js';
import { leaseRules } from './leases.js';
import { takeOverRules } from './takeovers.js';
import {
  assertResult,
  assertSame,
  assertStale,
  at,
  json,
  LEASE_END,
  NOW,
  outcome,
  rule,
  running,
  type StoreRule,
  WINDOW_END,
} from './tools.js';

export type { StoreHarness, StoreRule } from './tools.js';

/**
 * What every store must do, as data. Run each rule with the test runner of your choice.
 *
 * @example
 * ```ts
 * import { test } from 'node:test';
 * import { MemoryPersistenceLayer } from 'lambda-idempotency/memory';
 * import { storeContract } from 'lambda-idempotency/testing';
 *
 * const store = new MemoryPersistenceLayer(); // Your own store.
 * let keys = 0;
 * const newKey = () => `orders#${++keys}`;
 *
 * for (const rule of storeContract) {
 *   // Leave a rule out only for a reason: this store has no limit.
 *   if (rule.needs.includes('limit of 4 MB')) continue;
 *   test(rule.name, () => rule.run({ store, newKey }));
 * }
 * ```
 */
export const storeContract: readonly StoreRule[] = [
  rule('an absent key is claimed, and its record can be read', async (store, key) => {
    assert.equal(await store.read(key), undefined);
    assert.equal((await store.claim(running(key, 'a', { fingerprint: 'f' }), at(NOW))).claimed, true);
    assertSame(await store.read(key), running(key, 'a', { fingerprint: 'f' }));
  }),

  rule('a running record refuses a claim, and the claim gets to see it', async (store, key) => {
    await store.claim(running(key, 'a'), at(NOW));
    const refused = await store.claim(running(key, 'b', { leaseUntil: LEASE_END + 1 }), at(NOW + 1));
    assertSame(refused, { claimed: false, existing: running(key, 'a') });
    await assertStale(store, key, 'b');
    assert.equal((await store.settle(key, 'a', outcome('1'))).held, true);
  }),

  rule('of many concurrent claims, exactly one succeeds', async (store, key) => {
    const fences = Array.from({ length: 20 }, (_, index) => `fence-${index}`);
    const answers = await Promise.all(fences.map((fence) => store.claim(running(key, fence), at(NOW))));
    const winners = fences.filter((_, index) => answers[index]?.claimed);
    assert.equal(winners.length, 1);
    for (const fence of fences) {
      if (fence !== winners[0]) assert.equal((await store.release(key, fence)).held, false);
    }
    assert.equal((await store.release(key, winners[0] ?? '')).held, true);
  }),

  rule('a claim that is sent twice gets its own record the second time', async (store, key) => {
    await store.claim(running(key, 'a'), at(NOW));
    const again = await store.claim(running(key, 'a'), at(NOW));
    assertSame(again, { claimed: false, existing: running(key, 'a') });
  }),

  rule('a lease protects its record until it ends', async (store, key) => {
    await store.claim(running(key, 'a'), at(NOW));
    const next = running(key, 'b', { leaseUntil: LEASE_END + 30_000 });
    assert.equal((await store.claim(next, at(LEASE_END - 1))).claimed, false);
    assert.equal((await store.claim(next, at(LEASE_END))).claimed, true);
  }),

  rule('the margin for clock skew protects a lease', async (store, key) => {
    await store.claim(running(key, 'a'), at(NOW));
    const next = running(key, 'b', { leaseUntil: LEASE_END + 30_000 });
    const withMargin = { now: LEASE_END + 499, leaseOverAt: LEASE_END - 1 };
    assert.equal((await store.claim(next, withMargin)).claimed, false);
    assert.equal((await store.claim(next, { now: LEASE_END + 500, leaseOverAt: LEASE_END })).claimed, true);
  }),

  rule('after a take-over, only the new fence can change the record', async (store, key) => {
    await store.claim(running(key, 'stale'), at(NOW));
    const taken = await store.claim(running(key, 'new', { leaseUntil: LEASE_END + 30_000 }), at(LEASE_END));
    assert.equal(taken.claimed, true);
    await assertStale(store, key, 'stale');
    assert.equal((await store.settle(key, 'new', outcome('"new"'))).held, true);
    await assertStale(store, key, 'stale');
    await assertResult(store, key, json('"new"'));
  }),

  rule('a settle or release with an old fence gets the current record', async (store, key) => {
    const next = running(key, 'new', { leaseUntil: LEASE_END + 30_000 });
    await store.claim(running(key, 'stale'), at(NOW));
    await store.claim(next, at(LEASE_END));
    const refused = { held: false, existing: next };
    assertSame(await store.settle(key, 'stale', outcome('1')), refused);
    assertSame(await store.release(key, 'stale'), refused);
  }),

  rule('the window does not end a running record', async (store, key) => {
    await store.claim(running(key, 'a', { expiresAt: NOW + 1_000 }), at(NOW));
    for (const takesOver of [undefined, '', 'a', 'b']) {
      const moment = { ...at(NOW + 2_000), ...(takesOver !== undefined && { takesOver }) };
      assert.equal((await store.claim(running(key, 'b'), moment)).claimed, false);
    }
    await assertStale(store, key, 'b');
    assert.equal((await store.settle(key, 'a', outcome('1'))).held, true);
  }),

  ...leaseRules,
  ...takeOverRules,

  rule('a settled record refuses claims inside its window', async (store, key) => {
    await store.claim(running(key, 'a', { fingerprint: 'f' }), at(NOW));
    await store.settle(key, 'a', outcome('{"cake":1}'));
    const refused = await store.claim(running(key, 'b', { fingerprint: 'g' }), at(WINDOW_END - 1));
    assert.equal(refused.claimed, false);
    const { existing } = refused;
    assert.equal(existing?.status, 'done');
    assertSame(
      {
        fence: existing.fence,
        fingerprint: existing.fingerprint,
        result: existing.result,
        expiresAt: existing.expiresAt,
      },
      { fence: 'a', fingerprint: 'f', result: json('{"cake":1}'), expiresAt: WINDOW_END },
    );
    await assertStale(store, key, 'b');
  }),

  rule('a settled record can be replaced when its window is over', async (store, key) => {
    await store.claim(running(key, 'a'), at(NOW));
    await store.settle(key, 'a', outcome('"old"'));
    const next = running(key, 'b', { leaseUntil: WINDOW_END + 30_000, expiresAt: WINDOW_END + 60_000 });
    assert.equal((await store.claim(next, at(WINDOW_END))).claimed, true);
    await assertStale(store, key, 'a');
    assertSame(await store.read(key), next);
    assert.equal((await store.settle(key, 'b', outcome('"new"'))).held, true);
  }),

  rule('a settled outcome never changes', async (store, key) => {
    await store.claim(running(key, 'a'), at(NOW));
    await store.settle(key, 'a', outcome('"first"'));
    await assertStale(store, key, 'a');
    await assertResult(store, key, json('"first"'));
  }),

  rule('a release deletes the record', async (store, key) => {
    await store.claim(running(key, 'a'), at(NOW));
    assert.equal((await store.release(key, 'a')).held, true);
    assert.equal(await store.read(key), undefined);
    assertSame(await store.settle(key, 'a', outcome('1')), { held: false });
    assertSame(await store.release(key, 'a'), { held: false });
    assert.equal(await store.read(key), undefined);
    assert.equal((await store.claim(running(key, 'b'), at(NOW + 1))).claimed, true);
  }),

  rule('results are read as they were written', async (store, _key, harness) => {
    const results: StoredResult[] = [
      json('{"text":"\\u0000 ünïcode 🎂 \\ud800","n":1e308}'),
      { stored: true, codec: 'json' },
      { stored: true, codec: 'other', data: new Uint8Array([0, 1, 254, 255]) },
      { stored: false, reason: 'it could not be' },
      json(`"${'x'.repeat(8_000)}"`),
      json(`"${'ü'.repeat(150_000)}"`),
    ];
    for (const result of results) {
      const key = harness.newKey();
      await store.claim(running(key, 'a'), at(NOW));
      await store.settle(key, 'a', { result, expiresAt: WINDOW_END });
      await assertResult(store, key, result);
    }
  }),

  ...failureRules,

  rule('records are copied on the way in and out', async (store, key) => {
    const own = running(key, 'a');
    await store.claim(own, at(NOW));
    const claim = (await store.claim(running(key, 'b'), at(NOW))) as { existing?: StoredRecord };
    const release = (await store.release(key, 'b')) as { existing?: StoredRecord };
    for (const record of [own, claim.existing, release.existing, await store.read(key)]) {
      assert.ok(record);
      Object.assign(record, { fence: 'changed' });
      assert.equal((await store.read(key))?.fence, 'a');
    }
  }),

  rule('a take-over reports the replaced record, if it reports any', async (store, key) => {
    await store.claim(running(key, 'stale'), at(NOW));
    const taken = await store.claim(running(key, 'new', { leaseUntil: LEASE_END + 30_000 }), at(LEASE_END));
    assert.equal(taken.claimed, true);
    if (taken.replaced) assertSame(taken.replaced, running(key, 'stale'));
  }),

  rule('any string is a key, and each key has its own record', async (store, key) => {
    const keys = [`${key}#A`, `${key}#a`, `${key} ü/🎂"\\`, `${key}#${'k'.repeat(500)}`];
    for (const each of keys) assert.equal((await store.claim(running(each, each), at(NOW))).claimed, true);
    for (const each of keys) assert.equal((await store.read(each))?.key, each);
  }),

  rule(
    'a result of 4 MB can be read; a larger one is rejected with IdempotencyResultError, and the claim stays',
    async (store, key, harness) => {
      for (const result of [
        json(`"${'ü'.repeat(2_000_000)}"`),
        { stored: true, codec: 'other', data: new Uint8Array(450_000).fill(7, 200_000) },
      ] as const) {
        const other = harness.newKey();
        await store.claim(running(other, 'a'), at(NOW));
        await store.settle(other, 'a', { result, expiresAt: WINDOW_END });
        await assertResult(store, other, result);
      }
      await store.claim(running(key, 'a'), at(NOW));
      for (const length of [4_200_000, 8_000_000]) {
        await assert.rejects(
          store.settle(key, 'a', outcome(`"${'x'.repeat(length)}"`)),
          IdempotencyResultError,
        );
      }
      assert.equal((await store.read(key))?.status, 'running');
      const unstored: Outcome = { result: { stored: false, reason: 'too large' }, expiresAt: WINDOW_END };
      assert.equal((await store.settle(key, 'a', unstored)).held, true);
    },
    ['limit of 4 MB'],
  ),
];
