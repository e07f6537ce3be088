import { brandErrors, isInstance } from './error-brand.js';

/**
 * The key material of an event cannot be used. A source of your own throws it; the call then fails with an
 * `IdempotencyKeyError` that quotes its message. The message must give the reason, and never a value. Nothing runs.
 *
 * @example
 * ```ts
 * import { type EventSource, KeyMaterialError } from 'lambda-idempotency';
 *
 * const webhook: EventSource = {
 *   name: 'webhook',
 *   windowSeconds: 86_400,
 *   resolve: () => webhook,
 *   read(event) {
 *     const { deliveryId } = event as { deliveryId?: unknown };
 *     if (typeof deliveryId !== 'string') throw new KeyMaterialError('`deliveryId` is not a string');
 *     return { key: deliveryId, madeBy: 'client', scope: [] };
 *   },
 * };
 * ```
 */
export class KeyMaterialError extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isInstance(this, value);
  }
}

brandErrors({ KeyMaterialError });
