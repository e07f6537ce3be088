import type { Context } from 'aws-lambda';

/** What a source reads from one event. */
export interface SourceReading {
  /** Key material; `undefined` if the event has no key. */
  readonly key: unknown;
  /**
   * `'client'`: made by the caller or producer, and the same on its retries. `'service'`: made by AWS; the same on the
   * service's redeliveries, but new when the producer sends again.
   */
  readonly madeBy: 'client' | 'service';
  /** Keeps callers and purposes apart, in addition to the function's scope: method, route, principals, queue. */
  readonly scope: readonly string[];
  /** What must match when a client's key is used again. Absent: nothing is compared. */
  readonly fingerprint?: () => unknown;
  /** How long this key identifies the same call, in seconds, and why. Absent: without limit. */
  readonly valid?: { readonly seconds: number; readonly reason: string };
  /** What was looked for, where the key is absent; names of fields, never a value. */
  readonly lookedFor?: string;
  /**
   * Why nothing in the event says who calls although the caller was authenticated, and what to set; never a value. Such a
   * call is refused, unless the config's `scope` keeps callers apart.
   */
  readonly unknownCaller?: string;
}

/**
 * An event source: recognises its events, and reads their keys. `lambda-idempotency/sources` has presets.
 *
 * @example
 * ```ts
 * import type { EventSource } from 'lambda-idempotency/sources';
 *
 * const webhook: EventSource = {
 *   name: 'webhook',
 *   windowSeconds: 86_400,
 *   resolve: () => webhook,
 *   read: (event) => ({ key: (event as { deliveryId?: string }).deliveryId, madeBy: 'client', scope: [] }),
 * };
 * ```
 */
export interface EventSource {
  /** The name in errors and in the answer of `identify`. */
  readonly name: string;
  /**
   * How long the service may deliver an event again, in seconds: the default of `expiresAfterSeconds`.
   * Absent if it depends on the event.
   */
  readonly windowSeconds?: number;
  /**
   * The source of this event: this source, or one of several that it combines.
   *
   * @throws KeyMaterialError if the event comes from another source
   */
  resolve(event: unknown, context: Context | undefined): EventSource;
  /**
   * Reads an event of this source, or one of its records.
   *
   * @throws KeyMaterialError if it is malformed
   */
  read(event: unknown, context: Context | undefined): SourceReading;
}
