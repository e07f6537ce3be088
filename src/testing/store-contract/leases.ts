import assert from 'node:assert/strict';
import { assertSame, at, LEASE_END, NOW, outcome, renew, rule, running, type StoreRule } from './tools.js';

/** The rules of the store contract about renewed leases. */
export const leaseRules: readonly StoreRule[] = [
  rule('a renewal extends the lease and the expiry of the record', async (store, key) => {
    const lease = LEASE_END + 30_000;
    await store.claim(running(key, 'a', { fingerprint: 'f', expiresAt: LEASE_END }), at(NOW));
    for (const rest of [1_000, 2_000]) {
      assertSame(await store.renew(key, 'a', lease, lease + rest), { held: true });
    }
    const renewed = running(key, 'a', { fingerprint: 'f', leaseUntil: lease, expiresAt: lease + 2_000 });
    assertSame(await store.read(key), renewed);
    assertSame(await store.claim(running(key, 'b'), at(lease - 1)), { claimed: false, existing: renewed });
    assert.equal((await store.settle(key, 'a', outcome('1'))).held, true);
  }),

  rule('a renewal never shortens a lease', async (store, key) => {
    await store.claim(running(key, 'a'), at(NOW));
    await renew(store, key, 'a', LEASE_END + 30_000);
    assertSame(await renew(store, key, 'a', LEASE_END + 10_000), { held: true });
    assertSame(
      await store.read(key),
      running(key, 'a', { leaseUntil: LEASE_END + 30_000, expiresAt: LEASE_END + 31_000 }),
    );
    assert.equal((await store.claim(running(key, 'b'), at(LEASE_END + 29_999))).claimed, false);
  }),

  rule('a lease that is over can be renewed until another claim takes over', async (store, key) => {
    const next = running(key, 'new', { leaseUntil: LEASE_END + 120_000 });
    await store.claim(running(key, 'stale'), at(NOW));
    assert.equal((await renew(store, key, 'stale', LEASE_END + 60_000)).held, true);
    assert.equal((await store.claim(next, at(LEASE_END + 59_999))).claimed, false);
    assert.equal((await store.claim(next, at(LEASE_END + 60_000))).claimed, true);
    assertSame(await renew(store, key, 'stale'), { held: false, existing: next });
    assertSame(await store.read(key), next);
    assert.equal((await renew(store, key, 'new', LEASE_END + 180_000)).held, true);
    assert.equal((await store.release(key, 'new')).held, true);
    assertSame(await renew(store, key, 'new'), { held: false });
    assert.equal(await store.read(key), undefined);
  }),
];
