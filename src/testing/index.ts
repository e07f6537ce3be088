export { createIdempotency, type Idempotency } from './create-idempotency.js';
export { type Fault, FaultyStore, type StoreOperation } from './faulty-store.js';
export { ManualClock } from './manual-clock.js';
export { type StoreHarness, type StoreRule, storeContract } from './store-contract/contract.js';
