import type { RunningRecord, StoredRecord } from '../../src/core/protocol/record.js';
import type { ClaimAnswer, ClaimMoment, PersistenceStore } from '../../src/core/protocol/store.js';
import { FaultyStore } from '../../src/testing/index.js';

/** Any store, counted, with faults on demand, and with its records in sight. */
export class SpyStore extends FaultyStore {
  readonly #inner: PersistenceStore;
  readonly #keys = new Set<string>();

  constructor(inner: PersistenceStore) {
    super(inner);
    this.#inner = inner;
  }

  override claim(record: RunningRecord, moment: ClaimMoment): Promise<ClaimAnswer> {
    this.#keys.add(record.key);
    return super.claim(record, moment);
  }

  /** What is stored under all keys that were ever asked for; seen past the counter and the faults. */
  async records(): Promise<StoredRecord[]> {
    const found = await Promise.all([...this.#keys].map((key) => this.#inner.read(key)));
    return found.filter((record) => record !== undefined);
  }

  /** The status of each record. */
  async statuses(): Promise<string[]> {
    return (await this.records()).map(({ status }) => status);
  }
}
