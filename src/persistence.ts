/** `lambda-idempotency/persistence`: records, under Powertools' path. */
export { IdempotencyRecord } from './core/protocol/record-view.js';
