import assert from 'node:assert/strict';
import {
  isSettled,
  type RunningRecord,
  type SettledRecord,
  type StoredResult,
} from '../../core/protocol/record.js';
import type { ClaimMoment, HolderAnswer, Outcome, PersistenceStore } from '../../core/protocol/store.js';

/** Helpers for the rules of the store contract. */

/** What a rule needs to run. */
export interface StoreHarness {
  /** The store under test. */
  readonly store: PersistenceStore;
  /** Returns a key that no rule has used yet. */
  newKey(): string;
}

/** One rule of the store contract. */
export interface StoreRule {
  /** The promise, for a test's title. */
  readonly name: string;
  /** Properties that not every store has. Without one of them, the rule can be left out. */
  readonly needs: readonly 'limit of 4 MB'[];
  /** Rejects with an AssertionError if the store breaks the rule. */
  run(harness: StoreHarness): Promise<void>;
}

/** Times are arguments of the protocol, so no rule waits. */
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

/** Later than any lease or window in the rules, so that a renewal with the wrong fence would be noticed. */
const FAR = WINDOW_END + 3_600_000;
export const renew = (
  store: PersistenceStore,
  key: string,
  fence: string,
  leaseUntil: number = FAR,
): Promise<HolderAnswer> => store.renew(key, fence, leaseUntil, leaseUntil + 1_000);

/** Asserts that a fence cannot change the record. A record's content alone does not show that. */
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

/** The result with the data that a store keeps apart from the record. */
const wholeResult = async (store: PersistenceStore, record: SettledRecord): Promise<StoredResult> => {
  const { result } = record;
  if (!result.stored || !result.parts) return result;
  assert.ok(store.readParts, 'a store that makes parts must read them');
  return { stored: true, codec: result.codec, data: await store.readParts(record) };
};

/**
 * Asserts equality member by member. Prototypes are ignored: a store may return bytes as any Uint8Array, and objects of
 * another realm (structuredClone under Jest).
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
