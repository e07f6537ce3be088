import assert from 'node:assert/strict';
import {
  isSettled,
  type RunningRecord,
  type SettledRecord,
  type StoredResult,
} from '../../core/protocol/record.js';
import type { ClaimMoment, HolderAnswer, Outcome, PersistenceStore } from '../../core/protocol/store.js';

/** What the rules of the store contract are written with. */

/** What a rule is run with. */
export interface StoreHarness {
  readonly store: PersistenceStore;
  /** A key that no rule has used yet. */
  newKey(): string;
}

/** One promise of a store. */
export interface StoreRule {
  readonly name: string;
  /** Abilities that not every store has; a harness without one must say why it leaves the rule out. */
  readonly needs: readonly 'limit of 4 MB'[];
  /** Rejects with an AssertionError when the store breaks the rule. */
  run(harness: StoreHarness): Promise<void>;
}

/** Times are arguments of the protocol: no rule waits. */
export const NOW = 1_700_000_000_000;
export const LEASE_END: number = NOW + 30_000;
export const WINDOW_END: number = NOW + 3_600_000;

export const at = (now: number): ClaimMoment => ({ now, leaseOverAt: now });

export const running = (key: string, fence: string, changes: Partial<RunningRecord> = {}): RunningRecord => ({
  status: 'running',
  key,
  fence,
  leaseUntil: LEASE_END,
  expiresAt: WINDOW_END,
  ...changes,
});

export const json = (data: string): StoredResult => ({ stored: true, codec: 'json', data });
export const outcome = (data: string, changes: Partial<Outcome> = {}): Outcome => ({
  result: json(data),
  expiresAt: WINDOW_END,
  ...changes,
});

/** Further than any lease or window of the rules: a renewal by the wrong hand would show. */
const FAR = WINDOW_END + 3_600_000;
export const renew = (
  store: PersistenceStore,
  key: string,
  fence: string,
  leaseUntil: number = FAR,
): Promise<HolderAnswer> => store.renew(key, fence, leaseUntil, leaseUntil + 1_000);

/** Who can act on the record: asserted after each transition, for what a record shows is not who may change it. */
export const assertStale = async (store: PersistenceStore, key: string, fence: string): Promise<void> => {
  assert.equal((await store.settle(key, fence, outcome('"stale"'))).held, false, `${fence} must not settle`);
  assert.equal((await renew(store, key, fence)).held, false, `${fence} must not renew`);
  assert.equal((await store.release(key, fence)).held, false, `${fence} must not release`);
};

export const assertResult = async (
  store: PersistenceStore,
  key: string,
  result: StoredResult,
  status: SettledRecord['status'] = 'done',
): Promise<void> => {
  const record = await store.read(key);
  assert.ok(isSettled(record), 'it must be settled');
  assert.equal(record.status, status);
  assertSame(await wholeResult(store, record), result);
};

/** With the data that a store keeps beside the record. */
const wholeResult = async (store: PersistenceStore, record: SettledRecord): Promise<StoredResult> => {
  const { result } = record;
  if (!result.stored || !result.parts) return result;
  assert.ok(store.readParts, 'a store that makes parts must read them');
  return { stored: true, codec: result.codec, data: await store.readParts(record) };
};

/**
 * Equal member by member. Not by prototype: a store may hand bytes out as any Uint8Array, and objects of another
 * realm (structuredClone makes those under Jest).
 */
export const assertSame = (actual: unknown, expected: unknown): void =>
  assert.deepEqual(own(actual), own(expected));

const own = (value: unknown): unknown => {
  if (ArrayBuffer.isView(value)) {
    return { hex: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex') };
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, own(member)]));
};

export const rule = (
  name: string,
  run: (store: PersistenceStore, key: string, harness: StoreHarness) => Promise<void>,
  needs: StoreRule['needs'] = [],
): StoreRule => ({ name, needs, run: (harness) => run(harness.store, harness.newKey(), harness) });
