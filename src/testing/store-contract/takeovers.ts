import assert from 'node:assert/strict';
import { isSettled } from '../../core/protocol/record.js';
import type { ClaimMoment } from '../../core/protocol/store.js';
import {
  assertSame,
  assertStale,
  at,
  LEASE_END,
  NOW,
  outcome,
  rule,
  running,
  type StoreRule,
  WINDOW_END,
} from './tools.js';

const taking = (takesOver: string, now: number): ClaimMoment => ({ ...at(now), takesOver });

/** The rules of the store contract about claims that name the run they take over, and about records that a release leaves. */
export const takeOverRules: readonly StoreRule[] = [
  rule('a claim that names a fence takes over no other', async (store, key) => {
    const next = running(key, 'new', { leaseUntil: LEASE_END + 30_000 });
    const refused = { claimed: false, existing: running(key, 'stale') };
    await store.claim(running(key, 'stale'), at(NOW));
    for (const nobody of ['', 'other', 'new']) {
      assertSame(await store.claim(next, taking(nobody, LEASE_END)), refused);
    }
    assertSame(await store.claim(next, taking('stale', LEASE_END - 1)), refused);
    assert.equal((await store.claim(next, taking('stale', LEASE_END))).claimed, true);
    await assertStale(store, key, 'stale');
    assertSame(await store.read(key), next);
    assert.equal((await store.settle(key, 'new', outcome('1'))).held, true);
  }),

  rule('of many claims that name the same fence, exactly one takes over', async (store, key) => {
    await store.claim(running(key, 'stale'), at(NOW));
    const fences = Array.from({ length: 10 }, (_, index) => `fence-${index}`);
    const answers = await Promise.all(
      fences.map((fence) =>
        store.claim(running(key, fence, { leaseUntil: LEASE_END + 30_000 }), taking('stale', LEASE_END)),
      ),
    );
    const winners = fences.filter((_, index) => answers[index]?.claimed);
    assert.equal(winners.length, 1);
    assert.equal((await store.release(key, winners[0] ?? '')).held, true);
  }),

  rule('a claim that may not take over can claim a free key', async (store, key, harness) => {
    assert.equal((await store.claim(running(key, 'a'), taking('', NOW))).claimed, true);
    await store.settle(key, 'a', outcome('"old"'));
    const next = running(key, 'b', { leaseUntil: WINDOW_END + 30_000, expiresAt: WINDOW_END + 60_000 });
    assert.equal((await store.claim(next, taking('', WINDOW_END - 1))).claimed, false);
    assert.equal((await store.claim(next, taking('', WINDOW_END))).claimed, true);
    await assertStale(store, key, 'a');

    // Naming the settled record does not help: its window protects it.
    const other = harness.newKey();
    await store.claim(running(other, 'a'), at(NOW));
    await store.settle(other, 'a', outcome('1'));
    assert.equal((await store.claim(running(other, 'b'), taking('a', LEASE_END))).claimed, false);
  }),

  rule(
    'a record tells the request and the time of its claim, and the time of its settle',
    async (store, key) => {
      const told = { requestId: 'request-1', claimedAt: NOW };
      await store.claim(running(key, 'a', told), at(NOW));
      assertSame(await store.read(key), running(key, 'a', told));
      await store.settle(key, 'a', outcome('1', { settledAt: NOW + 250 }));
      const refused = await store.claim(running(key, 'b'), at(NOW + 300));
      assert.equal(refused.claimed, false);
      const { existing } = refused;
      assert.ok(isSettled(existing));
      assert.equal(existing.requestId, 'request-1');
      assert.equal(existing.claimedAt, NOW);
      assert.equal(existing.settledAt, NOW + 250);
    },
  ),

  rule('the number of attempts is stored until another claim replaces it', async (store, key) => {
    await store.claim(running(key, 'a', { attempts: 3 }), at(NOW));
    assertSame(await store.read(key), running(key, 'a', { attempts: 3 }));
    const next = running(key, 'b', { attempts: 4, leaseUntil: LEASE_END + 30_000 });
    await store.claim(next, taking('a', LEASE_END));
    await store.settle(key, 'b', outcome('1'));
    assert.equal((await store.read(key))?.attempts, 4);
    const last = running(key, 'c', { leaseUntil: WINDOW_END + 30_000, expiresAt: WINDOW_END + 60_000 });
    await store.claim(last, at(WINDOW_END));
    assertSame(await store.read(key), last);
  }),

  rule('a release may leave a record, which nobody can settle, renew or release', async (store, key) => {
    const remains = running(key, 'remains', { attempts: 1, leaseUntil: 0 });
    await store.claim(running(key, 'a', { attempts: 1, fingerprint: 'f' }), at(NOW));
    assertSame(await store.release(key, 'other', remains), {
      held: false,
      existing: running(key, 'a', { attempts: 1, fingerprint: 'f' }),
    });
    assertSame(await store.release(key, 'a', remains), { held: true });
    assertSame(await store.read(key), remains);
    await assertStale(store, key, 'a');
    // As if the request was sent twice.
    assertSame(await store.release(key, 'a', remains), { held: false, existing: remains });
    const next = running(key, 'b', { attempts: 2 });
    assertSame(await store.claim(next, taking('', NOW + 1)), { claimed: false, existing: remains });
    assert.equal((await store.claim(next, taking('remains', NOW + 1))).claimed, true);
    await assertStale(store, key, 'remains');
    assert.equal((await store.release(key, 'b')).held, true);
    assert.equal(await store.read(key), undefined);
  }),

  rule('a record left by a release can be taken over at once', async (store, key) => {
    await store.claim(running(key, 'a'), at(NOW));
    await store.release(key, 'a', running(key, 'remains', { leaseUntil: 0 }));
    assert.equal((await store.claim(running(key, 'b'), { now: NOW, leaseOverAt: NOW - 500 })).claimed, true);
    await assertStale(store, key, 'remains');
    assert.equal((await store.settle(key, 'b', outcome('1'))).held, true);
  }),
];
