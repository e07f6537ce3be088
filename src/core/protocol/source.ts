import type { Context } from 'aws-lambda';

/** What a source says of one event: where its identity lies. */
export interface SourceReading {
  /** Key material; `undefined`: the event has no key. */
  readonly key: unknown;
  /**
   * `client`: made by whoever wants the call, and kept on retries. `service`: made by AWS for one delivery;
   * the same on the service's own redeliveries, new when the producer sends again.
   */
  readonly madeBy: 'client' | 'service';
  /** What keeps callers and purposes apart, beside the function's scope: method, route, principal, queue. */
  readonly scope: readonly string[];
  /** What must be the same when a client's key is used again; absent: nothing is compared. */
  readonly fingerprint?: () => unknown;
  /** The longest window in which this key means the same call, in seconds, and why; absent: any. */
  readonly valid?: { readonly seconds: number; readonly reason: string };
}

/** An event source: how its events look, and which of their fields are keys. Presets: `lambda-idempotency/sources`. */
export interface EventSource {
  /** As errors and `identify` name it. */
  readonly name: string;
  /**
   * How long the service may deliver the same event again, in seconds: the default of `expiresAfterSeconds`.
   * Absent where it depends on the event.
   */
  readonly windowSeconds?: number;
  /**
   * The source of this event: itself, or the one of several that recognises it.
   *
   * @throws KeyMaterialError for an event of another source
   */
  resolve(event: unknown, context: Context | undefined): EventSource;
  /**
   * Reads an event of this source, or the record of one.
   *
   * @throws KeyMaterialError for one that is malformed
   */
  read(event: unknown, context: Context | undefined): SourceReading;
}
